"""Transformations of a picture between two steps, so that what forms holds when it is moved: seeded, differentiable.

A transformation takes pictures (n, H, W, C) in 0..1 and a seed (two whole numbers), and returns pictures. It is a
plain value: two that are equal compile to one function. All pictures of a batch are moved alike.

Olah et al. 2017, Feature Visualization, Distill, doi:10.23915/distill.00007 (transformation robustness).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from nnviz.errors import NnvizError

Tensor = Any
GREY = 0.5


class Transformation(Protocol):
    """Something that moves pictures a little."""

    def __call__(self, images: Tensor, seed: Tensor) -> Tensor:
        """Pictures (n, H, W, C) moved, by what the seed (2,) of int32 says."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Pad:
    """A border of mid grey, so many pixels on each side; what the network is given is cut out at the end."""

    pixels: int

    def __call__(self, images: Tensor, seed: Tensor) -> Tensor:
        border = [self.pixels, self.pixels]
        return tf.pad(images, [[0, 0], border, border, [0, 0]], constant_values=GREY)


@dataclass(frozen=True)
class Jitter:
    """A shift by up to so many whole pixels either way, no more than the shorter side; the edge is mirrored."""

    pixels: int

    def __call__(self, images: Tensor, seed: Tensor) -> Tensor:
        sides = [side for side in images.shape[1:3] if side is not None]
        if sides and self.pixels > min(sides):
            raise NnvizError(
                f"A shift by {min(sides)} pixels at most was expected, the shorter side of the picture. "
                f"Received: {self!r}."
            )
        shape = tf.shape(images)
        border = [self.pixels, self.pixels]
        wide = tf.pad(images, [[0, 0], border, border, [0, 0]], "SYMMETRIC")
        at = tf.random.stateless_uniform((2,), seed, 0, 2 * self.pixels + 1, tf.int32)
        cut = tf.slice(wide, tf.stack([0, at[0], at[1], 0]), shape)
        return tf.ensure_shape(cut, images.shape)


@dataclass(frozen=True)
class Scale:
    """Larger or smaller by up to so large a share, about the centre."""

    share: float

    def __call__(self, images: Tensor, seed: Tensor) -> Tensor:
        factor = 1.0 + tf.random.stateless_uniform((), seed, -self.share, self.share)
        zero = tf.zeros(())
        return sample(images, [[1.0 / factor, zero], [zero, 1.0 / factor]])


@dataclass(frozen=True)
class Rotate:
    """Turned by up to so many degrees either way, about the centre."""

    degrees: float

    def __call__(self, images: Tensor, seed: Tensor) -> Tensor:
        angle = tf.random.stateless_uniform((), seed, -1.0, 1.0) * (self.degrees * math.pi / 180)
        return sample(images, [[tf.cos(angle), -tf.sin(angle)], [tf.sin(angle), tf.cos(angle)]])


def sample(images: Tensor, matrix: Sequence[Sequence[Tensor]]) -> Tensor:
    """Pictures (n, H, W, C) looked up at matrix @ (row, column), from the centre: bilinear, the edge goes on.

    As the product of a sparse matrix, four neighbours a pixel, and the pixels: its gradient is the exact adjoint, which
    that of TensorFlow's projective transform is not, and takes a third of the time of one that gathers.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    bottom, right = (tf.cast(size - 1, tf.float32) for size in (height, width))
    rows = tf.range(height, dtype=tf.float32)[:, None] - bottom / 2
    columns = tf.range(width, dtype=tf.float32)[None] - right / 2
    (a, b), (c, d) = matrix
    at_rows = tf.clip_by_value(a * rows + b * columns + bottom / 2, 0.0, bottom)
    at_columns = tf.clip_by_value(c * rows + d * columns + right / 2, 0.0, right)
    top, left = tf.floor(at_rows), tf.floor(at_columns)
    down, across = at_rows - top, at_columns - left
    first_row, first_column = tf.cast(top, tf.int32), tf.cast(left, tf.int32)
    next_row, next_column = tf.minimum(first_row + 1, height - 1), tf.minimum(first_column + 1, width - 1)
    found = [row * width + column for row in (first_row, next_row) for column in (first_column, next_column)]
    shares = [one * other for one in (1 - down, down) for other in (1 - across, across)]
    pixels = height * width
    onto = tf.broadcast_to(tf.range(pixels)[:, None], (pixels, 4))
    cells = tf.stack([tf.reshape(onto, (-1,)), tf.reshape(tf.stack(found, -1), (-1,))], -1)
    size = tf.cast(tf.stack([pixels, pixels]), tf.int64)
    looked_up = tf.SparseTensor(tf.cast(cells, tf.int64), tf.reshape(tf.stack(shares, -1), (-1,)), size)
    # All pictures are moved alike: their channels stand side by side.
    flat = tf.reshape(tf.transpose(images, (1, 2, 0, 3)), (pixels, -1))
    moved = tf.reshape(tf.sparse.sparse_dense_matmul(looked_up, flat), (height, width, -1, images.shape[-1]))
    return tf.ensure_shape(tf.transpose(moved, (2, 0, 1, 3)), images.shape)


def standard(height: int, width: int) -> tuple[Transformation, ...]:
    """What is done by default, in proportion to the picture; nothing to one without two dimensions."""
    side = min(height, width)
    if side < 8:
        return ()
    # Of Distill's 16 pixels of padding and of jitter on 224, and a little less turning and scaling.
    return (
        Pad(max(1, round(side / 28))),
        Jitter(max(1, round(side / 28))),
        Scale(0.05),
        Rotate(5.0),
        Jitter(max(1, round(side / 56))),
    )


def moved(images: Tensor, transformations: Sequence[Transformation], seed: Tensor, step: Tensor) -> Tensor:
    """Pictures after all the transformations of one step, cut to their own size about the centre."""
    found, base = images, tf.stack([seed, step * len(transformations)])
    for at, each in enumerate(transformations):
        found = each(found, base + tf.constant([0, at]))
    return centred(found, images)


def centred(found: Tensor, like: Tensor) -> Tensor:
    """The middle of pictures, as large as another batch of them."""
    size = tf.shape(like)
    over = (tf.shape(found) - size) // 2
    cut = tf.slice(found, tf.stack([0, over[1], over[2], 0]), size)
    return tf.ensure_shape(cut, like.shape)
