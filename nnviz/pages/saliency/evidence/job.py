"""The work behind a piece of evidence: the map, where nobody has it yet, and what is measured of it, in one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.evidence.agreement import PARTS
from nnviz.analysis.progress import Progress, retold
from nnviz.shell import caches
from nnviz.shell.jobs import Job
from nnviz.views.attribution.request import AttributionRequest, Found

JOB = "evidence"
"""What a viewer's evidence is begun under."""
Draw = Callable[[Any, bool], Callable[[], None] | None]
"""Draws what was measured, told whether that is all; what it returns draws what is said of it across the page."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A map and what is measured of it, all or so far.

    Attributes:
        attribution: the map, or what there is of it, or None.
        at: how far the map came; None where it is whole.
        measured: what is measured of it; None before the first of it.
    """

    attribution: Attribution | None
    at: Progress | None = None
    measured: Any = None


def measuring(
    request: AttributionRequest, pieces: int, measure: Callable[[Attribution], Generator[Progress, None, Any]]
) -> Generator[Progress, None, Evidence]:
    """The map and then its measurement, as one work that is told in `PARTS` of a piece; `so_far` is its `Evidence`.

    Args:
        pieces: that the measurement has; the map is one more.
        measure: of the whole map.
    """
    known, total = caches.attributions.get(request.key), PARTS * (pieces + 1)
    if known is None:
        known = yield from _mapping(request, total)
    yield Progress(PARTS, total, Evidence(known))

    def told(own: Progress) -> Progress:
        done = PARTS + (total - PARTS) * own.done // max(own.total, 1)
        return Progress(done, total, Evidence(known, measured=own.so_far))

    return Evidence(known, measured=(yield from retold(measure(known), told)))


def _mapping(request: AttributionRequest, total: int) -> Generator[Progress, None, Attribution]:
    """The map, which the maps view has then too."""

    def told(own: Progress) -> Progress:
        return Progress(PARTS * own.done // max(own.total, 1), total, Evidence(own.so_far, own))

    made = yield from retold(request.steps(), told)
    caches.attributions.keep(request.key, made)
    return made


def map_of(method: SaliencyMethod, mine: Job) -> Found:
    """What there is of the map."""
    found: Evidence | None = mine.found
    if found is None:
        return Found(method, mine.state, reason=mine.reason)
    if found.at is not None:
        return Found(method, mine.state, found.attribution, found.at, mine.reason)
    return Found(method, "done", found.attribution)
