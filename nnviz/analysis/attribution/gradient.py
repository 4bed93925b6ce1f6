"""The gradient of a score with respect to the pixels, and the gradient times the input."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnviz.analysis.attribution.base import SaliencyMethod, Steps
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.passes import differentiate
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class Gradient(SaliencyMethod):
    """d score / d pixel, in the network's own range of input."""

    name = "gradient"
    title = "Gradient"
    paper = "Simonyan et al. 2013, Deep Inside Convolutional Networks, arXiv:1312.6034"
    family = "gradients"
    signed = True
    what = "How much the score would change if a pixel became a little brighter."

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        gradients, score, target = differentiate(network, image[None], target)
        yield Progress(1, 1)
        return self.finished(gradients[0], target, float(score[0]))


class GradientTimesInput(SaliencyMethod):
    """pixel * d score / d pixel: a first guess at what each pixel adds to the score."""

    name = "gradient-x-input"
    title = "Gradient x input"
    paper = "Shrikumar et al. 2016, Not Just a Black Box, arXiv:1605.01713"
    family = "gradients"
    signed = True
    what = "What each pixel adds to the score, were the net linear around this image."

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        gradients, score, target = differentiate(network, image[None], target)
        yield Progress(1, 1)
        return self.finished(gradients[0] * image, target, float(score[0]))
