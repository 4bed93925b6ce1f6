"""What the Saliency page says of a map, with its numbers."""

from __future__ import annotations

import html

import numpy as np

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.silence import silence
from nnviz.pages.session import Session


def minus(text: str) -> str:
    """Hyphens before numbers as true minus signs."""
    return text.replace("-", "\u2212")


def sentence(name: str, method: SaliencyMethod, attribution: Attribution, signed: bool, cause: str = "") -> str:
    """What one sees, with the numbers of the map; `cause` is why it may be zero everywhere."""
    name, title, signed = html.escape(name), method.title, signed and method.signed
    values = attribution.over_image(magnitude=not signed)
    what = method.what.rstrip(".")
    what = what[0].lower() + what[1:]
    if not values.any():
        return f"{title} is zero everywhere: no pixel speaks for {name}, none against. {cause}".rstrip()
    row, column = (int(i) for i in np.unravel_index(np.abs(values).argmax(), values.shape))
    colours = "bright is much, black nothing"
    number = minus(f"{values[row, column]:.3g}")
    if signed:
        colours = f"orange speaks for {name}, blue against"
        number = minus(f"{values[row, column]:+.3g}")
    return (
        f"{title} gives the most to row {row}, column {column}: {number}, where the logit of {name} is "
        f"{minus(f'{attribution.score:.1f}')}. It shows {what}; {colours}."
    )


def cause_of_zero(current: Session) -> str:
    """The likely cause of a map that is zero everywhere, with the count of units that let nothing through."""
    if not current.fitted.image.any():
        return "Every pixel of the picture is 0, and what is multiplied by the picture is 0 too."
    found = silence(current.network, current.trace)
    if found is None:
        return ""
    layer = html.escape(found.layer)
    where = f"{layer}, the last hidden layer," if found.last else layer
    if found.limited and found.limited >= found.zero:
        return (
            f"Likely cause: {found.limited} of {found.total} units of {where} are at their limit on this picture, "
            "where the activation is flat."
        )
    if found.zero:
        return (
            f"Likely cause: {found.zero} of {found.total} units of {where} are zero on this picture; "
            "a ReLU that is off passes nothing back."
        )
    return f"No unit of {where} is off, so the score does not depend on the pixels, or ever so little."
