"""How much of the input a unit of each layer sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from nnviz.analysis.network import sliding
from nnviz.analysis.network.extent import Extent, still, united, unmoved, whole
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.pointwise import elementwise
from nnviz.analysis.network.reshaped import kept_axes, sliced
from nnviz.analysis.network.step import Step

Shape = tuple[int | None, ...]
Field = tuple[Extent, ...]
"""What a unit sees of each axis of places of the input: rows and columns of a picture, slices before them of a volume.
Where a layer has no Field, each unit sees it whole."""

_MERGES = (
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Divide", "TrueDivide", "Stack"),
    *("Power", "DivideNoNan", "Where"),
)
_NORMALISATIONS = ("LayerNormalization", "UnitNormalization", "RMSNormalization", "Softmax", "LogSoftmax")
_CONVOLUTIONS = (
    *(keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, keras.layers.DepthwiseConv1D),
    *(keras.layers.DepthwiseConv2D, keras.layers.SeparableConv1D, keras.layers.SeparableConv2D),
)
_TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)
_POOLINGS = tuple(f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3))
_EDGED = tuple(f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping") for rank in (1, 2, 3))
_UPSAMPLINGS = ("UpSampling1D", "UpSampling2D", "UpSampling3D")
_RESHAPES = ("Flatten", "Reshape", "Squeeze", "ExpandDims", "Permute", "Transpose")
_SQUARE = 8
"""Rows from which on a vector of a square number is taken for a picture, drawn as one."""


@dataclass(frozen=True)
class Along:
    """Which axis of a layer's output (None: none) an axis of the input lies along, and what its positions see."""

    axis: int | None
    extent: Extent


Places = tuple[Along, ...]


def receptive_fields(graph: Graph, sizes: Mapping[str, Shape] | None = None) -> dict[str, Field | None]:
    """What one unit of each layer sees of the input: all between the first and the last cell that it answers to.

    That is where no weight is zero, from kernel sizes, strides, dilations, padding and how pictures are resized. Where
    sizes are known it is exact (`Extent.spans`).

    Args:
        graph: of the network.
        sizes: real output shapes by layer name, needed where the network leaves the size of its input open
            (`Trace.activations` has them).

    Returns:
        By layer name, the axes of places, or None where each unit sees the whole input.
    """

    def size_of(tensor: keras.KerasTensor) -> Shape:
        known = (sizes or {}).get(graph.name_of(tensor))
        return known if known is not None else tuple(tensor.shape[1:])

    given = (sizes or {}).get(graph.input_name, graph.input_shape)
    start = None if len(given) < 2 else tuple(Along(at, unmoved(given[at])) for at in range(max(len(given) - 1, 2)))
    found: dict[int, Places | None] = {}
    result: dict[str, Field | None] = {graph.input_name: _field(start)}
    held: set[int] = set()
    for step in graph.steps:
        read = [tensor for tensor in step.inputs if id(tensor) not in held]
        if not read:  # an input that is held, and what is made of such alone
            held |= {id(tensor) for tensor in step.outputs}
        sources = [found.get(id(tensor), start) for tensor in read]
        shapes = [size_of(tensor) for tensor in read]
        made = size_of(step.outputs[0])
        outcome = _through(step, sources, shapes, made)
        if len(read) < len(step.inputs) and read and made[:-1] != shapes[0][:-1]:
            outcome = None
        if outcome is None and len(given) == 1 and read and graph.name_of(read[0]) == graph.input_name:
            outcome = _pictured(step, made)
        for tensor in step.outputs:
            found[id(tensor)] = outcome
        result[step.name] = _field(outcome)
    return result


def _field(places: Places | None) -> Field | None:
    """What is seen, where each axis of the input lies along the axis of its own number, or along none."""
    if places is None or any(each.axis not in (None, at) for at, each in enumerate(places)):
        return None
    seen = tuple(each.extent for each in places)
    return None if all(not each.jump and each.size == each.length for each in seen) else seen


def _pictured(step: Step, made: Shape) -> Places | None:
    """A vector that becomes the square picture that it is drawn as."""
    square = type(step.layer).__name__ == "Reshape" and len(made) > 1 and made[0] == made[1] and set(made[2:]) <= {1}
    return tuple(Along(at, unmoved(made[at])) for at in (0, 1)) if square and (made[0] or 0) >= _SQUARE else None


def _through(step: Step, sources: Sequence[Places | None], shapes: Sequence[Shape], made: Shape) -> Places | None:
    if not sources or any(source is None for source in sources):
        return None
    layer, kind = step.call, type(step.call).__name__  # not step.layer: a split-off activation stands alone
    known = [source for source in sources if source is not None]
    places, shape = known[0], shapes[0]
    alone = elementwise(layer.activation) if isinstance(layer, keras.layers.Activation) else step.reads == "number"
    if alone or step.reads == "place" or isinstance(layer, keras.layers.Activation):
        return places if alone else _mixed(places, {len(shape) - 1})
    if kind in _MERGES:
        return _merged(layer, kind, known, shapes)
    if kind in _NORMALISATIONS:
        axes = getattr(layer, "axis", -1)
        axes = axes if isinstance(axes, list | tuple) else [-1 if axes is None else axes]
        return _mixed(places, {axis - 1 if axis > 0 else len(shape) + axis for axis in axes})
    if isinstance(layer, keras.layers.Dense):
        return _mixed(places, {len(shape) - 1})
    if isinstance(layer, keras.layers.EinsumDense):
        return _einsum(layer.equation, places, len(shape))
    if kind in _RESHAPES:
        axes_of = kept_axes(layer, kind, shape, made)
        return _renamed(places, axes_of, shape)
    if kind == "GetItem":
        return _sliced(step, places, shape, made)
    if getattr(layer, "data_format", "channels_last") == "channels_first" or len(made) != len(shape):
        return None
    read = _reader(layer, kind, shape, made)
    mixes = isinstance(layer, (*_CONVOLUTIONS, *_TRANSPOSED))
    return None if read is None else _slid(places, read, len(shape) - 1, mixes)


def _reader(layer: Any, kind: str, shape: Shape, made: Shape) -> Callable[[int], sliding.Read | None] | None:
    """What reads along each axis of places, by its number."""
    if isinstance(layer, _TRANSPOSED):
        return lambda axis: sliding.transposed(layer, axis, shape[axis], made[axis])
    if isinstance(layer, _CONVOLUTIONS) or kind in _POOLINGS:
        return lambda axis: sliding.window(layer, axis, shape[axis], made[axis])
    if kind in _EDGED:
        pads = kind.startswith("Zero")
        edges = layer.padding if pads else layer.cropping
        edges = [edges] if isinstance(edges[0], int) else edges
        return lambda axis: sliding.moved(edges[axis][0] * (-1 if pads else 1), shape[axis], made[axis])
    if kind in _UPSAMPLINGS and getattr(layer, "interpolation", "nearest") == "nearest":
        times = [layer.size] if isinstance(layer.size, int) else layer.size
        return lambda axis: sliding.repeated(times[axis], made[axis])
    if kind in ("Resizing", "Resize", "CenterCrop", *_UPSAMPLINGS) and len(shape) == 3:
        rows, columns = shape[:2]
        if rows is None or columns is None:
            return None
        if kind == "CenterCrop":
            return lambda axis: sliding.crop(layer, axis, (rows, columns))
        alone = sliding.resizes_alone(layer)
        return lambda axis: sliding.resized(layer, axis, (rows, columns), alone)
    return None


def _slid(places: Places, read: Callable[[int], sliding.Read | None], rank: int, mixes: bool) -> Places | None:
    """Through what reads along the first `rank` axes; the one behind them is of channels."""
    outcome = []
    for each in places:
        if each.axis is None or (each.axis >= rank and not mixes):
            outcome.append(each)
        elif each.axis >= rank:
            if each.extent.length is None:
                return None
            outcome.append(Along(None, whole(each.extent.length)))
        else:
            own = read(each.axis)
            if own is None:
                return None
            outcome.append(Along(each.axis, each.extent.through(*own)))
    return tuple(outcome)


def _mixed(places: Places, axes: set[int]) -> Places | None:
    """Through what reads the whole of those axes at each place."""
    if any(each.axis in axes and each.extent.length is None for each in places):
        return None
    return tuple(Along(None, whole(each.extent.length or 0)) if each.axis in axes else each for each in places)


def _einsum(equation: str, places: Places, rank: int) -> Places | None:
    reads, makes = equation.split(",")[0], equation.split("->")[1]
    if "..." in equation:
        # The axes that it does not name come first, and stay.
        return _mixed(places, set(range(rank - len(reads) + 3, rank))) if reads[:3] == makes[:3] == "..." else None
    axes = {at - 1: makes.find(letter) - 1 for at, letter in enumerate(reads) if at}
    gone = _mixed(places, {axis for axis, new in axes.items() if new < 0})
    return None if gone is None else tuple(Along(None if e.axis is None else axes[e.axis], e.extent) for e in gone)


def _renamed(places: Places, axes: Mapping[int, int | None] | None, shape: Shape) -> Places | None:
    """Axes under their new numbers; one of a single cell may be gone."""
    if axes is None:
        return None
    outcome = []
    for each in places:
        new = None if each.axis is None else axes.get(each.axis)
        seen: Extent | None = each.extent
        if each.axis is not None and new is None:
            seen = still(each.extent, 0) if shape[each.axis] == 1 else None
        if seen is None:
            return None
        outcome.append(Along(new, seen))
    return tuple(outcome)


def _sliced(step: Step, places: Places, shape: Shape, made: Shape) -> Places | None:
    axes = sliced(step, shape)
    if axes is None:
        return None
    outcome = []
    for each in places:
        if each.axis is None:
            outcome.append(each)
            continue
        new, start, by = axes[each.axis]
        if new is None:
            seen = still(each.extent, start)
        else:
            seen = each.extent.through(*sliding.moved(start, shape[each.axis], made[new], by))
        if seen is None:
            return None
        outcome.append(Along(new, seen))
    return tuple(outcome)


def _merged(layer: Any, kind: str, known: Sequence[Places], shapes: Sequence[Shape]) -> Places | None:
    """What is put together place by place; an input of one cell along an axis is there at each."""
    axis = getattr(layer, "axis", -1) if kind in ("Concatenate", "Stack") else -1
    rank = max(map(len, shapes)) + (kind == "Stack")
    if axis not in (-1, rank) or len({len(shape) for shape in shapes}) > 1:
        return None
    outcome = []
    for ways in zip(*known, strict=True):
        extents, axes = [], set[int | None]()
        for way, shape in zip(ways, shapes, strict=True):
            spread = way.axis is not None and shape[way.axis] == 1 and len({s[way.axis] for s in shapes}) > 1
            seen = still(way.extent, 0) if spread else way.extent
            if seen is None:
                return None
            extents.append(seen)
            axes |= set() if spread or way.axis is None else {way.axis}
        seen = united(extents)
        if seen is None or len(axes) > 1:
            return None
        outcome.append(Along(next(iter(axes)) if axes and seen.jump else None, seen))
    return tuple(outcome)


def pair(value: Any) -> tuple[int, int] | None:
    """A size of a Keras layer as (rows, columns): one number is that of a single row."""
    if value is None or isinstance(value, int):
        return None if value is None else (1, value)
    sizes = tuple(int(size) for size in value)
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[-2], sizes[-1])
