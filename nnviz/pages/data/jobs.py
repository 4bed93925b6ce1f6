"""The long work of this page: begun when it is looked at, its results kept for all viewers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.data.confusion import Answers, answers
from nnviz.analysis.embedding import vectors
from nnviz.analysis.embedding.embedding import Embedding, embedded
from nnviz.analysis.embedding.tsne import tsne
from nnviz.analysis.embedding.umap import umap
from nnviz.analysis.network.network import Network
from nnviz.analysis.progress import Progress
from nnviz.shell import address
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.markdown import plain
from nnviz.shell.session import Session

DEPTH, LAYER, SHAPE, VECTORS, ANSWERS = ("data-depth", "data-layer", "data-shape", "data-vectors", "data-answers")
COUNT = "digits"
METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_FIRST = 0.4
"""Seconds that work takes at once, before there is a bar."""
_KEPT_BYTES = 320 * 2**20

_vectors: OrderedDict[Any, np.ndarray] = OrderedDict()
_lock = threading.Lock()


@st.cache_data(max_entries=16, show_spinner=False)
def _counts(_network: Network, key: str) -> tuple[int, ...]:
    return vectors.counts(_network)


def counts(session: Session) -> tuple[str, ...]:
    """How many digits may be looked at, as the address has it: more than one number where more take longer."""
    return tuple(map(str, _counts(session.network, session.key)))


def count(session: Session) -> str:
    """How many digits the address asks for."""
    return address.choice(COUNT, counts(session), counts(session)[0])


def chosen(session: Session) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers (n,), pictures (n, 28, 28) uint8 and classes (n,) of the digits that are looked at."""
    numbers = vectors.sample(session.network, int(count(session)))
    images, labels = digits.test_set()
    return numbers, images[numbers], labels[numbers].astype(int)


def layer_of(session: Session) -> str:
    """The layer whose vectors are those of the one under study."""
    return vectors.source(session.network, session.layer.name)


def embeddings(session: Session) -> dict[str, Embedding]:
    """By layer: all depths and the layer under study, or what there is of them so far."""
    layers = vectors.depths(session.network)
    own = layer_of(session)
    key = (session.key, count(session))
    found = dict(_embedded(session, DEPTH, (DEPTH, *key), tuple(sorted(layers, key=lambda name: name != own))))
    if own not in layers:
        found |= _embedded(session, LAYER, (LAYER, *key, own), (own,))
    return found


def _embedded(session: Session, name: str, key: Any, layers: tuple[str, ...]) -> dict[str, Embedding]:
    # Not in the work itself: where that is done the address is not known.
    _, images, labels = chosen(session)

    def steps() -> Generator[Progress, None, dict[str, Embedding]]:
        return embedded(session.network, layers, images, labels)

    many = f"in {len(layers)} layers" if len(layers) > 1 else f"in {layers[0]}"
    return _worked(name, key, f"Digits {many}", steps) or {}


def shape(session: Session, start: Embedding, axes: int, method: str) -> tuple[np.ndarray | None, bool]:
    """Where t-SNE or UMAP puts the digits of the layer under study, (n, axes), and whether that is its last word."""
    layer = layer_of(session)
    key = (SHAPE, session.key, count(session), layer, axes, method)
    _, images, _ = chosen(session)

    def steps() -> Generator[Progress, None, np.ndarray]:
        begun = _held(session, layer, images)
        while True:
            try:
                next(begun)
            except StopIteration as finished:
                values = finished.value
                break
            yield Progress(0, 1)
        if method == "umap":
            return (yield from umap(values, axes))
        return (yield from tsne(values, start.coordinates[:, :axes]))

    found = _worked(SHAPE, key, f"{METHODS[method]} of {layer}", steps)
    return found, jobs.result(key) is not None


def vectors_of(session: Session, layer: str) -> np.ndarray | None:
    """The digits' vectors (n, size) in a layer; None while they are made."""
    _, images, _ = chosen(session)
    key = (VECTORS, session.key, len(images), layer)
    name = f"{VECTORS}-{layer}"
    if (kept := _kept(key)) is not None:
        return kept
    mine = jobs.job(name)
    if mine is not None and mine.state == "done":
        # They had to make room for others meanwhile.
        jobs.forget(name)
    _worked(name, key, f"Digits in {layer}", lambda: _noted(session, layer, images))
    return _kept(key)


def _noted(session: Session, layer: str, images: np.ndarray) -> Generator[Progress, None, None]:
    # No result of its own: it would outlive the vectors.
    yield from _held(session, layer, images)


def _held(session: Session, layer: str, images: np.ndarray) -> Generator[Progress, None, np.ndarray]:
    """The vectors in a layer, from what is kept or made and kept."""
    key = (VECTORS, session.key, len(images), layer)
    if (kept := _kept(key)) is not None:
        return kept
    made = yield from vectors.vectors(session.network, [layer], images)
    values = made[layer]
    values.flags.writeable = False
    with _lock:
        _vectors[key] = values
        while sum(each.nbytes for each in _vectors.values()) > _KEPT_BYTES and len(_vectors) > 1:
            _vectors.popitem(last=False)
    return values


def _kept(key: Any) -> np.ndarray | None:
    """The vectors of that key, which are then the last to go."""
    with _lock:
        if key in _vectors:
            _vectors.move_to_end(key)
        return _vectors.get(key)


def counted(session: Session) -> Answers | None:
    """What the network says of all test digits; None while they are counted."""
    if not digits.read_by(session.network):
        return None
    key = (ANSWERS, session.key)
    found = _worked(ANSWERS, key, "Test digits read", lambda: answers(session.network))
    return found if isinstance(found, Answers) else None


def _worked(name: str, key: Any, title: str, steps: Any) -> Any:
    """The result of a job, or what it has so far; begun where nobody has it."""
    found = jobs.result(key)
    if found is not None:
        return found
    fresh = jobs.job(name) is None or jobs.job(name).key != key  # type: ignore[union-attr]
    begun = jobs.begin(name, title, key, steps)
    if fresh:
        begun.work(_FIRST)
    found = jobs.result(key)
    if found is not None:
        return found
    return begun.progress.so_far if begun.progress is not None else None


def bars(*names: str, redraw: float | None = None) -> None:
    """The bars of some jobs, and for one that was stopped or failed a button to take it up."""
    # All bars first: a button that comes or goes moves none of them.
    for name in names:
        jobs.bar(name, redraw=redraw)
    for name in names:
        mine = jobs.job(name)
        if mine is not None and mine.state in ("stopped", "failed"):
            if mine.reason:
                st.caption(plain(mine.reason))
            st.button(
                f"{mine.title}: take it up",
                icon=":material/play_arrow:",
                key=f"{name}-again",
                on_click=jobs.forget,
                args=(name,),
            )
