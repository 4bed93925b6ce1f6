"""A picture that forms for a viewer, whichever page asks for it: taken up, worked on, stopped, and shown again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from nnviz.analysis.visualization import Visualization
from nnviz.shell.jobs import bar as jobs
from nnviz.views.visualization.request import VisualizationPlan

QUICK = 1_000_000
"""Parameters of a network that forms its picture in a second, and is traced for every snapshot."""
_AT_ONCE, SLICE, PAUSE = 0.25, 0.05, 0.05
"""Seconds worked before the page is drawn, where nothing is to be compiled; and on each run of the picture, and
between two: more than four pictures a second."""

_compiled: set[Hashable] = set()


@dataclass(frozen=True, eq=False)
class Formed:
    """What there is of a request.

    Attributes:
        found: the picture, or what there is of it so far.
        mine: this viewer's work on it, unless it is done: under way, stopped or failed.
    """

    found: Visualization | None
    mine: jobs.Job | None

    @property
    def missing(self) -> bool:
        """Whether nobody has begun with it."""
        return self.found is None and self.mine is None

    @property
    def ended(self) -> jobs.Job | None:
        """The work, where it ended before the picture was there."""
        return self.mine if self.mine is not None and not self.mine.busy else None

    @property
    def steps(self) -> str:
        """How far the work came, in words."""
        progress = None if self.mine is None else self.mine.progress
        return "" if progress is None else f"step {progress.done:,} of {progress.total:,}"


def take_up(name: str, wanted: VisualizationPlan) -> Formed:
    """What there is of a request, once on every run of the page: work on another is closed, and what was stopped
    earlier on this one is there again."""
    if jobs.result(wanted.key) is None:
        jobs.standing(name, wanted.key)
    return look(name, wanted)


def look(name: str, wanted: VisualizationPlan) -> Formed:
    """What there is of a request; changes nothing."""
    kept = jobs.result(wanted.key)
    if kept is not None:
        _compiled.add(wanted.form)
        return Formed(kept, None)
    mine = jobs.job(name)
    if mine is None or mine.key != wanted.key:
        return Formed(None, None)
    if mine.progress is not None and mine.progress.done:
        _compiled.add(wanted.form)
    return Formed(None if mine.progress is None else mine.progress.so_far, mine)


def begin(name: str, title: str, wanted: VisualizationPlan) -> None:
    """Begin with it, anew where it was stopped; what needs no compilation is mostly done at once."""
    jobs.forget(name)
    mine = jobs.begin(name, title, wanted.key, wanted.steps)
    if wanted.form in _compiled:
        mine.work(_AT_ONCE)


def tiles_of(pixels: np.ndarray) -> np.ndarray:
    """Pictures (n, H, W, C) in 0..255 as the raster takes them."""
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels
