"""What the Saliency page says of a map, with its numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnviz.analysis.attribution import Attribution, SaliencyMethod
from nnviz.analysis.attribution.cam import Cam
from nnviz.analysis.attribution.eigen_cam import EigenCam
from nnviz.analysis.silence import Silence, silence
from nnviz.pages.explained import Explained
from nnviz.pages.session import Session

_HIDE = ("occlusion", "rise", "kernel-shap", "score-cam")
_NOISY = ("smoothgrad", "vargrad")


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
    name, title, signed = html.escape(explained.name), method.title, signed and method.signed
    values = attribution.over_image(magnitude=not signed)
    what = method.reading(parameters).rstrip(".")
    what = what[0].lower() + what[1:]
    if not values.any():
        nothing = f"no pixel speaks for {name}, none {html.escape(explained.against)}"
        if not method.signed:
            nothing = f"no place stands out for {name}"
        return f"{title} is zero everywhere: {nothing}. {cause}".rstrip()
    row, column = (int(i) for i in np.unravel_index(np.abs(values).argmax(), values.shape))
    colours = "bright is much, black nothing"
    number = minus(f"{values[row, column]:.3g}")
    if signed:
        colours = f"orange speaks for {name}, blue {html.escape(explained.against)}"
        number = minus(f"{values[row, column]:+.3g}")
    return (
        f"{title} gives the most to row {row}, column {column}: {number}, where {html.escape(explained.score)} is "
        f"{minus(f'{attribution.score:.1f}')}. It shows {what}; {colours}."
    )


def sums(explained: Explained, method: SaliencyMethod, parameters: Mapping[str, Any], attribution: Attribution) -> str:
    """What the map adds up to, and what it should: HTML; nothing where the method promises no sum."""
    if attribution.adds_up_to is None or attribution.gap is None:
        return ""
    lrp = method.name == "lrp"
    less = {"lrp": "", "expected-gradients": ", less its mean over the references,"}
    whole = html.escape(explained.score) + less.get(method.name, ", less its value on the baseline,")
    kept = ""
    if lrp and parameters.get("rule") == "epsilon" and abs(attribution.gap) > 1e-3 * abs(attribution.adds_up_to):
        kept = ", kept by the biases" + (" and by epsilon" if parameters.get("epsilon") else "")
    return (
        f"<b>{'Conservation' if lrp else 'Completeness'}</b>: the map adds up to "
        f"{minus(f'{attribution.values.sum():.3f}')}; {whole} is {minus(f'{attribution.adds_up_to:.3f}')}; "
        f"gap {minus(f'{attribution.gap:+.3f}')}{kept}."
    )


def cause_of_zero(current: Session, method: SaliencyMethod) -> str:
    """The likely cause of a map that is zero everywhere: the picture, units that let nothing through, or what the
    method cuts off."""
    if cause := _of_the_picture(current.fitted.image, method):
        return cause
    found = silence(current.network, current.trace, current.explained.target)
    if found is not None and not found.live:
        if found.limited >= found.zero:
            return (
                f"Likely cause: {_where(current, found)} at {_THEIR[found.total > 1]} limit on this picture, where "
                + ("the activation is flat.")
            )
        return f"Likely cause: {_where(current, found)} zero on this picture; a ReLU that is off passes nothing back."
    if isinstance(method, Cam) and not isinstance(method, EigenCam):
        name = html.escape(current.target_name)
        return f"Likely cause: it cuts off what speaks against, and at no place of its layer more speaks for {name}."
    if method.name == "vargrad":
        return "Likely cause: the gradient is the same on every noisy copy: so near, the score is linear in the pixels."
    if found is None:
        return ""
    return (
        f"{found.live} of {found.total} units of {html.escape(found.layer)} pass something back, so it is not that "
        "they are off: the score does not depend on the pixels, or ever so little."
    )


_THEIR = ("its", "their")


def _where(current: Session, found: Silence) -> str:
    """The units that let nothing through, with their verb."""
    layer = html.escape(found.layer)
    if found.explained:
        name = html.escape(current.target_name)
        return f"{name} is" if found.total == 1 else f"all {found.total} cells of {name} are"
    where = f"{layer}, the last hidden layer," if found.last else layer
    return f"all {found.total} units of {where} are" if found.total > 1 else f"the one unit of {where} is"


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
