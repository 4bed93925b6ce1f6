"""Why an attribution map is zero everywhere, in words."""

from __future__ import annotations

import numpy as np

from nnviz.analysis.attribution import SaliencyMethod
from nnviz.analysis.attribution.cam import Cam
from nnviz.analysis.attribution.eigen_cam import EigenCam
from nnviz.analysis.evidence.dead_units import DeadUnits, find_dead_units
from nnviz.shell.session import Session

_HIDE = ("occlusion", "rise", "kernel-shap", "score-cam")
_NOISY = ("smoothgrad", "vargrad")


def cause_of_zero(session: Session, method: SaliencyMethod) -> str:
    """The likely cause of a map that is zero everywhere: the picture, units that let nothing through, or what the
    method cuts off."""
    if cause := _of_the_picture(session.fitted.image, method):
        return cause
    found = find_dead_units(session.network, session.trace, session.target_words.target)
    if found is not None and not found.live:
        if found.limited >= found.zero:
            return (
                f"Likely cause: {_where(session, found)} at {_THEIR[found.total > 1]} limit on this picture, where "
                + ("the activation is flat.")
            )
        return f"Likely cause: {_where(session, found)} zero on this picture; a ReLU that is off passes nothing back."
    if isinstance(method, Cam) and not isinstance(method, EigenCam):
        name = session.target_name
        return f"Likely cause: it cuts off what speaks against, and at no place of its layer more speaks for {name}."
    if method.name == "vargrad":
        return "Likely cause: the gradient is the same on every noisy copy: so near, the score is linear in the pixels."
    if found is None:
        return ""
    return (
        f"{found.live} of {found.total} units of {found.layer} pass something back, so it is not that "
        "they are off: the score does not depend on the pixels, or ever so little."
    )


_THEIR = ("its", "their")


def _where(session: Session, found: DeadUnits) -> str:
    """The units that let nothing through, with their verb."""
    layer = found.layer
    if found.explained:
        name = session.target_name
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
