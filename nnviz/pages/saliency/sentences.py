"""What is said of a map: the place that speaks most, how to read it, and what it adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.figures.words import number, signed, told_apart
from nnviz.shell.markup import html
from nnviz.shell.target_words import TargetWords


def sentence(
    explained: TargetWords, method: SaliencyMethod, attribution: Attribution, with_sign: bool, cause: str = ""
) -> str:
    """The strongest place of the map, either way, and what its colours say; `cause` is why it may be zero everywhere.

    Args:
        with_sign: whether signs are shown, where the method has some, or magnitudes.
    """
    name, title, with_sign = explained.name, method.title, with_sign and method.signed
    values = attribution.over_image(magnitude=not with_sign)
    if not values.any():
        nothing = f"no pixel speaks for {name}, none {explained.against}"
        if not method.signed:
            nothing = f"no place stands out for {name}"
        return f"{title} is zero everywhere: {nothing}. {cause}".rstrip()
    (row, column), count = strongest(values)
    value = float(values[row, column])
    where, verb = f"row {row}, column {column}", "speaks" if with_sign else "counts"
    if count > 1:
        where, verb = f"{count:,} pixels alike, one of them at {where},", verb[:-1]
    each = " each" * (count > 1)
    if not with_sign:
        return f"{title}: {where} {verb} most for {name}, {number(value)}{each}; bright is much, black nothing."
    against = f"against {name}" if explained.against == "against" else explained.against
    way = f"for {name}" if value > 0 else against
    return (
        f"{title}: {where} {verb} most strongly {way}, {signed(value)}{each}; "
        f"orange speaks for {name}, blue {explained.against}."
    )


def strongest(values: np.ndarray) -> tuple[tuple[int, int], int]:
    """The first place (row, column) with the largest magnitude, and how many places have that same value.

    Maps of regions, of patches or of small maps that were enlarged have many.
    """
    first = int(np.abs(values).argmax())
    row, column = np.unravel_index(first, values.shape)
    return (int(row), int(column)), int(np.count_nonzero(values == values.flat[first]))


def reading(method: SaliencyMethod, parameters: Mapping[str, Any]) -> Markup:
    """How to read a method's map, and its paper."""
    return html("<b>{}</b>: {} <i>{}</i>", method.title, method.reading(parameters), method.paper)


def sums(
    explained: TargetWords,
    method: SaliencyMethod,
    parameters: Mapping[str, Any],
    attribution: Attribution,
    biased: bool,
) -> Markup:
    """What the map adds up to, and what it should; nothing where the method promises no sum.

    Args:
        biased: whether any layer of the network has a bias, or shifts as a normalisation does.
    """
    if attribution.adds_up_to is None or attribution.gap is None:
        return Markup()
    lrp = method.name == "lrp"
    less = {"lrp": "", "expected-gradients": ", less its mean over the references,"}
    whole = explained.score + less.get(method.name, ", less its value on the baseline,")
    kept = ""
    if lrp and parameters.get("rule") == "epsilon" and abs(attribution.gap) > 1e-3 * abs(attribution.adds_up_to):
        by = ["by the biases"] * biased + ["by epsilon"] * bool(parameters.get("epsilon"))
        kept = f"; the rest is kept {' and '.join(by)}" if by else ""
    # Of two sums of float32 the last figures are rounding.
    reached, promised = told_apart(round(attribution.adds_up_to + attribution.gap, 4), round(attribution.adds_up_to, 4))
    what = "Conservation" if lrp else "Completeness"
    return html("<b>{}</b>: the map adds up to {}; {} is {}{}.", what, reached, whole, promised, kept)
