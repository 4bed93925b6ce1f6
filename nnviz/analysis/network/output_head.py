"""The answer of a network: which activation it ends with, and the class scores before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import keras

from nnviz.analysis.network.scope_names import compilable

if TYPE_CHECKING:
    from nnviz.analysis.network.step import Step

LOGITS = "/logits"
"""Name of the class scores in `Graph.run`: (n, classes), before softmax or sigmoid. Keras allows no slash in the name
of a layer, so none is called like what stands here."""

PROBABILITIES = "/probabilities"
"""Name of the answer in `Graph.run`: (n, classes), in 0..1; of numbers those themselves."""

Activation = Literal["softmax", "sigmoid", "log_softmax", "raw"]
_ACTIVATIONS: dict[str, Activation] = {"Softmax": "softmax", "Sigmoid": "sigmoid", "LogSoftmax": "log_softmax"}

_LOOKED_THROUGH = (
    *("Flatten", "Reshape", "Ravel", "Squeeze", "ExpandDims", "Identity", "Copy", "Cast", "StopGradient"),
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
    *("GaussianDropout", "GaussianNoise", "ActivityRegularization"),
)
"""Layers and operations that leave the numbers as they are outside training, in another shape or type at most."""

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


@dataclass(frozen=True, eq=False)
class OutputHead:
    """How a graph ends, as its structure says.

    Attributes:
        activation: the last one, where it makes probabilities; "raw" where none does.
        scores: what it is of; of "raw" what it leaves.
        shape: of `scores` without the batch axis, None where free.
        linear: whether a layer with weights ends it, without an activation: anything may come out.
        squashed: whether all that the output is made of are sigmoids, put together without weights.
    """

    activation: Activation
    scores: keras.KerasTensor
    shape: tuple[int | None, ...]
    linear: bool = False
    squashed: bool = False


def split_output_head(steps: list[Step], output: keras.KerasTensor) -> OutputHead:
    """Find the class scores: the tensor before the last softmax or sigmoid.

    A fused activation is taken apart: the layer's linear twin shares its weights and makes the logits,
    and the activation alone stands where the layer stood, so that every method differentiates the same.

    Args:
        steps: of the whole graph; a fused last one is replaced by the two that it is taken apart into.
        output: of the model.
    """
    producers = {id(tensor): step for step in steps for tensor in step.outputs}
    step = producers.get(id(output))
    while step is not None and len(step.inputs) == 1 and _looked_through(step.layer):
        step = producers.get(id(step.inputs[0]))
    kind = None if step is None else activation_of(step.layer)
    if step is None or kind is None or not _along_last(step, kind):
        linear = step is not None and bool(getattr(step.layer, "weights", ())) and _linear(step.layer)
        return OutputHead("raw", output, tuple(output.shape[1:]), linear, _squashed(producers, output))
    # What was flattened behind it is no longer told apart; nor are the classes of a softmax in another shape.
    own = step.outputs[0]
    shaped = len(output.shape) > 2 and (kind == "sigmoid" or output.shape[-1] == own.shape[-1])
    seen = output if shaped else own
    if not getattr(step.layer, "weights", ()):
        return OutputHead(kind, step.inputs[0], tuple(seen.shape[1:]))
    scores = keras.KerasTensor(step.outputs[0].shape, dtype=step.outputs[0].dtype)
    twin = replace(step, name=LOGITS, call=linear_twin(step.layer), outputs=(scores,))
    # Not its policy: that of a quantised layer is for layers with weights.
    activation = keras.layers.Activation(step.layer.activation, dtype=step.layer.compute_dtype)
    at = steps.index(step)
    steps[at : at + 1] = [twin, replace(step, call=activation, args=(scores,), kwargs={})]
    return OutputHead(kind, scores, tuple(seen.shape[1:]))


def activation_of(layer: Any) -> Activation | None:
    """Which of those that make probabilities a layer, or an operation, ends with, if any."""
    kind = type(layer).__name__
    if kind in ("Softmax", "Sigmoid", "LogSoftmax") and type(layer).__module__.startswith("keras."):
        return _ACTIVATIONS[kind]
    if getattr(layer, "weights", ()) and not isinstance(layer, ACTIVATED_LAST):
        return None  # a recurrent layer, say, uses its activation within
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    found = getattr(keras.activations, name, None) if name in _ACTIVATIONS.values() else None
    return name if found is not None and layer.activation is found else None  # type: ignore[return-value]


def _looked_through(layer: Any) -> bool:
    kind = type(layer)
    if not kind.__module__.startswith("keras."):
        return False
    identity = kind.__name__ == "Activation" and layer.activation is keras.activations.linear
    return identity or kind.__name__ in _LOOKED_THROUGH


def _linear(layer: Any) -> bool:
    return getattr(layer, "activation", None) in (None, keras.activations.linear)


def _along_last(step: Step, kind: Activation) -> bool:
    """Whether the classes of a softmax stand along the last axis, or all others have one cell."""
    if kind == "sigmoid":
        return True
    shape = step.outputs[0].shape[1:]
    axes = {axis % len(shape) for axis in _softmax_axes(step.layer)}
    return axes == {len(shape) - 1} or all(size == 1 for at, size in enumerate(shape) if at not in axes)


def _squashed(producers: Mapping[int, Step], output: keras.KerasTensor) -> bool:
    """Whether every way back from the output comes to a sigmoid before it comes to weights."""
    open_, met = [output], False
    while open_:
        step = producers.get(id(open_.pop()))
        if step is None:
            return False
        name = getattr(getattr(step.layer, "activation", None), "__name__", "")
        if activation_of(step.layer) == "sigmoid" or name == "hard_sigmoid":
            met = True
        elif getattr(step.layer, "weights", ()):
            return False
        else:
            open_ += step.inputs
    return met


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
