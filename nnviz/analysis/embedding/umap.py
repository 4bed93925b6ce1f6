"""UMAP: points in the plane or in space whose graph of neighbours is like that of their vectors.

McInnes, Healy and Melville 2018, UMAP: Uniform Manifold Approximation and Projection (arXiv:1802.03426); that of
umap-learn, a package that need not be there. It tells its epochs to a bar of tqdm: the bar's file is ours, so that
they are heard here, and an error raised there ends the work.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from importlib import metadata
from typing import Any

import numpy as np

from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

EPOCHS = 500
NEIGHBOURS = 15
_BEFORE = 100
"""What the import and the search for neighbours count, in epochs: the first time they are compiled."""


def missing() -> str:
    """Why UMAP cannot be shown and how it can, in one sentence; nothing where it is installed."""
    try:
        metadata.version("umap-learn")
    except metadata.PackageNotFoundError:
        return "UMAP needs the package umap-learn: `pip install umap-learn`, then start the app anew."
    return ""


def umap(values: np.ndarray, axes: int) -> Generator[Progress, None, np.ndarray]:
    """Points whose neighbours are those of vectors: (n, axes) float32, the same each time.

    Args:
        values: (n, size) float32.
        axes: 2 or 3.

    Yields:
        How far it has come, counted in epochs. What there is so far it does not tell.

    Raises:
        NnvizError: umap-learn is not installed; too few points.
    """
    if reason := missing():
        raise NnvizError(reason)
    if len(values) <= NEIGHBOURS + axes:
        raise NnvizError(f"More than {NEIGHBOURS + axes} points were expected. Received: {len(values)}.")
    total = _BEFORE + EPOCHS
    yield Progress(0, total)
    from umap import UMAP

    yield Progress(_BEFORE // 2, total)

    def fit(bar: Bar) -> np.ndarray:
        # With a seed it works in one thread; said here, or it warns that it does.
        found = UMAP(
            n_components=axes,
            n_neighbors=NEIGHBOURS,
            n_epochs=EPOCHS,
            random_state=0,
            n_jobs=1,
            tqdm_kwds={"file": bar, "disable": False, "bar_format": "{n} {total}"},
        )
        return np.asarray(found.fit_transform(values), np.float32)

    for done in (steps := Watched(fit)):
        yield Progress(_BEFORE + done, total)
    return steps.result


class Bar:
    """The file of a bar of tqdm whose format is "{n} {total}"."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.tell = tell
        self.ended = False

    def write(self, text: str) -> None:
        """What tqdm writes: the line anew, behind a carriage return. Raises Ended once nobody listens."""
        if self.ended:
            raise Ended
        first = text.strip().partition(" ")[0]
        if first.isdecimal():
            self.tell(int(first))

    def flush(self) -> None:
        """Nothing is held back."""


class Ended(Exception):
    """Nobody waits for the work any more."""


class Watched:
    """Work that tells how far it is to a `Bar`, in a thread of its own; iterated, the numbers that it tells.

    To stop the iteration is to end the work, with the next number.
    """

    def __init__(self, work: Callable[[Bar], Any]) -> None:
        self.work = work
        self.result: Any = None

    def __iter__(self) -> Generator[int, None, None]:
        told: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
        bar = Bar(told.put)

        def run() -> None:
            try:
                self.result = self.work(bar)
                told.put(None)
            except BaseException as error:  # noqa: BLE001 - raised again where the numbers are read
                told.put(error)

        threading.Thread(target=run, name="nnviz umap", daemon=True).start()
        try:
            while (one := told.get()) is not None:
                if isinstance(one, BaseException):
                    raise one
                yield one
        finally:
            bar.ended = True
