"""A picture that forms for a viewer, whichever page asks for it: begun, stopped, and shown again."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnviz.analysis.progress import Progress, retold
from nnviz.analysis.visualization import Visualization
from nnviz.shell import caches
from nnviz.shell.jobs import Job
from nnviz.views.visualization.request import VisualizationPlan

QUICK = 1_000_000
"""Parameters of a network that forms its picture in a second, and is traced for every snapshot."""
_AT_ONCE, SLICE, PAUSE = 0.25, 0.05, 0.05
"""Seconds worked before the page is drawn, where nothing is to be compiled; and on each run of the picture, and
between two: more than four pictures a second."""


def job(title: str, wanted: VisualizationPlan) -> Job:
    """The work on a picture."""

    def steps() -> Generator[Progress, None, Visualization]:
        def told(progress: Progress) -> Progress:
            if progress.done:
                caches.results.keep(("compiled", wanted.form), True)
            return progress

        return (yield from retold(wanted.steps(), told))

    return Job(title, wanted.key, steps)


def seconds(wanted: VisualizationPlan) -> float:
    """How long the page may wait for it: what needs no compilation is mostly done at once."""
    return _AT_ONCE if ("compiled", wanted.form) in caches.results else 0.0


def steps_of(mine: Job) -> str:
    """How far the work came, in words."""
    return "" if mine.progress is None else f"step {mine.progress.done:,} of {mine.progress.total:,}"


def tiles_of(pixels: np.ndarray) -> np.ndarray:
    """Pictures (n, H, W, C) in 0..255 as the raster takes them."""
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels
