"""What the Saliency page says of a map, with its numbers."""

from __future__ import annotations

import html

import numpy as np

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.attribution.cam import Cam
from nnviz.analysis.silence import Silence, silence
from nnviz.pages.session import Session

_HIDE = ("occlusion", "rise", "kernel-shap", "score-cam")
_NOISY = ("smoothgrad", "vargrad")


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


def cause_of_zero(current: Session, method: SaliencyMethod) -> str:
    """The likely cause of a map that is zero everywhere: the picture, units that let nothing through, or what the
    method cuts off."""
    if cause := _of_the_picture(current.fitted.image, method):
        return cause
    found = silence(current.network, current.trace)
    if found is not None and found.limited and found.limited >= found.zero:
        return (
            f"Likely cause: {found.limited} of {found.total} units of {_where(found)} are at their limit on this "
            "picture, where the activation is flat."
        )
    if isinstance(method, Cam) and (found is None or found.zero < found.total):
        name = html.escape(current.class_name(current.class_index))
        return f"Likely cause: it cuts off what speaks against, and at no place of its layer more speaks for {name}."
    if found is None:
        return ""
    if found.zero:
        return (
            f"Likely cause: {found.zero} of {found.total} units of {_where(found)} are zero on this picture; "
            "a ReLU that is off passes nothing back."
        )
    return f"No unit of {_where(found)} is off, so the score does not depend on the pixels, or ever so little."


def _where(found: Silence) -> str:
    layer = html.escape(found.layer)
    return f"{layer}, the last hidden layer," if found.last else layer


def _of_the_picture(image: np.ndarray, method: SaliencyMethod) -> str:
    """What a picture without contrast leaves of a method that weighs it, hides parts of it, or adds noise to it."""
    if np.ptp(image):
        return ""
    if method.name in _HIDE:
        return "The whole picture is of one colour: what is put in the place of a hidden part looks as it did."
    if method.name in _NOISY:
        return "The whole picture is of one colour: the noise is a share of its range, which is 0."
    if not image.any():
        return "Every pixel of the picture is 0, and what is multiplied by the picture is 0 too."
    return ""
