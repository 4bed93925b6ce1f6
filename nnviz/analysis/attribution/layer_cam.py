"""LayerCAM: each cell of a feature map weighted by its own gradient, so that early layers can be read too."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nnviz.analysis.attribution.cam import GradientCam


class LayerCam(GradientCam):
    """ReLU(sum over k of ReLU(d score / d A_k) * A_k), place by place."""

    name = "layer-cam"
    title = "LayerCAM"
    paper = "Jiang et al. 2021, LayerCAM: Exploring Hierarchical Class Activation Maps, IEEE TIP 30"
    what = "Where a layer's maps are strong and more of them would raise the score, each cell weighed by itself."

    def places(self, maps: Any, gradient: Any) -> Any:
        return tf.reduce_sum(tf.nn.relu(gradient) * maps, axis=3)
