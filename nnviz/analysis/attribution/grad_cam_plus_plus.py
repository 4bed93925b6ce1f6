"""Grad-CAM++: Grad-CAM whose weights count the places that speak for a score, however small they are."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nnviz.analysis.attribution.cam import GradientCam


class GradCamPlusPlus(GradientCam):
    """ReLU(sum over k of w_k A_k), w_k = sum over places of a * ReLU(g), g = d score / d A_k at the place.

    a = g^2 / (2 g^2 + g^3 * sum of A_k), 0 where g is 0: the paper's second and third derivatives of exp(score),
    its piecewise linear case. Its factor exp(score), the same for all maps, is left out: it scales the picture only,
    and overflows.
    """

    name = "grad-cam++"
    title = "Grad-CAM++"
    paper = "Chattopadhyay et al. 2018, Grad-CAM++: Improved Visual Explanations, arXiv:1710.11063"
    what = "As Grad-CAM, but only the places that speak for the score weigh a map, and small ones count as large ones."

    def places(self, maps: Any, gradient: Any) -> Any:
        # Divided by g^2, which a small g squared would make 0: only places where g > 0 count.
        alpha = tf.math.divide_no_nan(1.0, 2.0 + gradient * tf.reduce_sum(maps, axis=(1, 2), keepdims=True))
        weights = tf.reduce_sum(alpha * tf.nn.relu(gradient), axis=(1, 2), keepdims=True)
        return tf.reduce_sum(weights * maps, axis=3)
