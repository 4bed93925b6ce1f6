"""Deletion and insertion: what the score does as the pixels of a map go and come, beside random orders."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from markupsafe import Markup

from nnviz.analysis import evidence
from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.attribution.reference import REFERENCES
from nnviz.analysis.evidence import Curves
from nnviz.analysis.evidence.measure import Measure, class_of
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress
from nnviz.components.deletion import Order, Played, deletion
from nnviz.figures.words import number, probability
from nnviz.pages.saliency.evidence.job import Draw, measuring
from nnviz.shell import address, controls
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import answer
from nnviz.views.attribution.request import AttributionRequest

_STEPS, _MAPS = 28, 10
_HEIGHT = 0.5
_WAYS = ("taken", "given")
"""What is done with the pixels, as the address says it."""
_PLACES = {1: "better than every random order", 0: "among the random orders", -1: "worse than every random order"}


def measurement(session: Session, request: AttributionRequest) -> tuple[Job, Draw]:
    """Its job and what draws it; its own controls are drawn here."""
    raw = not session.network.output.shares or class_of(session.network, request.target) is None
    options: tuple[Measure, ...] = ("score",) if raw else ("probability", "score")
    titles = {"probability": "Probability", "score": measure_name("score", request.target).capitalize()}
    measure: Measure = "score" if address.choice("measure", options, options[0]) == "score" else "probability"
    baseline = address.choice("baseline", REFERENCES, "black")
    controls.switch("Measure", "measure", options, measure, titles=titles, hide=False)
    key = "evidence-baseline"
    write = address.writer("baseline", key)
    controls.listed("Baseline", key, REFERENCES, baseline, write)
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

    def draw(curves: Curves, whole: bool) -> Callable[[], None]:
        _player(session, request, curves)

        def say() -> None:
            caption(sentence(session, request.method, curves))
            small(note(request.method, curves, request.target if raw else None))

        return say

    return Job(
        f"Deletion and insertion, the map and {_MAPS} random orders, in tenths",
        ("deletion", request.key, measure, baseline),
        lambda: measuring(request, _MAPS + 1, deleted),
    ), draw


def _player(session: Session, request: AttributionRequest, curves: Curves) -> None:
    """The pictures that were measured, to be played, beside the curves."""
    what, title = curves_title(session, curves), request.method.title
    step, _ = address.whole("gone", 0, 0, len(curves.shares) - 1)
    way = _WAYS.index(address.choice("pixels", _WAYS, _WAYS[0]))
    deletion(
        played(session, curves),
        key="evidence",
        alt=f"The picture as its pixels are taken away, in the order of {title} and in a random one, and the {what}",
        step=step,
        way=way,
        play=address.read().get(address.PLAY) == "1",
        height=_HEIGHT,
        on_rest=lambda step, way: address.write(
            **{"gone": step or None, "pixels": _WAYS[1] if way else None, address.PLAY: None}
        ),
    )


def played(session: Session, curves: Curves) -> Played:
    """What the browser plays: the map's order and the random one in the middle of all."""
    erased = curves.erased
    values = np.stack([[curves.deletion, *curves.random_deletion], [curves.insertion, *curves.random_insertion]])
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    axis = (0.0, 1.0) if curves.measure == "probability" else (low, high if high > low else low + 1)
    written = probability if curves.measure == "probability" else number
    chosen = class_of(session.network, curves.target)

    def order(at: int, title: str) -> Order:
        numbers = [[written(float(value)) for value in way] for way in values[:, at]]
        return Order(title, erased.ranks[at], values[:, at], numbers, _said(session, curves, at, chosen))

    what = curves_title(session, curves)
    return Played(
        _shown(session, erased.picture),
        _shown(session, erased.fill),
        (order(0, "Map's order"), order(1 + curves.middle, "Random order")),
        erased.until,
        curves.shares,
        curves.differ,
        (f"Deletion: {what}", f"Insertion: {what}"),
        np.stack([values[:, 1:].min(axis=1), values[:, 1:].max(axis=1)], axis=1),
        axis,
        name=session.target_name,
        measure=what,
        ink=answer.ink(session.network),
    )


def _said(session: Session, curves: Curves, at: int, chosen: int | None) -> Any:
    """By way and step, the class that wins where it is another one than the one that is measured."""
    said, sure = curves.erased.said, curves.erased.sure
    if said is None or sure is None or session.network.output.kind != "classes":
        return None
    names = session.network.classes
    return [
        [None if won == chosen else (names[won], probability(share), share) for won, share in zip(*way, strict=True)]
        for way in zip(said[:, at].tolist(), sure[:, at].tolist(), strict=True)
    ]


def _shown(session: Session, image: np.ndarray) -> np.ndarray:
    """A picture in the network's own range as it is shown, 0..255, in grey or in colours."""
    network = session.network
    pixels = (image - np.asarray(network.offset)) / np.asarray(network.scale)
    return pixels if pixels.shape[2] in (1, 3) else pixels.mean(axis=2, keepdims=True)


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


def sentence(session: Session, method: SaliencyMethod, curves: Curves) -> Markup:
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


def note(method: SaliencyMethod, curves: Curves, other: Target | None = None) -> str:
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
        f"the map: one more would beat all {count} at a curve one time in {count + 1}; shown is the one in the middle, "
        f"shaded the range of all.{none} Petsiuk et al. 2018."
    )


def _without(target: Target) -> str:
    """What has a score and no probability."""
    if target.layer != LOGITS:
        return "a unit"
    return "a difference of scores" if target.class_index is None else "a network's only output"
