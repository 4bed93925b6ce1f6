"""Agreement: how alike the methods order the places of this picture."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from nnviz.analysis import evidence
from nnviz.analysis.attribution import METHODS, method_named
from nnviz.analysis.evidence import Agreement
from nnviz.analysis.progress import Progress
from nnviz.figures.evidence import matrix
from nnviz.figures.words import number
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.evidence.job import Draw
from nnviz.pages.saliency.maps import short_title
from nnviz.shell import caches
from nnviz.shell.jobs import Job
from nnviz.shell.page import caption
from nnviz.shell.session import Session
from nnviz.views import chart
from nnviz.views.attribution.request import AttributionRequest


def measurement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    """Its job and what draws it; it makes all the maps itself."""
    fitting = [method for method in METHODS if not method.unfit(session.network)]
    requests = {method.name: parameters.request(session, method) for method in fitting}

    def steps() -> Generator[Progress, None, Agreement]:
        kept = {name: caches.attributions.get(each.key) for name, each in requests.items()}
        return evidence.agreeing(
            session.network,
            session.fitted,
            request.target,
            [(name, each.parameters) for name, each in requests.items()],
            {name: known for name, known in kept.items() if known is not None},
            # The maps view has them then too.
            lambda name, made: caches.attributions.keep(requests[name].key, made),
        )

    def draw(result: Agreement, whole: bool) -> None:
        methods = [method_named(name) for name in result.methods]
        figure = matrix([short_title(method) for method in methods], result.matrix)
        chart.plot(figure, "evidence-agreement")
        caption(sentence(result, len(fitting), whole))

    key = ("agreement", session.key, tuple(each.key for each in requests.values()))
    return Job(f"{len(fitting)} methods, in tenths", key, steps), draw


def sentence(found: Agreement, count: int, whole: bool) -> str:
    """The pairs that agree most and least."""
    names = [method_named(name).title for name in found.methods]
    values = np.where(np.eye(len(names), dtype=bool), np.nan, found.matrix)
    failed = f" Without a map: {', '.join(method_named(name).title for name in found.failed)}." if found.failed else ""
    if not np.isfinite(values).any():
        return f"{len(names)} of {count} maps are there; two that differ from place to place can be compared.{failed}"
    most, least = (np.unravel_index(pick(values), values.shape) for pick in (np.nanargmax, np.nanargmin))
    so_far = "" if whole else f"{len(names)} of {count} maps so far. "
    return (
        f"{so_far}On this picture {names[most[0]]} and {names[most[1]]} agree most, {number(values[most])}; "
        f"{names[least[0]]} and {names[least[1]]} least, {number(values[least])}; on average "
        f"{number(float(np.nanmean(values)))} (rank correlation of the magnitudes where either is not zero).{failed}"
    )
