"""The evidence beside the map: four measurements of whether it is to be believed, on this network and this picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from nnviz.analysis import evidence
from nnviz.analysis.attribution import METHODS, SaliencyMethod, method_named
from nnviz.analysis.attribution.reference import REFERENCES
from nnviz.analysis.evidence.measure import Measure, class_of
from nnviz.analysis.evidence.randomisation import shown_name
from nnviz.components.raster import Panel, raster
from nnviz.figures.evidence import against_random, change_bars, likeness, matrix
from nnviz.pages.saliency import evidence_words as words
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.evidence_job import JOB, measured, waits
from nnviz.pages.saliency.maps import again, short_title
from nnviz.shell import address, controls, library
from nnviz.shell.jobs import bar as jobs
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import chart, scales
from nnviz.views.attribution import queue
from nnviz.views.attribution.panels import panel, span
from nnviz.views.attribution.queue import Found

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
    request = _wish(session, method)
    alone = kind != "agreement"  # which has no map under study, and makes its own
    found = [*queue.own_queue().gather([request] if alone else []), Found(method, "waiting")][0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        controls.switch("Evidence", "evidence", tuple(TITLES), kind, titles=TITLES)
        if alone:
            _methods(session, chosen)
        draw = _KINDS[kind](session, found, request)
    left, right = st.columns([1, 3] if alone else [1, 5], gap="large")
    with left:
        raster(
            [scales.picture_panel(session, title="Picture", most=340)]
            + [panel(session, found, True, 0, most=340, row=1) for _ in range(alone)],
            key="evidence-map",
            alt=f"The picture, and its attribution by {method.title}" if alone else "The picture",
            height=0.6,
            least=80,
        )
    with right:
        # A place for each, always there and for nothing else: the browser may keep hidden what replaces another thing.
        bars, map_again, work_again = st.container(), st.container(), st.container()
        draw()
    with bars:
        queue.progress_bar()
        jobs.bar(JOB, redraw=_REDRAW)
    with map_again:
        again(found, request)
    mine = jobs.job(JOB)
    if mine is not None and mine.state in ("stopped", "failed"):
        with work_again:
            st.button("Compute", icon=":material/play_arrow:", key="evidence-again", on_click=partial(jobs.forget, JOB))


def _methods(session: Session, chosen: str) -> None:
    key = "evidence-method"
    names = [method.name for method in METHODS if not method.unfit(session.network)]

    def choose() -> None:
        address.write(method=st.session_state[key], strip=None)

    def title(name: str) -> str:
        return method_named(name).title

    controls.listed("Method", key, names, chosen, choose, title=title, hide=True, width=250)


def _deletion(session: Session, found: Found, request: queue.AttributionRequest) -> Callable[[], None]:
    raw = session.trace.logits.size == 1 or class_of(session.network, request.target) is None
    options: tuple[Measure, ...] = ("score",) if raw else ("probability", "score")
    titles = {"probability": "Probability", "score": words.measure_name("score", request.target).capitalize()}
    measure: Measure = "score" if address.choice("measure", options, options[0]) == "score" else "probability"
    baseline = address.choice("baseline", REFERENCES, "black")
    controls.switch("Measure", "measure", options, measure, titles=titles)
    key = "evidence-baseline"
    write = address.writer("baseline", key)
    controls.listed("Baseline", key, REFERENCES, baseline, write, hide=True, width=130)

    def draw() -> None:
        if found.attribution is None or waits(found):
            return
        values = found.attribution.over_image()
        network, image = session.network, session.fitted
        curves, _ = measured(
            f"Deletion and insertion, the map and {_MAPS} random orders",
            ("deletion", request.key, measure, baseline),
            lambda: evidence.deleting(
                network, image, values, request.target, steps=_STEPS, baseline=baseline, measure=measure, maps=_MAPS
            ),
        )
        if curves is None:
            return
        names = ("deletion: pixels taken away", "insertion: pixels given")
        lines = {
            names[0]: (curves.deletion, curves.random_deletion),
            names[1]: (curves.insertion, curves.random_insertion),
        }
        title = words.what(session, curves)
        chart.plot(against_random(curves.shares, lines, title=title), "evidence-deletion")
        caption(words.of_deletion(session, found.method, curves))
        small(words.how_deletion(found.method, curves, request.target if raw else None))

    return draw


def _randomisation(session: Session, found: Found, request: queue.AttributionRequest) -> Callable[[], None]:
    def draw() -> None:
        if waits(found):
            return
        network = session.network
        result, whole = measured(
            f"{found.method.title} with weights shuffled, layer by layer from the last, in tenths",
            ("randomisation", request.key),
            lambda: evidence.randomising(
                network, session.fitted, found.method.name, request.target, request.parameters
            ),
        )
        if result is None:
            return
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
        caption(words.of_randomisation(session, found.method, result, whole))
        small(words.how_randomisation())

    return draw


def _level(network: Any, names: tuple[str, ...]) -> str:
    """A level of the cascade, short: its last-shuffled layer, and how many more."""
    main = [shown_name(network, name) for name in names if not _normalises(network, name)] or list(names)
    return f"+ {main[0]}" if len(main) == 1 else f"+ {len(main)} layers"


def _normalises(network: Any, name: str) -> bool:
    return type(network.graph.by_name[name].layer).__name__ == "BatchNormalization"


def _stability(session: Session, found: Found, request: queue.AttributionRequest) -> Callable[[], None]:
    percent = address.whole("shake", 2, 1, 20)[0]
    with st.container(width=230):
        controls.slider("Noise (% of the range)", "shake", percent, 1, 20)

    def draw() -> None:
        if waits(found):
            return
        known = found.attribution
        result, whole = measured(
            f"{found.method.title} on {_COPIES} noisy copies, in tenths",
            ("stability", request.key, percent),
            lambda: evidence.shaking(
                session.network,
                session.fitted,
                found.method.name,
                request.target,
                request.parameters,
                noise=percent / 100,
                copies=_COPIES,
                known=known,
            ),
        )
        if result is None:
            return
        caption(words.of_stability(session, found.method, result, whole))
        if not result.sigma:
            return
        title = "noisy copy, and how much its map differs: ‖ map′ − map ‖ / ‖ map ‖"
        chart.plot(change_bars(result.changes, _COPIES, title=title), "evidence-stability")
        small(words.how_stability(result))

    return draw


def _agreement(session: Session, found: Found, request: queue.AttributionRequest) -> Callable[[], None]:
    fitting = [method for method in METHODS if not method.unfit(session.network)]

    def draw() -> None:
        requests = {method.name: _wish(session, method) for method in fitting}
        kept = library.kept_attributions()
        known = {name: kept[each.key] for name, each in requests.items() if each.key in kept}
        result, whole = measured(
            f"{len(fitting)} methods, in tenths",
            ("agreement", session.key, tuple(each.key for each in requests.values())),
            lambda: evidence.agreeing(
                session.network,
                session.fitted,
                request.target,
                [(name, each.parameters) for name, each in requests.items()],
                known,
                # The maps view has them then too.
                lambda name, made: library.remember(requests[name].key, made),
            ),
        )
        if result is None:
            return
        methods = [method_named(name) for name in result.methods]
        figure = matrix([short_title(method) for method in methods], result.matrix)
        chart.plot(figure, "evidence-agreement")
        caption(words.of_agreement(result, len(fitting), whole))

    return draw


def _wish(session: Session, method: SaliencyMethod) -> queue.AttributionRequest:
    return queue.request(session, method, parameters.chosen(method, session.network))


_KINDS = {
    "deletion": _deletion,
    "randomisation": _randomisation,
    "stability": _stability,
    "agreement": _agreement,
}
