"""The floor of each job: the least compiled work that it needs, in plain Keras and TensorFlow, without nnviz.

For networks that end in a Dense layer with a softmax. Each floor takes arrays that are ready, makes one call
of one `tf.function`, and fetches what it found to numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Floor = Callable[[], object]


def floors(
    model: keras.Model, image: np.ndarray, forwards: Mapping[str, int], last_maps: str | None
) -> Mapping[str, Floor]:
    """The floors by the name of the job.

    Args:
        model: with a Dense softmax as its last layer.
        image: (H, W, C) float32, as the model takes it.
        forwards: how many copies a method without gradients looks at, by its name.
        last_maps: the layer whose maps Grad-CAM and its like weigh, or None.
    """
    one, many = image[None], np.repeat(image[None], 25, axis=0)
    copies = {name: np.repeat(image[None], count, axis=0) for name, count in forwards.items()}
    last = model.layers[-1]
    start, tensors = _tensors(model)
    body = keras.Model(start, tensors[-2])
    all_outputs = keras.Model(start, tensors)

    def head(features: Any) -> Any:
        return features @ last.kernel + last.bias

    @tf.function
    def forward(images: Any) -> Any:
        return tf.reduce_max(head(body(images, training=False)), axis=1)

    @tf.function
    def everything(images: Any) -> Any:
        return all_outputs(images, training=False)

    @tf.function
    def gradient(images: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = tf.reduce_max(head(body(images, training=False)), axis=1)
        return tape.gradient(score, images)

    @tf.function
    def mean_gradient(images: Any) -> Any:
        return tf.reduce_mean(gradient(images), axis=0)

    @tf.function
    def gradient_variance(images: Any) -> Any:
        return tf.math.reduce_variance(gradient(images), axis=0)

    def expected_gradients() -> object:
        """50 gradients, and the scores of the 50 references."""
        return [(mean_gradient(tf.constant(many)).numpy(), forward(tf.constant(many)).numpy()) for _ in range(2)]

    found: dict[str, Floor] = {
        "trace": lambda: [output.numpy() for output in everything(tf.constant(one))],
        "gradient": lambda: gradient(tf.constant(one)).numpy(),
        "gradient-x-input": lambda: gradient(tf.constant(one)).numpy(),
        "smoothgrad": lambda: mean_gradient(tf.constant(many)).numpy(),
        "integrated-gradients": lambda: mean_gradient(tf.constant(many)).numpy(),
        "vargrad": lambda: gradient_variance(tf.constant(many)).numpy(),
        "expected-gradients": expected_gradients,
        "guided-backpropagation": lambda: gradient(tf.constant(one)).numpy(),
        "deconvnet": lambda: gradient(tf.constant(one)).numpy(),
    }
    for name in forwards:
        found[name] = lambda images=copies[name]: _in_parts(forward, images)
    if last_maps is not None:
        names = [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        cut = tensors[names.index(last_maps)]
        front, back = keras.Model(start, cut), keras.Model(cut, tensors[-2])

        @tf.function
        def maps(images: Any) -> Any:
            return front(images, training=False)

        @tf.function
        def grad_cam(images: Any) -> Any:
            found_maps = front(images, training=False)
            with tf.GradientTape() as tape:
                tape.watch(found_maps)
                score = tf.reduce_max(head(back(found_maps, training=False)), axis=1)
            weights = tf.reduce_mean(tape.gradient(score, found_maps), axis=(1, 2), keepdims=True)
            return tf.nn.relu(tf.reduce_sum(weights * found_maps, axis=3))

        @tf.function
        def first_component(images: Any) -> Any:
            found_maps = front(images, training=False)
            flat = tf.cast(tf.reshape(found_maps, (-1, found_maps.shape[-1])), tf.float64)
            wide = found_maps.shape[-1] > found_maps.shape[1] * found_maps.shape[2]
            values, vectors = tf.linalg.eigh(tf.matmul(flat, flat, transpose_a=not wide, transpose_b=wide))
            first = vectors[:, -1]
            return first * tf.sqrt(values[-1]) if wide else tf.linalg.matvec(flat, first)

        for name in ("grad-cam", "grad-cam++", "layer-cam"):
            found[name] = lambda: grad_cam(tf.constant(one)).numpy()
        found["eigen-cam"] = lambda: first_component(tf.constant(one)).numpy()
        if "score-cam" in forwards:
            # The masks are made of the maps, so that those come from a pass before.
            masked = copies["score-cam"][1:]
            found["score-cam"] = lambda: (maps(tf.constant(one)).numpy(), _in_parts(forward, masked))
    return found


def _tensors(model: keras.Model) -> tuple[Any, list[Any]]:
    """The symbolic input, and every layer's symbolic output in order."""
    if not isinstance(model, keras.Sequential):
        return model.inputs[0], [layer.output for layer in model.layers[1:]]
    # The tensors that a Sequential keeps are not all of one graph: it is wired anew for every layer added.
    start = keras.Input(model.input_shape[1:])
    tensors = [start]
    for layer in model.layers:
        tensors.append(layer(tensors[-1]))
    return start, tensors[1:]


def _in_parts(function: Any, images: np.ndarray, most: int = 2**22) -> np.ndarray:
    """All images in one batch where they are small, else in parts (27 of 224x224x3)."""
    size = max(1, most // images[0].size)
    return np.concatenate([function(tf.constant(images[at : at + size])).numpy() for at in range(0, len(images), size)])
