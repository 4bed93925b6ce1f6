"""Random weights: how alike a map stays when the weights of its network are shuffled, layer by layer."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from nnviz.analysis import evidence
from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.evidence import Randomised
from nnviz.analysis.evidence.randomisation import LEVELS, shown_name
from nnviz.analysis.progress import Progress
from nnviz.components.raster import Panel, raster
from nnviz.figures.evidence import likeness
from nnviz.figures.words import number
from nnviz.pages.saliency.evidence.job import Draw, measuring
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import chart
from nnviz.views.attribution.panels import span
from nnviz.views.attribution.request import AttributionRequest


def measurement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    """Its job and what draws it."""
    network, method = session.network, request.method

    def randomised(known: Attribution) -> Generator[Progress, None, Randomised]:
        return evidence.randomising(
            network, session.fitted, method.name, request.target, request.parameters, known=known
        )

    def draw(result: Randomised, whole: bool) -> None:
        titles = ["trained", *(_level(network, level) for level in result.levels[1:])]
        raster(
            [
                Panel(values[None], "inferno", span(values, "inferno")[0], title=title, most=220, say_zero=True)
                for title, values in zip(titles, result.maps, strict=True)
            ],
            key="evidence-randomised",
            alt="The map of the trained network, and of the network with more and more of its weights shuffled",
            height=0.24,
            least=60,
        )
        title, chance = "weights shuffled so far", float(result.blind.max())
        chart.plot(likeness(titles, result.alike, chance=chance, title=title), "evidence-randomised")
        caption(sentence(session, method, result, whole))
        small(note())

    return Job(
        f"{method.title} with weights shuffled, layer by layer from the last, in tenths",
        ("randomisation", request.key),
        lambda: measuring(request, LEVELS + 1, randomised),
    ), draw


def _level(network: Any, names: tuple[str, ...]) -> str:
    """A level of the cascade, short: its last-shuffled layer, and how many more."""
    main = [shown_name(network, name) for name in names if not _normalises(network, name)] or list(names)
    return f"+ {main[0]}" if len(main) == 1 else f"+ {len(main)} layers"


def _normalises(network: Any, name: str) -> bool:
    return type(network.graph.by_name[name].layer).__name__ == "BatchNormalization"


def sentence(session: Session, method: SaliencyMethod, found: Randomised, whole: bool) -> str:
    """Whether the map depends on what was learned."""
    shuffled = [shown_name(session.network, level[0]) for level in found.levels[1:]]
    if not shuffled:
        return "The map of the trained network comes first; then its weights are shuffled, from the last layer on."
    count = sum(len(level) for level in found.levels[1:])
    if count > 4 or len(shuffled) > 4:
        what = (
            ("all its weights" if session.explains == "class" else "all that leads to it")
            if whole
            else f"the last {count} of its layers"
        )
    else:
        what = " and ".join(filter(None, [", ".join(shuffled[:-1]), shuffled[-1]]))
    last = float(found.alike[-1])
    after = f"After randomising {what} the map of {method.title}"
    if np.isnan(last):
        return html("{} is the same everywhere: <b>it depends on what was learned</b>.", after)
    blind = float(found.blind.max())
    held = f"maps that never saw the network reach {number(blind)}"
    if not whole:
        return f"{after} is {number(last)} alike so far; {held}."
    if last <= blind:
        text = f"{after} is {number(last)} alike, no more than {held}"
        return html("{}: <b>it depends on what was learned</b>.", text)
    much = "most" if last >= (1 + blind) / 2 else "part"
    text = f"{after} is still {number(last)} alike; {held}"
    return html("{}: <b>{} of it does not depend on what was learned</b>.", text, much)


def note() -> str:
    """What is compared."""
    return (
        "Each layer's own numbers are shuffled, the last layer's first, in a private copy of the network. Alike: rank "
        "correlation (Spearman) of the magnitudes where either map is not zero, 1 the same order. Maps that never saw "
        "the network: noise as grainy as the map, alone and times the picture, the most alike of 20. "
        "Adebayo et al. 2018, Sanity Checks for Saliency Maps."
    )
