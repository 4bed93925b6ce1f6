"""Guided backpropagation and deconvnet: crisp pictures from another gradient of the ReLU, which prove little."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import SaliencyMethod, Steps
from nnviz.analysis.attribution.rectified import Function, calls, deconvolved, guided, rectifiers
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import differentiate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress

_WARNING = (
    "Not to be believed alone: in the papers' nets it redraws the edges of the image, much the same with random "
    "weights (Adebayo et al. 2018; Nie et al. 2018); Evidence measures it on this one."
)


class _Rectified(SaliencyMethod):
    """d score / d pixel with another gradient for every ReLU (and ReLU6).

    In the papers' nets both fail the randomisation check: Adebayo et al. 2018, Sanity Checks for Saliency Maps,
    arXiv:1810.03292; Nie et al. 2018, A Theoretical Explanation for Perplexing Behaviors of Backpropagation-based
    Visualizations, arXiv:1805.07039, which shows that they recover the image.
    """

    family = "propagation"
    signed = True

    @abstractmethod
    def rule(self, function: Function) -> Function:
        """An activation function with the gradient of this method."""

    def unfit(self, network: Network) -> str:
        if rectifiers(network):
            return ""
        return (
            f"{self.title} changes the gradient of ReLUs, and {network.name} has none: it would be the plain gradient."
        )

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        own = network.compiled((self.name, "calls"), lambda: calls(network, self.rule))
        gradients, score, target = differentiate(network, image[None], target, own, self.name)
        yield Progress(1, 1)
        return self.finished(gradients[0], target, float(score[0]))


class GuidedBackpropagation(_Rectified):
    """At each ReLU the gradient passes where it is positive and the ReLU was open."""

    name = "guided-backpropagation"
    title = "Guided backpropagation"
    paper = "Springenberg et al. 2014, Striving for Simplicity: The All Convolutional Net, arXiv:1412.6806"
    what = f"The gradient along paths that speak for the score only, through open ReLUs. {_WARNING}"

    def rule(self, function: Function) -> Function:
        return guided(function)


class Deconvnet(_Rectified):
    """At each ReLU the gradient passes where it is positive, whether the ReLU was open or not."""

    name = "deconvnet"
    title = "Deconvnet"
    paper = "Zeiler and Fergus 2013, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901"
    what = f"The score sent back through the filters, cut off below 0 at every ReLU. {_WARNING}"

    def rule(self, function: Function) -> Function:
        return deconvolved(function)
