"""What the evidence says, each in one computed sentence, and how it was measured."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from nnviz.analysis.attribution import SaliencyMethod, method_named
from nnviz.analysis.evidence import Agreement, Curves, Randomised, Stability
from nnviz.analysis.evidence.measure import Measure
from nnviz.analysis.evidence.randomisation import shown_name
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.targets import Target
from nnviz.figures.words import number
from nnviz.shell.markup import html
from nnviz.shell.session import Session

_PLACES = {1: "better than every random order", 0: "among the random orders", -1: "worse than every random order"}


def measure_name(measure: Measure, target: Target) -> str:
    """A measure, by what it is of this target: a logit is one score of the network, any other a sum of several."""
    if measure == "probability":
        return measure
    if target.layer != LOGITS:
        return "activation"
    return "score" if target.class_index is None else "logit"


def what(session: Session, curves: Curves) -> str:
    """What the curves are of."""
    return f"{measure_name(curves.measure, curves.target)} of {session.target_name}"


def of_deletion(session: Session, method: SaliencyMethod, curves: Curves) -> Markup:
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
        f"As its pixels go, the {what(session, curves)} has an area of {number(curves.deletion_area)} "
        f"(random {_spread(gone)}, {lost}); as they come, {number(curves.insertion_area)} (random {_spread(there)}, "
        f"{won})."
    )
    return html("{} <b>{}: {}.</b>", text, method.title, verdict)


def _spread(areas: np.ndarray) -> str:
    return f"{number(float(areas.mean()))} ± {number(float(areas.std()))}"


def how_deletion(method: SaliencyMethod, curves: Curves, other: Target | None = None) -> str:
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


def of_randomisation(session: Session, method: SaliencyMethod, found: Randomised, whole: bool) -> str:
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


def how_randomisation() -> str:
    """What is compared."""
    return (
        "Each layer's own numbers are shuffled, the last layer's first, in a private copy of the network. Alike: rank "
        "correlation (Spearman) of the magnitudes where either map is not zero, 1 the same order. Maps that never saw "
        "the network: noise as grainy as the map, alone and times the picture, the most alike of 20. "
        "Adebayo et al. 2018, Sanity Checks for Saliency Maps."
    )


def of_stability(session: Session, method: SaliencyMethod, found: Stability, whole: bool) -> str:
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


def how_stability(found: Stability) -> str:
    """The local Lipschitz constant."""
    steepest = (
        "" if np.isnan(found.lipschitz) else f"Steepest: the map moves {number(found.lipschitz)} for each 1 that "
    )
    moved = f"{steepest}the picture moves (local Lipschitz). " if steepest else ""
    return f"{moved}Copies that are read as something else do not count. Alvarez-Melis and Jaakkola 2018."


def of_agreement(found: Agreement, count: int, whole: bool) -> str:
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
