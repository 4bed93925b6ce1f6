"""Attribution methods: a new one is a file here and a line in `METHODS`."""

from __future__ import annotations

from typing import Any

from nnviz.analysis.attribution.base import Attribution, Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.eigen_cam import EigenCam
from nnviz.analysis.attribution.expected_gradients import ExpectedGradients
from nnviz.analysis.attribution.grad_cam import GradCam
from nnviz.analysis.attribution.grad_cam_plus_plus import GradCamPlusPlus
from nnviz.analysis.attribution.gradient import Gradient, GradientTimesInput
from nnviz.analysis.attribution.guided import Deconvnet, GuidedBackpropagation
from nnviz.analysis.attribution.integrated_gradients import IntegratedGradients
from nnviz.analysis.attribution.kernel_shap import KernelShap
from nnviz.analysis.attribution.layer_cam import LayerCam
from nnviz.analysis.attribution.lrp import Lrp
from nnviz.analysis.attribution.occlusion import Occlusion
from nnviz.analysis.attribution.rise import Rise
from nnviz.analysis.attribution.score_cam import ScoreCam
from nnviz.analysis.attribution.smoothgrad import SmoothGrad
from nnviz.analysis.attribution.vargrad import VarGrad
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target, as_target
from nnviz.analysis.network.trace import fitted_to
from nnviz.analysis.progress import Progress, finished
from nnviz.errors import NnvizError

METHODS: tuple[SaliencyMethod, ...] = (
    Gradient(),
    GradientTimesInput(),
    SmoothGrad(),
    IntegratedGradients(),
    GradCam(),
    Lrp(),
    Occlusion(),
    Rise(),
    ExpectedGradients(),
    VarGrad(),
    GradCamPlusPlus(),
    LayerCam(),
    ScoreCam(),
    EigenCam(),
    KernelShap(),
    GuidedBackpropagation(),
    Deconvnet(),
)

FAMILIES: dict[str, str] = {
    "gradients": "Gradients",
    "cam": "CAM",
    "perturbation": "Perturbation",
    "propagation": "Propagation",
}
"""Titles of the families of methods: derivatives at pixels, maps of a layer weighed and added, parts of the picture
hidden, and rules that pass a score back layer by layer."""

__all__ = [
    "FAMILIES",
    "METHODS",
    "Attribution",
    "Parameter",
    "Progress",
    "SaliencyMethod",
    "explain",
    "explaining",
    "method_named",
]


def method_named(name: str) -> SaliencyMethod:
    """The method of that name. Raises NnvizError, listing those there are."""
    for method in METHODS:
        if method.name == name:
            return method
    raise NnvizError(f"A method was expected: {', '.join(m.name for m in METHODS)}. Received: {name!r}.")


def explaining(
    network: Network,
    image: Any,
    method: str = "grad-cam",
    target: Target | int | None = None,
    **parameters: Any,
) -> Steps:
    """The steps of `explain`: iterate them for progress, close them to stop; all arguments are checked at once.

    Raises:
        NnvizError: as `explain`.
    """
    chosen = method_named(method)
    if reason := chosen.unfit(network):
        raise NnvizError(reason)
    declared = {parameter.name: parameter for parameter in chosen.parameters(network)}
    if unknown := sorted(set(parameters) - set(declared)):
        raise NnvizError(
            f"For {method}, the parameters {', '.join(declared) or '(none)'} were expected. "
            f"Received: {', '.join(unknown)}."
        )
    values = {name: declared[name].checked(parameters.get(name, declared[name].default)) for name in declared}
    wanted = as_target(target, network)
    if not wanted.winner and None not in network.image_shape:
        wanted.spread(network)
    return chosen.steps(network, fitted_to(network, image).image, wanted, **values)


def explain(
    network: Network,
    image: Any,
    method: str = "grad-cam",
    target: Target | int | None = None,
    **parameters: Any,
) -> Attribution:
    """Attribute a score to the pixels of an image.

    Args:
        network: as `nnviz.load` gives it.
        image: (H,W), (H,W,1), (H,W,3), uint8 or float; see `nnviz.analysis.image.images.fit`.
        method: name of one of `METHODS`.
        target: a class index, one of `nnviz.targets`, or None for the winner.
        **parameters: of the method, by default as it declares them.

    Raises:
        NnvizError: no such method, class or parameter, a method that does not fit the network, a bad image.
    """
    return finished(explaining(network, image, method, target, **parameters))
