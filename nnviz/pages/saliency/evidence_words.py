"""What the evidence says, each in one computed sentence, and how it was measured."""

from __future__ import annotations

import html

import numpy as np

from nnviz.analysis.attribution import SaliencyMethod, method_named
from nnviz.analysis.evidence import Agreement, Curves, Randomised, Stability
from nnviz.analysis.evidence.randomisation import shown_name
from nnviz.figures.words import number
from nnviz.pages.session import Session

STILL, HARDLY = 0.5, 0.25
"""Rank correlations: from the first on maps are called alike, below the second unlike."""


def of_deletion(current: Session, method: SaliencyMethod, curves: Curves) -> str:
    """Whether the map's order beats the random ones."""
    gone, there = curves.random_areas
    total = len(gone)
    lost, won = (f"better than {count} of {total}" for count in curves.beaten)
    falls, rises = (count > 0.9 * total for count in curves.beaten)
    name = html.escape(current.class_name(current.class_index))
    verdict = {
        (True, True): "it points at what the answer rests on",
        (True, False): "what it names is needed, but by itself not enough",
        (False, True): "what it names is enough, but the rest would do as well",
        (False, False): "hardly better than chance",
    }[falls, rises]
    return (
        f"As its pixels go, the {curves.measure} of {name} has an area of {number(curves.deletion_area)} (random "
        f"{_spread(gone)}, {lost}); as they come, {number(curves.insertion_area)} (random {_spread(there)}, {won}). "
        f"<b>{method.title}: {verdict}.</b>"
    )


def _spread(areas: np.ndarray) -> str:
    return f"{number(float(areas.mean()))} ± {number(float(areas.std()))}"


def how_deletion(method: SaliencyMethod, curves: Curves) -> str:
    """Steps, baseline and order."""
    order = "what speaks for the class goes first, what speaks against it last" if method.signed else "the most first"
    return (
        f"{len(curves.shares) - 1} steps; {order}; a pixel that is gone is {curves.baseline}. A good map has a small "
        "area under the first curve and a large one under the second. Petsiuk et al. 2018, RISE."
    )


def of_randomisation(current: Session, method: SaliencyMethod, found: Randomised, whole: bool) -> str:
    """Whether the map depends on what was learned."""
    shuffled = [shown_name(current.network, level[0]) for level in found.levels[1:]]
    if not shuffled:
        return "The map of the trained network comes first; then its weights are shuffled, from the last layer on."
    count = sum(len(level) for level in found.levels[1:])
    if count > 4 or len(shuffled) > 4:
        what = "all its weights" if whole else f"the last {count} of its layers"
    else:
        what = " and ".join(filter(None, [", ".join(shuffled[:-1]), shuffled[-1]]))
    last = float(found.alike[-1])
    after = f"After randomising {html.escape(what)} the map of {method.title}"
    if np.isnan(last):
        return f"{after} is the same everywhere: <b>it depends on what was learned</b>."
    if last >= STILL:
        verdict = f"is still {number(last)} alike: <b>it hardly depends on what was learned</b>"
    elif last >= HARDLY:
        verdict = f"is still {number(last)} alike: <b>it depends on what was learned only in part</b>"
    else:
        verdict = f"is {number(last)} alike: <b>it depends on what was learned</b>"
    return f"{after} {verdict}{'' if whole else ' so far'}."


def how_randomisation() -> str:
    """What is compared."""
    return (
        "Each layer's own numbers are shuffled, the last layer's first, in a private copy of the network. Alike: rank "
        "correlation (Spearman) of the magnitudes where either map is not zero, 1 the same order, 0 none in common. "
        "Adebayo et al. 2018, Sanity Checks for Saliency Maps."
    )


def of_stability(current: Session, method: SaliencyMethod, found: Stability, whole: bool) -> str:
    """How much the map changes where the answer does not."""
    kept, name = len(found.changes), html.escape(current.class_name(current.trace.winner))
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
    return (
        f"{head}the map of {method.title} differs by {number(mean)} of its size on average, {number(found.largest)} at "
        f"most{order}: <b>{verdict}</b>."
    )


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
