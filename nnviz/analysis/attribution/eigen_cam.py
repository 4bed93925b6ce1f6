"""Eigen-CAM: the first principal component of a layer's feature maps, whatever the class."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import Steps
from nnviz.analysis.attribution.cam import Cam, from_maps, upsampled
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress


class EigenCam(Cam):
    """ReLU(A v), A the maps as (places, channels), v the first right singular vector of A (not centred).

    A singular vector has no sign of its own: it is chosen so that the mean of A v is positive.
    """

    name = "eigen-cam"
    title = "Eigen-CAM"
    paper = "Muhammad and Yeasin 2020, Eigen-CAM: Class Activation Map using Principal Components, arXiv:2008.00299"
    what = "Where most of the strength of a layer's maps lies; it asks for no class, so it is the same for all."

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        def made(maps: Any, size: Any) -> Any:
            places = tf.nn.relu(first_component(maps))
            return upsampled(tf.cast(places, tf.float32)[None, ..., None], size)[0, ..., 0]

        values, score, target = from_maps(network, image, parameters["layer"], target, self.name, made)
        yield Progress(1, 1)
        return self.finished(values, target, score)


def first_component(maps: Any) -> Any:
    """In the graph: maps (h, w, channels) projected on their first right singular vector, the mean positive, (h, w)."""
    maps = tf.convert_to_tensor(maps)
    shape, known = tf.shape(maps), maps.shape.as_list()
    flat = tf.cast(tf.reshape(maps, (-1, shape[2])), tf.float64)
    # Of the two Gram matrices the smaller one: 32x32 for 32 maps of 112x112, 49x49 for 1,280 of 7x7.
    wide = None not in known and known[2] > known[0] * known[1]
    values, vectors = tf.linalg.eigh(tf.linalg.matmul(flat, flat, transpose_a=not wide, transpose_b=wide))
    first = vectors[:, -1]
    found = first * tf.sqrt(tf.maximum(values[-1], 0)) if wide else tf.linalg.matvec(flat, first)
    return tf.reshape(tf.where(tf.reduce_mean(found) < 0, -found, found), shape[:2])
