"""Batch normalisations worked into the layers before them, for scores and for gradients of the input.

At inference a batch normalisation is y = z * scale + shift, channel by channel. Behind a linear layer, z = W x + b, it
is W' = W * scale, b' = b * scale + shift: one step instead of two, the same numbers but for rounding (Jacob et al.
2018, arXiv:1712.05877, section 3.2). Where a rounding opens or closes a unit at the kink of its activation, a gradient
differs by that unit's part, as it does between any two float32 runs that round otherwise. What such a layer makes is
not what it would show, so one that is looked at, changed or fed is never folded.

The folded weights are tensors handed to the compiled functions. The network's own are only read; and unless they are
fixed, they are looked at before each call, so that new ones count (a model that is trained on, a copy whose weights are
shuffled).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from nnviz.analysis.network.weights import quantised

if TYPE_CHECKING:
    from nnviz.analysis.network.step import Step

Tensor = Any

KERNELS = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
"""Layers with one kernel."""
SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)
_FLOATS = ("float32", "float64")
"""In half precision a folded weight is rounded otherwise than the two that it is made of."""


@dataclass(frozen=True, eq=False)
class Pair:
    """A linear layer, and the batch normalisation that reads it, and it alone."""

    linear: Step
    normalisation: Step

    @property
    def layer(self) -> Any:
        return self.linear.layer

    def folded(self) -> tuple[Tensor, Tensor]:
        """Kernel and bias of both as one, from their present weights."""
        layer = self.layer
        kernel, bias = getattr(layer, kernel_name(layer)), layer.bias if layer.use_bias else None
        return folded(tf.convert_to_tensor(kernel), bias, self.normalisation.layer, layer)

    def specs(self) -> tuple[tf.TensorSpec, tf.TensorSpec]:
        layer = self.layer
        channels = self.linear.outputs[0].shape[-1]
        kernel = getattr(layer, kernel_name(layer))
        return tf.TensorSpec(kernel.shape, layer.compute_dtype), tf.TensorSpec((channels,), layer.compute_dtype)

    def call(self, kernel: Tensor, bias: Tensor) -> Callable[..., Any]:
        """What computes the linear layer and the normalisation behind it."""
        twin, dtype = with_kernel(self.layer, kernel), self.layer.compute_dtype
        # Not the twin's own bias: TensorFlow fuses convolution, bias and ReLU where the bias is added so.
        return lambda x, **_: tf.nn.bias_add(twin.call(tf.cast(x, dtype)), bias)


class Folding:
    """What can be folded in a graph, and the folded weights as they are now.

    Args:
        steps: of the graph.
        logits: its class scores, which stay as they are.
        fixed: whether nobody assigns to its weights.
    """

    def __init__(self, steps: Sequence[Step], logits: keras.KerasTensor, fixed: bool) -> None:
        by_name = {step.name: step for step in steps}
        found = [Pair(by_name[name], step) for name, step in behind(steps, logits).items()]
        self.pairs = tuple(pair for pair in found if _exact(pair))
        self._fixed, self._lock = fixed, threading.Lock()
        layers = {id(layer): layer for pair in self.pairs for layer in (pair.layer, pair.normalisation.layer)}
        self._variables = [_variable(weight) for layer in layers.values() for weight in layer.weights]
        self._seen: list[Tensor] = []
        self._places: list[int] = []
        self._weights: list[Tensor] = []

    def specs(self) -> tuple[tf.TensorSpec, ...]:
        """Types of the `weights`."""
        return tuple(spec for pair in self.pairs for spec in pair.specs())

    def calls(self, weights: Sequence[Tensor], touched: Set[str]) -> dict[str, Callable[..., Any]]:
        """By name, what computes each step of the pairs that nobody touches, as `Graph.run` takes it."""
        found: dict[str, Callable[..., Any]] = {}
        for pair, kernel, bias in zip(self.pairs, weights[::2], weights[1::2], strict=True):
            if not {pair.linear.name, pair.normalisation.name} & touched:
                found[pair.linear.name] = pair.call(kernel, bias)
                found[pair.normalisation.name] = lambda x, **_: x
        return found

    def weights(self) -> list[Tensor]:
        """Kernel, bias, kernel, bias ... of all pairs; made anew where the network's own weights are others by now."""
        if not self.pairs or (self._fixed and self._weights):
            return self._weights
        with self._lock:
            seen = [tf.raw_ops.ReadVariableOp(resource=each.handle, dtype=each.dtype) for each in self._variables]
            # An assignment, or a step of training, puts another array in a variable's place, and the one that is kept
            # here cannot be reused meanwhile: the same address is the same weights.
            places = [np.frombuffer(tensor, np.uint8).ctypes.data for tensor in seen]
            if places != self._places:
                self._weights = [tensor for pair in self.pairs for tensor in pair.folded()]
                self._seen, self._places = seen, places
            return self._weights


def behind(steps: Sequence[Step], logits: keras.KerasTensor) -> dict[str, Step]:
    """By the name of a linear layer, the batch normalisation over its channels that alone reads it."""
    readers = Counter(each for step in steps for each in {id(tensor) for tensor in step.inputs})
    producers = {id(tensor): step for step in steps for tensor in step.outputs}
    found = {}
    for step in steps:
        before = producers.get(id(step.inputs[0])) if step.inputs else None
        if type(step.layer) is not keras.layers.BatchNormalization or before is None:
            continue
        layer = before.layer
        linear = getattr(before.call, "activation", None) in (None, keras.activations.linear)
        alone = readers[id(before.outputs[0])] == 1
        last = step.layer.axis in (-1, len(step.outputs[0].shape) - 1)
        known = type(layer) in (*KERNELS, *SEPARABLE) and getattr(layer, "data_format", None) != "channels_first"
        if known and linear and alone and last and before.outputs[0] is not logits:
            found[before.name] = step
    return found


def _exact(pair: Pair) -> bool:
    """Whether the folded pair is exact but for rounding, and its weights can be watched."""
    layers = (pair.layer, pair.normalisation.layer)
    types = {kind for layer in layers for kind in (layer.compute_dtype, layer.variable_dtype)}
    plain = not getattr(pair.layer, "lora_enabled", False) and not quantised(pair.layer)
    # Weights on another device would be fetched to be watched.
    near = all("GPU" not in _variable(weight).device for layer in layers for weight in layer.weights)
    return plain and near and len(types) == 1 and types <= set(_FLOATS)


def _variable(weight: Any) -> Any:
    return weight.value if isinstance(weight, keras.Variable) else weight


def kernel_name(layer: Any) -> str:
    """The attribute of the last kernel of a layer."""
    return next((name for name in ("pointwise_kernel", "_kernel", "kernel") if name in vars(layer)), "_kernel")


def with_kernel(layer: Any, kernel: Tensor) -> Any:
    """The same layer without bias and activation, on another (last) kernel."""
    twin = object.__new__(type(layer))
    own = {kernel_name(layer): kernel, "bias": None, "use_bias": False, "activation": None, "lora_enabled": False}
    if quantised(layer):
        own["_dtype_policy"] = keras.DTypePolicy("float32")
    twin.__dict__.update(vars(layer) | own)
    return twin


def scale_and_shift(layer: Any) -> tuple[Any, Any]:
    """A batch normalisation, or a scaling of the input, as x * scale + shift."""
    if isinstance(layer, keras.layers.Rescaling):
        return tf.constant(layer.scale, tf.float32), tf.constant(layer.offset, tf.float32)
    if isinstance(layer, keras.layers.Normalization):
        deviation = tf.maximum(tf.sqrt(tf.cast(layer.variance, tf.float32)), keras.config.epsilon())
        if layer.invert:
            return deviation, tf.cast(layer.mean, tf.float32)
        return 1 / deviation, -tf.cast(layer.mean, tf.float32) / deviation
    scale = tf.math.rsqrt(tf.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale *= tf.convert_to_tensor(layer.gamma)
    shift = -tf.convert_to_tensor(layer.moving_mean) * scale
    return scale, shift + tf.convert_to_tensor(layer.beta) if layer.center else shift


def folded(kernel: Any, bias: Any, after: Any, layer: Any) -> tuple[Any, Any]:
    """Kernel and bias of a layer and the batch normalisation behind it as one."""
    if after is None:
        return kernel, bias
    scale, shift = scale_and_shift(after)
    spread = scale
    if isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D):
        spread = tf.reshape(scale, tf.shape(kernel)[-2:])
    elif "Transpose" in type(layer).__name__:
        spread = tf.reshape(scale, (-1, 1))
    return kernel * spread, shift if bias is None else shift + tf.convert_to_tensor(bias) * scale
