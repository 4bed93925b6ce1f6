"""The evidence beside the map: four measurements of whether it is to be believed, on this network and this picture."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis import evidence
from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, method_named
from nnviz.analysis.attribution.reference import REFERENCES
from nnviz.analysis.evidence import Agreement, Curves, Randomised, Stability
from nnviz.analysis.evidence.measure import Measure, class_of
from nnviz.analysis.evidence.randomisation import LEVELS, shown_name
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress
from nnviz.components.raster import Panel, raster
from nnviz.figures.evidence import against_random, change_bars, likeness, matrix
from nnviz.figures.words import number
from nnviz.pages.saliency import parameters
from nnviz.pages.saliency.evidence_job import JOB, map_of, measuring
from nnviz.pages.saliency.maps import short_title
from nnviz.shell import address, caches, controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
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
_PLACES = {1: "better than every random order", 0: "among the random orders", -1: "worse than every random order"}


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
    titles = {"probability": "Probability", "score": measure_name("score", request.target).capitalize()}
    measure: Measure = "score" if address.choice("measure", options, options[0]) == "score" else "probability"
    baseline = address.choice("baseline", REFERENCES, "black")
    controls.switch("Measure", "measure", options, measure, titles=titles)
    key = "evidence-baseline"
    write = address.writer("baseline", key)
    controls.listed("Baseline", key, REFERENCES, baseline, write, hide=True, width=130)
    network, image = session.network, session.fitted

    def deleted(known: Attribution) -> Generator[Progress, None, Curves]:
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

    def draw(curves: Curves, whole: bool) -> None:
        names = ("deletion: pixels taken away", "insertion: pixels given")
        lines = {
            names[0]: (curves.deletion, curves.random_deletion),
            names[1]: (curves.insertion, curves.random_insertion),
        }
        title = curves_title(session, curves)
        chart.plot(against_random(curves.shares, lines, title=title), "evidence-deletion")
        caption(deletion_sentence(session, request.method, curves))
        small(deletion_note(request.method, curves, request.target if raw else None))

    return Job(
        f"Deletion and insertion, the map and {_MAPS} random orders, in tenths",
        ("deletion", request.key, measure, baseline),
        lambda: measuring(request, _MAPS + 1, deleted),
    ), draw


def _randomisation(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
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
        caption(randomisation_sentence(session, method, result, whole))
        small(randomisation_note())

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

    def shaken(known: Attribution) -> Generator[Progress, None, Stability]:
        noise, target = percent / 100, request.target
        return evidence.shaking(
            network, image, method.name, target, request.parameters, noise=noise, copies=_COPIES, known=known
        )

    def draw(result: Stability, whole: bool) -> None:
        caption(stability_sentence(session, method, result, whole))
        if not result.sigma:
            return
        title = "noisy copy, and how much its map differs: ‖ map′ − map ‖ / ‖ map ‖"
        chart.plot(change_bars(result.changes, _COPIES, title=title), "evidence-stability")
        small(stability_note(result))

    return Job(
        f"{method.title} on {_COPIES} noisy copies, in tenths",
        ("stability", request.key, percent),
        lambda: measuring(request, _COPIES + 1, shaken),
    ), draw


def _agreement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    fitting = [method for method in METHODS if not method.unfit(session.network)]
    requests = {method.name: _request(session, method) for method in fitting}

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
        caption(agreement_sentence(result, len(fitting), whole))

    key = ("agreement", session.key, tuple(each.key for each in requests.values()))
    return Job(f"{len(fitting)} methods, in tenths", key, steps), draw


def _request(session: Session, method: SaliencyMethod) -> AttributionRequest:
    return attribution_request(session, method, parameters.chosen(method, session.network))


def measure_name(measure: Measure, target: Target) -> str:
    """A measure, by what it is of this target: a logit is one score of the network, any other a sum of several."""
    if measure == "probability":
        return measure
    if target.layer != LOGITS:
        return "activation"
    return "score" if target.class_index is None else "logit"


def curves_title(session: Session, curves: Curves) -> str:
    """What the curves are of."""
    return f"{measure_name(curves.measure, curves.target)} of {session.target_name}"


def deletion_sentence(session: Session, method: SaliencyMethod, curves: Curves) -> Markup:
    """How the map's order does against the random ones, at each curve."""
    gone, there = curves.random_areas
    total = len(gone)
    lost, won = (f"better than {count} of {total}" for count in curves.beaten)
    taken, given = ((count == total) - (count == 0) for count in curves.beaten)
    apart = f"{_PLACES[taken]} as its pixels go, {_PLACES[given]} as they come"
    verdict = _PLACES[taken] if taken == given else apart
    if taken == given == 1:
        verdict = f"it points at what the {measure_name(curves.measure, curves.target)} rests on, {verdict}"
    text = (
        f"As its pixels go, the {curves_title(session, curves)} has an area of {number(curves.deletion_area)} "
        f"(random {_spread(gone)}, {lost}); as they come, {number(curves.insertion_area)} (random {_spread(there)}, "
        f"{won})."
    )
    return html("{} <b>{}: {}.</b>", text, method.title, verdict)


def _spread(areas: np.ndarray) -> str:
    return f"{number(float(areas.mean()))} ± {number(float(areas.std()))}"


def deletion_note(method: SaliencyMethod, curves: Curves, other: Target | None = None) -> str:
    """Steps, baseline and order, and what the random orders are; `other` is a target without a probability."""
    order = "first what speaks for it, last what speaks against it" if method.signed else "the most first"
    if curves.differ < curves.pixels:
        steps = f"{len(curves.shares) - 1} steps over the {curves.differ:,} of {curves.pixels:,} pixels that differ"
    else:
        steps = f"{len(curves.shares) - 1} steps over all {curves.pixels:,} pixels"
    none = "" if other is None else f" There is no probability of {_without(other)}."
    count = len(curves.random_deletion)
    return (
        f"{steps}; {order}; a pixel that is gone is {curves.baseline}. Small is good under the first curve, large "
        "under the second. Random orders know how much a pixel changes, nothing of the network, and are as grainy as "
        f"the map: one more would beat all {count} at a curve one time in {count + 1}.{none} Petsiuk et al. 2018."
    )


def _without(target: Target) -> str:
    """What has a score and no probability."""
    if target.layer != LOGITS:
        return "a unit"
    return "a difference of scores" if target.class_index is None else "a network's only output"


def randomisation_sentence(session: Session, method: SaliencyMethod, found: Randomised, whole: bool) -> str:
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


def randomisation_note() -> str:
    """What is compared."""
    return (
        "Each layer's own numbers are shuffled, the last layer's first, in a private copy of the network. Alike: rank "
        "correlation (Spearman) of the magnitudes where either map is not zero, 1 the same order. Maps that never saw "
        "the network: noise as grainy as the map, alone and times the picture, the most alike of 20. "
        "Adebayo et al. 2018, Sanity Checks for Saliency Maps."
    )


def stability_sentence(session: Session, method: SaliencyMethod, found: Stability, whole: bool) -> str:
    """How much the map changes where the answer does not."""
    if not found.sigma:
        return Markup(
            "<b>No noise could be added</b>: it is a share of the picture's range, and the whole picture is of one "
            "colour. Nothing can be said of how steady the map is."
        )
    kept, name = len(found.changes), session.class_name(session.trace.winner)
    if not kept:
        return (
            f"None of {found.copies} noisy copies is still read as {name}: the noise of {found.noise:.0%} is not small "
            "for this network."
        )
    so_far = "" if whole else "So far: "
    head = (
        f"{so_far}Under noise of {found.noise:.0%}, which leaves the answer {name} in {kept} of {found.copies} copies, "
    )
    if np.isnan(found.changes).any():
        return f"{head}nothing can be said: the map itself is zero everywhere."
    mean = float(found.changes.mean())
    verdict = (
        "it does not change at all"
        if found.largest == 0
        else "it is steady"
        if mean < 0.25
        else ("it changes with it" if mean < 0.75 else "it is another map each time")
    )
    alike = float(np.nanmean(found.alike)) if np.isfinite(found.alike).any() else float("nan")
    order = "" if np.isnan(alike) else f", and its order stays {number(alike)} alike"
    text = f"{head}the map of {method.title} differs by {number(mean)} of its size on average, "
    return html("{}{} at most{}: <b>{}</b>.", text, number(found.largest), order, verdict)


def stability_note(found: Stability) -> str:
    """The local Lipschitz constant."""
    steepest = (
        "" if np.isnan(found.lipschitz) else f"Steepest: the map moves {number(found.lipschitz)} for each 1 that "
    )
    moved = f"{steepest}the picture moves (local Lipschitz). " if steepest else ""
    return f"{moved}Copies that are read as something else do not count. Alvarez-Melis and Jaakkola 2018."


def agreement_sentence(found: Agreement, count: int, whole: bool) -> str:
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


_KINDS = {
    "deletion": _deletion,
    "randomisation": _randomisation,
    "stability": _stability,
    "agreement": _agreement,
}
