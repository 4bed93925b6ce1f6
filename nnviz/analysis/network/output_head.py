"""The answer of a network: which activation it ends with, and the class scores before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import keras
import tensorflow as tf

from nnviz.analysis.network.scope_names import compilable
from nnviz.errors import NnvizError

if TYPE_CHECKING:
    from nnviz.analysis.network.step import Step

LOGITS = "/logits"
"""Name of the class scores in `Graph.run`: (n, classes), before softmax or sigmoid. Keras allows no slash in the name
of a layer, so none is called like what stands here."""

PROBABILITIES = "/probabilities"
"""Name of the answer in `Graph.run`: (n, classes), in 0..1."""

_SHAPE_ONLY = ("Flatten", "Reshape", "Dropout", "Identity")

ACTIVATED_LAST = (
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
"""Layers with weights whose activation is the last thing that they do, so that it can be split off."""


def split_output_head(steps: list[Step], output: keras.KerasTensor) -> tuple[str, keras.KerasTensor]:
    """Find the class scores: the tensor before the last softmax or sigmoid.

    A fused activation is taken apart: the layer's linear twin shares its weights and makes the logits,
    and the activation alone stands where the layer stood, so that every method differentiates the same.

    Args:
        steps: of the whole graph; a fused last one is replaced by the two that it is taken apart into.
        output: of the model.

    Returns:
        What the last activation is (see `Graph.output_head`), and the class scores.
    """
    at = len(steps) - 1
    while at >= 0 and type(steps[at].layer).__name__ in _SHAPE_ONLY:
        at -= 1
    if at < 0:
        return "raw", output
    step = steps[at]
    kind: str | None = _squashing(step.layer)
    if kind is None:
        return "raw", output
    shape = step.outputs[0].shape[1:]
    axes = {axis % len(shape) for axis in _softmax_axes(step.layer)}
    if kind == "softmax" and any(size != 1 for i, size in enumerate(shape) if i not in axes):
        raise NnvizError(
            "One softmax over all classes was expected as the answer. "
            f"Received: a softmax over one axis of {tuple(shape)} in {step.name}."
        )
    count = 1
    for size in shape:
        count *= size or 1
    if kind == "sigmoid" and count == 1:
        kind = "binary"
    if not getattr(step.layer, "weights", ()):
        return kind, step.inputs[0]
    scores = keras.KerasTensor(step.outputs[0].shape, dtype=step.outputs[0].dtype)
    twin = replace(step, name=LOGITS, call=linear_twin(step.layer), outputs=(scores,))
    activation = keras.layers.Activation(step.layer.activation, dtype=step.layer.dtype_policy)
    steps[at : at + 1] = [twin, replace(step, call=activation, args=(scores,), kwargs={})]
    return kind, scores


def finish(name: str, answer: str, value: Any) -> Any:
    """What is fetched as `name`: class scores as (n, classes), probabilities made from them, all else as it is."""
    if name not in (LOGITS, PROBABILITIES):
        return value
    logits = tf.cast(tf.reshape(value, (tf.shape(value)[0], -1)), tf.float32)
    if answer == "binary":
        logits = tf.concat([tf.zeros_like(logits), logits], axis=1)
    if name == LOGITS:
        return logits
    return tf.sigmoid(logits) if answer == "sigmoid" else tf.nn.softmax(logits)


def _squashing(layer: Any) -> Literal["softmax", "sigmoid"] | None:
    """Which of the two a layer ends with, if any."""
    if isinstance(layer, keras.layers.Softmax) or type(layer).__name__ == "Softmax":
        return "softmax"
    activation = getattr(layer, "activation", None)
    if getattr(layer, "weights", ()) and not isinstance(layer, ACTIVATED_LAST):
        return None  # a recurrent layer, say, uses its activation within
    if activation is keras.activations.softmax:
        return "softmax"
    if activation is keras.activations.sigmoid or type(layer).__name__ == "Sigmoid":
        return "sigmoid"
    return None


def _softmax_axes(layer: Any) -> tuple[int, ...]:
    """The axes that a softmax runs over, without the batch axis."""
    axis = getattr(layer, "axis", -1)
    axes = axis if isinstance(axis, list | tuple) else (-1 if axis is None else axis,)
    return tuple(i - 1 if i > 0 else i for i in axes)


def linear_twin(layer: Any) -> Any:
    """The same layer without its activation, on the same weights."""
    # Not copy.copy: Keras answers it by saving and loading the layer, which makes new weights.
    twin = object.__new__(type(layer))
    own = {"activation": keras.activations.linear, "_inbound_nodes": [], "_outbound_nodes": []}
    twin.__dict__.update(vars(layer) | own)
    return compilable(twin)
