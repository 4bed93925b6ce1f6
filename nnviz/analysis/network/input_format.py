"""What a network takes: which layout its numbers have, and how pixels 0..255 become them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nnviz.analysis.image.shuffle import permutation
from nnviz.analysis.network.layers import LayerInfo
from nnviz.errors import NnvizError

Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class InputFormat:
    """What a network takes.

    Attributes:
        shape: (H, W, C) of the image that it takes, None where the size is free. A network on vectors
            takes an image too: the square with so many pixels, else a single row.
        scale, offset: per channel; input = pixel * scale + offset, for pixels 0..255.
        assumed: a sentence on what was assumed for want of a card, or "".
        found: a sentence on how the range was found, or "".
        doubt: a sentence on why the range may be another, or "".
    """

    shape: Shape
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    assumed: str = ""
    found: str = ""
    doubt: str = ""


def input_format(
    name: str, shape: Sequence[int | None], layers: Sequence[LayerInfo], card: Mapping[str, Any]
) -> InputFormat:
    """What a network takes, as its card says, else as its first layers tell.

    Args:
        name: of the network, for the sentence on what was assumed.
        shape: of its input, without the batch axis.
        layers: all of it.
        card: facts about it, or an empty mapping.

    Raises:
        NnvizError: an input that no image fits, or a bad card.
    """
    image_shape = _image_shape(shape)
    channels = image_shape[2]
    given = card.get("input", {})
    if not isinstance(given, Mapping):
        raise NnvizError(f"A card with an object as its input was expected. Received: {given!r}.")
    if given.get("shuffle") is not None:
        permutation(1, given["shuffle"])  # refuses what is no seed
    if "scale" in given:
        scale = _per_channel(given["scale"], channels, "scale")
        return InputFormat(image_shape, scale, _per_channel(given.get("offset", 0.0), channels, "offset"))
    if _rescales(layers):
        return InputFormat(image_shape, (1.0,) * channels, (0.0,) * channels)
    assumed = f"{name} has no card, so its input is assumed to run from 0 to 1; give one with --card."
    return InputFormat(image_shape, (1 / 255,) * channels, (0.0,) * channels, assumed)


def _image_shape(shape: Sequence[int | None]) -> Shape:
    if len(shape) == 3 and shape[2] in (1, 3):
        return (shape[0], shape[1], shape[2])
    if len(shape) == 2 and None not in shape:
        return (shape[0], shape[1], 1)
    if len(shape) == 1 and shape[0] is not None:
        side = math.isqrt(shape[0])
        return (side, side, 1) if side * side == shape[0] else (1, shape[0], 1)
    raise NnvizError(
        "A network on images with 1 or 3 channels (last axis), or on vectors, was expected. "
        f"Received: an input of shape {tuple(shape)}."
    )


def _per_channel(value: Any, channels: int, what: str) -> tuple[float, ...]:
    try:
        numbers = np.atleast_1d(np.asarray(value, dtype=float))
        good = numbers.shape in ((1,), (channels,)) and bool(np.isfinite(numbers).all())
    except (TypeError, ValueError):
        good = False
    if not good or (what == "scale" and not numbers.all()):
        raise NnvizError(f"A card with a {what} a channel ({channels}) was expected. Received: {value!r}.")
    return tuple(float(number) for number in np.broadcast_to(numbers, (channels,)))


def _rescales(layers: Sequence[LayerInfo]) -> bool:
    """Whether the network itself scales raw pixels, before its first weights."""
    for layer in layers[1:]:
        if isinstance(layer.keras_layer, keras.layers.Rescaling):
            # 2x - 1 is made for 0..1; what brings 255 near to 1 is made for pixels.
            return float(np.max(np.abs(layer.keras_layer.scale))) * 255 <= 16
        if isinstance(layer.keras_layer, keras.layers.Normalization):
            # Adapted on pixels, or on what had been brought to 0..1 (or near 0) before.
            mean, variance = (np.asarray(getattr(layer.keras_layer, name)) for name in ("mean", "variance"))
            return float(np.max(np.abs(mean) + 3 * np.sqrt(variance))) > 16
        if layer.parameters or layer.convolution:
            return False
    return False
