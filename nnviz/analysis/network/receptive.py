"""How much of the input a unit of each layer sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras

from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.padding import cropping_before, padding_before, reach_of
from nnviz.analysis.network.step import Step

Shape = tuple[int | None, ...]

# Layers whose every output cell reads the one input cell at its own place.
POINTWISE = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Rescaling,
    keras.layers.Normalization,
    keras.layers.Identity,
    keras.layers.ActivityRegularization,
)
_MERGES = (
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Concatenate,
)
_WINDOWS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
)


@dataclass(frozen=True)
class Extent:
    """What position i along one axis of a layer sees of the input: rows (or columns) jump*i+low .. jump*i+high.

    Within start..stop, what the layers before saw at all: a pooling may leave the last row out, and no
    padding behind it brings that row back.
    """

    jump: float = 1.0
    low: float = 0.0
    high: float = 0.0
    start: float = -math.inf
    stop: float = math.inf

    @property
    def size(self) -> int:
        """The most cells that a position sees."""
        return _down(self.high - self.low) + 1

    def span(self, position: int, length: int) -> tuple[int, int]:
        """First and one past the last input index seen from `position`, within an input of `length`."""
        low = _up(max(self.jump * position + self.low, self.start, 0))
        high = _down(min(self.jump * position + self.high, self.stop, length - 1))
        first = min(low, length)
        return first, max(first, high + 1)

    def first(self, position: int) -> int:
        """The first input index seen from `position`, were the input without end: below 0 before the border."""
        return _up(self.jump * position + self.low)

    def middle(self, position: int) -> float:
        """Where the middle of what `position` sees stands on the input, before it is cut off at the border."""
        return self.jump * position + (self.low + self.high) / 2

    def nearest(self, place: float, length: int) -> int:
        """The position, of `length`, that has its middle nearest to a place on the input; of two the first."""
        exact = (place - self.middle(0)) / self.jump
        return min(max(_up(exact - 0.5), 0), length - 1)

    def within(self, length: int | None) -> Extent:
        """The same, for a layer that reads one of `length` positions that see this."""
        last = math.inf if length is None else self.jump * (length - 1) + self.high
        return replace(self, start=max(self.start, self.low), stop=min(self.stop, last))


def _up(value: float) -> int:
    return math.ceil(value - 1e-6)  # thirds of a row do not add up to a whole one exactly


def _down(value: float) -> int:
    return math.floor(value + 1e-6)


Field = tuple[Extent, Extent]
"""Rows and columns of the input that a unit sees; where a layer has no Field, each unit sees it whole."""


def receptive_fields(graph: Graph, sizes: Mapping[str, Shape] | None = None) -> dict[str, Field | None]:
    """What one unit of each layer sees of the input, from kernel sizes, strides, dilations and padding.

    The first and last input cell that the gradient of a unit reaches when no weight is zero. A superset where
    a resampled axis was strided before, and near a padded border behind a dilated kernel, whose taps are apart.

    Args:
        graph: of the network.
        sizes: real output shapes by layer name, needed for exact 'same' padding where the network leaves the
            size of its input open (`Trace.activations` has them).

    Returns:
        By layer name, rows and columns, or None where each unit sees the whole input.
    """

    def size_of(tensor: keras.KerasTensor) -> Shape:
        known = (sizes or {}).get(graph.name_of(tensor))
        return known if known is not None else tuple(tensor.shape[1:])

    whole_input = len(graph.input_shape) < 2
    fields: dict[int, Field | None] = {}
    result: dict[str, Field | None] = {graph.input_name: None if whole_input else (Extent(), Extent())}
    for step in graph.steps:
        sources = [fields.get(id(t), result[graph.input_name]) for t in step.inputs]
        outcome = _through(step, sources, [size_of(t) for t in step.inputs])
        for tensor in step.outputs:
            fields[id(tensor)] = outcome
        result[step.name] = outcome
    return result


def _through(step: Step, sources: list[Field | None], shapes: list[Shape]) -> Field | None:
    layer = step.call  # not step.layer: a split-off activation stands alone
    if not sources or any(source is None for source in sources):
        return None
    known = [source for source in sources if source is not None]
    if isinstance(layer, _MERGES):
        spatial = {shape[:2] for shape in shapes}
        along = getattr(layer, "axis", -1) in (-1, len(shapes[0]))
        return _union(known) if len(spatial) == 1 and along else None
    if isinstance(layer, keras.layers.LayerNormalization | keras.layers.Softmax):
        axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
        return known[0] if set(axes) <= {-1, len(shapes[0])} else None
    if isinstance(layer, POINTWISE) or (isinstance(layer, keras.layers.Dense) and len(shapes[0]) == 3):
        return known[0]
    if len(shapes[0]) == 3:
        known[0] = _each(known[0], lambda axis, e: e.within(shapes[0][axis]))
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return _transposed(layer, known[0])
    if isinstance(layer, _WINDOWS):
        return _window(layer, known[0], shapes[0])
    if isinstance(layer, keras.layers.ZeroPadding2D | keras.layers.Cropping2D):
        edges = layer.padding if isinstance(layer, keras.layers.ZeroPadding2D) else layer.cropping
        sign = -1 if isinstance(layer, keras.layers.ZeroPadding2D) else 1
        moved = [sign * edge[0] for edge in edges]
        return _each(
            known[0],
            lambda axis, e: replace(e, low=e.low + e.jump * moved[axis], high=e.high + e.jump * moved[axis]),
        )
    if isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest":
        return _each(
            known[0],
            lambda axis, e: replace(e, jump=e.jump / layer.size[axis], low=e.low - e.jump * (1 - 1 / layer.size[axis])),
        )
    return None


def _each(seen: Field, change: Any) -> Field:
    return change(0, seen[0]), change(1, seen[1])


def _union(fields: list[Field]) -> Field | None:
    if len({(rows.jump, columns.jump) for rows, columns in fields}) > 1:
        return None
    return _each(
        fields[0],
        lambda axis, e: Extent(
            e.jump,
            min(f[axis].low for f in fields),
            max(f[axis].high for f in fields),
            min(f[axis].start for f in fields),
            max(f[axis].stop for f in fields),
        ),
    )


def _window(layer: Any, seen: Field, shape: Shape) -> Field:
    size = getattr(layer, "kernel_size", None) or layer.pool_size
    dilation = getattr(layer, "dilation_rate", (1, 1))
    dilation = (dilation, dilation) if isinstance(dilation, int) else dilation

    def widen(axis: int, extent: Extent) -> Extent:
        reach, stride = reach_of(size[axis], dilation[axis]), layer.strides[axis]
        before = padding_before(layer.padding, shape[axis] if len(shape) == 3 else None, reach, stride)
        return replace(
            extent,
            jump=extent.jump * stride,
            low=extent.low - extent.jump * before,
            high=extent.high + extent.jump * (reach - 1 - before),
        )

    return _each(seen, widen)


def _transposed(layer: Any, seen: Field) -> Field:
    def spread(axis: int, extent: Extent) -> Extent:
        stride, dilation = layer.strides[axis], pair(layer.dilation_rate) or (1, 1)
        reach, extra = reach_of(layer.kernel_size[axis], dilation[axis]), pair(layer.output_padding)
        before = cropping_before(layer.padding, reach, stride, None if extra is None else extra[axis])
        return replace(
            extent,
            jump=extent.jump / stride,
            low=extent.low + extent.jump * (before - reach + 1) / stride,
            high=extent.high + extent.jump * before / stride,
        )

    return _each(seen, spread)


def pair(value: Any) -> tuple[int, int] | None:
    """A size of a Keras layer as (rows, columns): one number is that of a single row."""
    if value is None or isinstance(value, int):
        return None if value is None else (1, value)
    sizes = tuple(int(size) for size in value)
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[-2], sizes[-1])
