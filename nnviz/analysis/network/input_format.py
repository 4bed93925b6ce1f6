"""What a network takes: which layout its numbers have, and how pixels 0..255 become them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import tensorflow as tf

from nnviz.analysis.network.input_kind import Kind

Shape = tuple[int | None, int | None, int]
Order = Literal["rgb", "bgr"]


@dataclass(frozen=True)
class InputFormat:
    """What a network takes.

    Attributes:
        shape: (H, W, C) of the image that stands for it, None where the size is free. A vector is one row, or, from
            64 numbers on, the square with so many; of a volume the slices stand under each other; tokens are one row.
        scale, offset: per channel; input = pixel * scale + offset, for pixels 0..255.
        assumed: a sentence on what was assumed for want of a card, or "".
        kind: what it is. Of all but a picture the numbers themselves are given; pixels are how they are drawn.
        own: shape of the model's own input, without the batch axis.
        order: of the colours that the model takes. An image has red first everywhere; `as_own` turns it.
        turned: whether the model's own input has its channels first; `as_own` turns it too.
        names: of a vector's numbers.
        default: a vector's numbers where none are given.
        spread: standard deviation of each of them, where the network tells; else empty.
        vocabulary: how many tokens there are.
        step: of a picture of free size, what its sides must be multiples of.
        found: a sentence: how the range was found.
    """

    shape: Shape
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    assumed: str = ""
    kind: Kind = "picture"
    own: tuple[int | None, ...] = ()
    order: Order = "rgb"
    turned: bool = False
    names: tuple[str, ...] = ()
    default: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()
    vocabulary: int = 256
    step: int = 1
    found: str = ""
    suspect: Callable[[], str] = field(default=lambda: "", repr=False, compare=False)

    @cached_property
    def doubt(self) -> str:
        """A sentence that says why the range may be another one, or "". Runs the network on a few pictures, once."""
        return self.suspect()

    @property
    def words(self) -> str:
        """Its range in words: "0 to 255", or that of each channel."""
        ends = [f"{low:.3g} to {low + 255 * gain:.3g}" for low, gain in zip(self.offset, self.scale, strict=True)]
        return (ends[0] if len(set(ends)) == 1 else ", ".join(ends)) + (", blue first" if self.order == "bgr" else "")


@dataclass(frozen=True)
class Range:
    """How pixels become the numbers that a network takes: pixel * scale + offset, red first, in an order."""

    scale: tuple[float, ...]
    offset: tuple[float, ...] = (0.0,)
    order: Order = "rgb"


_DEVIATION = (0.229, 0.224, 0.225)
RANGES: Mapping[str, Range] = {
    "0..255": Range((1.0,)),
    "0..1": Range((1 / 255,)),
    "-1..1": Range((1 / 127.5,), (-1.0,)),
    "caffe": Range((1.0,), (-123.68, -116.779, -103.939), "bgr"),
    "torch": Range(
        tuple(1 / (255 * each) for each in _DEVIATION),
        tuple(-mean / each for mean, each in zip((0.485, 0.456, 0.406), _DEVIATION, strict=True)),
    ),
}
"""The ranges that have a name: those of `keras.applications`."""


def named_range(name: str, channels: int) -> Range | None:
    """The range of that name for so many channels; None where it is one of three colours, and these are not three."""
    found = RANGES[name]
    if len(found.offset) not in (1, channels):
        return None
    return Range(
        found.scale * (channels // len(found.scale)), found.offset * (channels // len(found.offset)), found.order
    )


def as_own(takes: InputFormat, images: Any, dtype: str, smooth: bool = False) -> Any:
    """A batch of images (n, H, W, C) in the shape, order and type of the model's own input.

    `smooth` leaves them floats where that type is of whole numbers: a gradient ends at the cast.
    """
    if takes.order == "bgr":
        images = tf.reverse(images, [-1])
    if takes.turned:
        images = tf.transpose(images, (0, 3, 1, 2))
    if len(takes.own) != 3:
        images = tf.ensure_shape(tf.reshape(images, _sizes(takes, images)), (None, *takes.own))
    if takes.kind == "tokens" and not smooth:
        images = tf.round(images)  # which a layer would cut off
    kind = tf.as_dtype(dtype)
    if not kind.is_floating and smooth:
        return images
    return tf.saturate_cast(tf.round(images), kind) if kind.is_integer else tf.cast(images, kind)


def as_drawn(takes: InputFormat, own: Any, images: Any) -> Any:
    """What is in the shape and order of the model's own input, one number for each of its, as the images stand."""
    if takes.turned:
        own = tf.transpose(own, (0, 2, 3, 1))
    own = tf.reshape(own, tf.shape(images))
    return tf.reverse(own, [-1]) if takes.order == "bgr" else own


def _sizes(takes: InputFormat, images: Any) -> list[Any]:
    """Sizes of a batch of what is no stack of maps, free ones as those of the images."""
    rows, columns = tf.shape(images)[1], tf.shape(images)[2]
    free: tuple[Any, ...] = (columns,) if len(takes.own) == 1 else (rows, columns)
    if len(takes.own) == 4:
        free = (rows // (takes.own[1] or 1), 0, columns, 0)
    return [tf.shape(images)[0], *(free[at] if size is None else size for at, size in enumerate(takes.own))]
