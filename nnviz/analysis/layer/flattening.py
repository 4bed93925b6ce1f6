"""How an array (rows, columns, channels) becomes a vector, and what happens to neighbours on the way.

Keras lays an array out in C order: all channels of the first cell, then those of the cell right of it, row
after row. Everything here counts from zero.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras

from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError

Sizes = tuple[int, int, int]
"""Rows, columns and channels."""

_GLOBAL = {
    keras.layers.GlobalAveragePooling2D: "averages each map to one number",
    keras.layers.GlobalMaxPooling2D: "keeps only the largest value of each map",
}


@dataclass(frozen=True)
class Neighbour:
    """A cell that touches another one of the same map, and where it lands in the vector.

    Attributes:
        row, column: its place.
        down, right: where it stands, seen from the other: -1, 0 or 1.
        slot: its place in the vector.
        distance: slots from the other to it; negative where it comes before.
    """

    row: int
    column: int
    down: int
    right: int
    slot: int
    distance: int


@dataclass(frozen=True)
class Flattened:
    """Names of the layer whose maps are laid out, and of the layer that lays them out."""

    maps: str
    flatten: str


def slot_of(shape: Sequence[int], row: int, column: int, channel: int = 0) -> int:
    """Place in the vector: (row * columns + column) * channels + channel.

    Args:
        shape: (rows, columns, channels).
        row, column, channel: within it.

    Raises:
        NnvizError: a place outside the array.
    """
    rows, columns, channels = _checked(shape)
    if not (0 <= row < rows and 0 <= column < columns and 0 <= channel < channels):
        raise NnvizError(
            f"A place within {rows}x{columns}x{channels} was expected. Received: {(row, column, channel)}."
        )
    return (row * columns + column) * channels + channel


def place_of(shape: Sequence[int], slot: int) -> Sizes:
    """(row, column, channel) of a slot: the inverse of `slot_of`. Raises NnvizError outside the vector."""
    _, columns, channels = _checked(shape)
    length = math.prod(shape)
    if not 0 <= slot < length:
        raise NnvizError(f"A slot from 0 to {length - 1} was expected. Received: {slot}.")
    cell, channel = divmod(slot, channels)
    return cell // columns, cell % columns, channel


def neighbours(shape: Sequence[int], row: int, column: int, channel: int = 0) -> tuple[Neighbour, ...]:
    """The up to eight cells around one in its own map, in the order of the vector.

    They land channels, (columns - 1) * channels, columns * channels and (columns + 1) * channels slots away.
    """
    rows, columns, _ = _checked(shape)
    own = slot_of(shape, row, column, channel)
    found = []
    for down, right in itertools.product((-1, 0, 1), repeat=2):
        there = row + down, column + right
        if (down or right) and 0 <= there[0] < rows and 0 <= there[1] < columns:
            slot = slot_of(shape, *there, channel)
            found.append(Neighbour(*there, down, right, slot, slot - own))
    return tuple(sorted(found, key=lambda neighbour: neighbour.slot))


def flattened_maps(network: Network) -> tuple[Flattened | None, str]:
    """The last feature maps that become one long vector, or None and the reason in a sentence.

    Only layers between the network's input and its answer count. A dropout between the maps and the vector is
    passed over: it changes nothing here.
    """
    of_image = ""
    for layer in reversed(network.layers):
        if not _to_vector(layer):
            continue
        source = network.layer(layer.inputs[0])
        if _shows_image(network, source):
            of_image = layer.name
            continue
        if not source.spatial:
            continue
        maps = _behind_idle(network, source)
        if getattr(layer.keras_layer, "data_format", None) == "channels_first":
            return None, (
                f"{layer.name} takes the first axis of {maps.name} for its channels, so its vector has another order."
            )
        return Flattened(maps.name, layer.name), ""
    return None, _reason(network, of_image)


def _reason(network: Network, of_image: str) -> str:
    for layer in reversed(network.layers):
        for kind, what in _GLOBAL.items():
            if isinstance(layer.keras_layer, kind):
                return f"{network.name} does not flatten its last feature maps: {layer.name} {what} instead."
    if of_image:
        return f"{network.name} has no feature maps to flatten: its layer {of_image} takes the image itself."
    if len(network.layers[0].output_shape) == 1:
        return f"{network.name} has no feature maps to flatten: it takes the image as a vector."
    return f"No layer of {network.name} turns feature maps into one long vector."


def _to_vector(layer: LayerInfo) -> bool:
    """Whether a layer lays out more than one cell as a vector."""
    return (
        isinstance(layer.keras_layer, keras.layers.Flatten | keras.layers.Reshape)
        and len(layer.input_shape) in (2, 3)
        and len(layer.output_shape) == 1
        and layer.input_shape[:2] != (1, 1)
    )


def _shows_image(network: Network, layer: LayerInfo) -> bool:
    """Whether a layer still holds the image itself, each value at its own place."""
    while layer.index:
        if not layer.pointwise or len(layer.inputs) != 1:
            return False
        layer = network.layer(layer.inputs[0])
    return True


def _behind_idle(network: Network, layer: LayerInfo) -> LayerInfo:
    while layer.idle:
        layer = network.layer(layer.inputs[0])
    return layer


def _checked(shape: Sequence[int]) -> Sizes:
    if len(shape) != 3 or min(shape) < 1:
        raise NnvizError(f"A shape (rows, columns, channels) was expected. Received: {tuple(shape)}.")
    rows, columns, channels = (int(size) for size in shape)
    return rows, columns, channels
