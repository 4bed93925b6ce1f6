"""Grad-CAM: which places of a layer's feature maps speak for a score."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nnviz.analysis.attribution.cam import GradientCam


class GradCam(GradientCam):
    """ReLU(sum over k of w_k A_k), w_k the mean over the map of d score / d A_k, laid over the image.

    A is by default the last convolution, after its normalisation and activation, and what its block is merged into.
    """

    name = "grad-cam"
    title = "Grad-CAM"
    paper = "Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks, arXiv:1610.02391"
    what = "Where the maps of one layer, weighted by what they do for the score, are strong."

    def places(self, maps: Any, gradient: Any) -> Any:
        return tf.reduce_sum(tf.reduce_mean(gradient, axis=(1, 2), keepdims=True) * maps, axis=3)
