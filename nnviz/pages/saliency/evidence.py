"""The evidence beside the map: four measurements of whether it is to be believed, on this network and this picture."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import streamlit as st

from nnviz.analysis import evidence
from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, method_named
from nnviz.analysis.attribution.reference import REFERENCES
from nnviz.analysis.evidence.measure import Measure, class_of
from nnviz.analysis.evidence.randomisation import LEVELS, shown_name
from nnviz.analysis.progress import Progress
from nnviz.components.raster import Panel, raster
from nnviz.figures.evidence import against_random, change_bars, likeness, matrix
from nnviz.pages.saliency import evidence_words as words
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.evidence_job import JOB, map_of, measuring
from nnviz.pages.saliency.maps import short_title
from nnviz.shell import address, caches, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import chart, scales
from nnviz.views.attribution.panels import panel, span, state
from nnviz.views.attribution.request import AT_ONCE, AttributionRequest
from nnviz.views.attribution.request import request as attribution_request

Draw = Callable[[Any, bool], None]
"""Draws what was measured, and says whether that is all."""
TITLES = {
    "deletion": "Deletion",
    "randomisation": "Random weights",
    "stability": "Small noise",
    "agreement": "Agreement",
}
"""What there is, by its name in the address."""
_REDRAW = 1.0
_STEPS, _MAPS, _COPIES = 28, 10, 8


def render(session: Session, chosen: str, kind: str) -> None:
    """Draw the view."""
    method = method_named(chosen)
    alone = kind != "agreement"  # which has no map under study, and makes its own
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        controls.switch("Evidence", "evidence", tuple(TITLES), kind, titles=TITLES)
        if alone:
            _methods(session, chosen)
        wanted, draw = _KINDS[kind](session, _request(session, method))
    mine = jobs.begin(JOB, wanted, AT_ONCE)
    left, right = st.columns([1, 3] if alone else [1, 5], gap="large")
    with left:
        raster(
            [scales.picture_panel(session, title="Picture", most=340)]
            + [panel(session, map_of(method, mine), True, 0, most=340, row=1) for _ in range(alone)],
            key="evidence-map",
            alt=f"The picture, and its attribution by {method.title}" if alone else "The picture",
            height=0.6,
            least=80,
        )
    with right:
        # A place for each, always there and for nothing else: the browser may keep hidden what replaces another thing.
        bar, button = st.container(), st.container()
        _measured(method, mine, draw, alone)
    with bar:
        jobs.progress_bar(JOB, redraw=_REDRAW)
    if mine.halted:
        with button:
            jobs.again_button(JOB, "Compute")


def _measured(method: SaliencyMethod, mine: Job, draw: Draw, alone: bool) -> None:
    """What is measured so far, or what it waits for."""
    result = mine.found.measured if alone and mine.found is not None else mine.found
    if mine.reason:
        caption(mine.reason)
    elif alone and (found := map_of(method, mine)).state != "done":
        caption(f"First comes the map itself: {state(found) or 'it is under way'}.")
    if result is not None:
        draw(result, mine.state == "done")


def _methods(session: Session, chosen: str) -> None:
    key = "evidence-method"
    names = [method.name for method in METHODS if not method.unfit(session.network)]

    def choose() -> None:
        address.write(method=st.session_state[key], strip=None)

    def title(name: str) -> str:
        return method_named(name).title

    controls.listed("Method", key, names, chosen, choose, title=title, hide=True, width=250)


def _deletion(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    raw = session.trace.logits.size == 1 or class_of(session.network, request.target) is None
    options: tuple[Measure, ...] = ("score",) if raw else ("probability", "score")
    titles = {"probability": "Probability", "score": words.measure_name("score", request.target).capitalize()}
    measure: Measure = "score" if address.choice("measure", options, options[0]) == "score" else "probability"
    baseline = address.choice("baseline", REFERENCES, "black")
    controls.switch("Measure", "measure", options, measure, titles=titles)
    key = "evidence-baseline"
    write = address.writer("baseline", key)
    controls.listed("Baseline", key, REFERENCES, baseline, write, hide=True, width=130)
    network, image = session.network, session.fitted

    def deleted(known: Attribution) -> Generator[Progress, None, evidence.Curves]:
        return evidence.deleting(
            network,
            image,
            known.over_image(),
            request.target,
            steps=_STEPS,
            baseline=baseline,
            measure=measure,
            maps=_MAPS,
        )

    def draw(curves: evidence.Curves, whole: bool) -> None:
        names = ("deletion: pixels taken away", "insertion: pixels given")
        lines = {
            names[0]: (curves.deletion, curves.random_deletion),
            names[1]: (curves.insertion, curves.random_insertion),
        }
        title = words.what(session, curves)
        chart.plot(against_random(curves.shares, lines, title=title), "evidence-deletion")
        caption(words.of_deletion(session, request.method, curves))
        small(words.how_deletion(request.method, curves, request.target if raw else None))

    return Job(
        f"Deletion and insertion, the map and {_MAPS} random orders, in tenths",
        ("deletion", request.key, measure, baseline),
        lambda: measuring(request, _MAPS + 1, deleted),
    ), draw


def _randomisation(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    network, method = session.network, request.method

    def randomised(known: Attribution) -> Generator[Progress, None, evidence.Randomised]:
        return evidence.randomising(network, session.fitted, method.name, request.target, request.parameters)

    def draw(result: evidence.Randomised, whole: bool) -> None:
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
        caption(words.of_randomisation(session, method, result, whole))
        small(words.how_randomisation())

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


def _stability(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    percent = address.whole("shake", 2, 1, 20)[0]
    with st.container(width=230):
        controls.slider("Noise (% of the range)", "shake", percent, 1, 20)
    network, image, method = session.network, session.fitted, request.method

    def shaken(known: Attribution) -> Generator[Progress, None, evidence.Stability]:
        noise, target = percent / 100, request.target
        return evidence.shaking(
            network, image, method.name, target, request.parameters, noise=noise, copies=_COPIES, known=known
        )

    def draw(result: evidence.Stability, whole: bool) -> None:
        caption(words.of_stability(session, method, result, whole))
        if not result.sigma:
            return
        title = "noisy copy, and how much its map differs: ‖ map′ − map ‖ / ‖ map ‖"
        chart.plot(change_bars(result.changes, _COPIES, title=title), "evidence-stability")
        small(words.how_stability(result))

    return Job(
        f"{method.title} on {_COPIES} noisy copies, in tenths",
        ("stability", request.key, percent),
        lambda: measuring(request, _COPIES + 1, shaken),
    ), draw


def _agreement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    fitting = [method for method in METHODS if not method.unfit(session.network)]
    requests = {method.name: _request(session, method) for method in fitting}

    def steps() -> Generator[Progress, None, evidence.Agreement]:
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

    def draw(result: evidence.Agreement, whole: bool) -> None:
        methods = [method_named(name) for name in result.methods]
        figure = matrix([short_title(method) for method in methods], result.matrix)
        chart.plot(figure, "evidence-agreement")
        caption(words.of_agreement(result, len(fitting), whole))

    key = ("agreement", session.key, tuple(each.key for each in requests.values()))
    return Job(f"{len(fitting)} methods, in tenths", key, steps), draw


def _request(session: Session, method: SaliencyMethod) -> AttributionRequest:
    return attribution_request(session, method, parameters.chosen(method, session.network))


_KINDS = {
    "deletion": _deletion,
    "randomisation": _randomisation,
    "stability": _stability,
    "agreement": _agreement,
}
