"""What the Saliency page says of a map, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.shell.markup import html
from nnviz.shell.target_words import Explained


def minus(text: str) -> str:
    """Hyphens before numbers as true minus signs."""
    return text.replace("-", "\u2212")


def sentence(
    explained: Explained,
    method: SaliencyMethod,
    parameters: Mapping[str, Any],
    attribution: Attribution,
    signed: bool,
    cause: str = "",
) -> str:
    """What one sees, with the numbers of the map; `cause` is why it may be zero everywhere."""
    name, title, signed = explained.name, method.title, signed and method.signed
    values = attribution.over_image(magnitude=not signed)
    what = method.reading(parameters).rstrip(".")
    what = what[0].lower() + what[1:]
    if not values.any():
        nothing = f"no pixel speaks for {name}, none {explained.against}"
        if not method.signed:
            nothing = f"no place stands out for {name}"
        return f"{title} is zero everywhere: {nothing}. {cause}".rstrip()
    row, column = (int(i) for i in np.unravel_index(np.abs(values).argmax(), values.shape))
    colours = "bright is much, black nothing"
    number = minus(f"{values[row, column]:.3g}")
    if signed:
        colours = f"orange speaks for {name}, blue {explained.against}"
        number = minus(f"{values[row, column]:+.3g}")
    return (
        f"{title} gives the most to row {row}, column {column}: {number}, where {explained.score} is "
        f"{minus(f'{attribution.score:.1f}')}. It shows {what}; {colours}."
    )


def sums(
    explained: Explained,
    method: SaliencyMethod,
    parameters: Mapping[str, Any],
    attribution: Attribution,
    biased: bool,
) -> Markup:
    """What the map adds up to, and what it should; nothing where the method promises no sum.

    `biased` tells whether any layer of the network has a bias, or shifts as a normalisation does.
    """
    if attribution.adds_up_to is None or attribution.gap is None:
        return Markup()
    lrp = method.name == "lrp"
    less = {"lrp": "", "expected-gradients": ", less its mean over the references,"}
    whole = explained.score + less.get(method.name, ", less its value on the baseline,")
    kept = ""
    if lrp and parameters.get("rule") == "epsilon" and abs(attribution.gap) > 1e-3 * abs(attribution.adds_up_to):
        by = ["by the biases"] * biased + ["by epsilon"] * bool(parameters.get("epsilon"))
        kept = f", kept {' and '.join(by)}" if by else ""
    return html(
        "<b>{}</b>: the map adds up to {}; {} is {}; gap {}{}.",
        "Conservation" if lrp else "Completeness",
        minus(f"{attribution.values.sum():.3f}"),
        whole,
        minus(f"{attribution.adds_up_to:.3f}"),
        minus(f"{attribution.gap:+.3f}"),
        kept,
    )
