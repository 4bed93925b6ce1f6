"""Pictures made to fit a network: its size, its channels, its range (pixel * scale + offset); and moved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nnviz.analysis.image.levels import levels, white, white_of
from nnviz.analysis.image.paper import Paper, paper_and_ink
from nnviz.analysis.image.shuffle import shuffled
from nnviz.errors import NnvizError

_SHADES = 4
"""Of 255, that no eye tells apart."""
_NUMBERS = {2: "two", 3: "three"}
LONG_SIDE = 512  # where a network takes any size: a bigger picture costs seconds and shows no more
Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A picture as one network takes it: float32 arrays (H, W, C), read-only.

    `image` is in the network's own range, `pixels` the same in 0..255 as it is shown, `note` one sentence
    that says what was done, empty if nothing but scaling.
    """

    image: NDArray[np.float32]
    pixels: NDArray[np.float32]
    note: str

    @cached_property
    def digest(self) -> str:
        """Content hash of `image`: of all of it, and of its shape."""
        content = np.ascontiguousarray(self.image).tobytes()
        return hashlib.sha256(content + repr(self.image.shape).encode()).hexdigest()

    @cached_property
    def paper(self) -> Paper | None:
        """Paper and ink, where it is a drawing."""
        return paper_and_ink(self.pixels)


def rescale(pixels: NDArray[Any], scale: Sequence[float], offset: Sequence[float]) -> NDArray[np.float32]:
    """Pixels (H, W, C), 0..255, in a network's own range: pixels * scale + offset, float32 (H, W, C).

    Raises NnvizError unless scale (not 0) and offset are one finite number per channel.
    """
    gain, bias = np.asarray(scale, np.float32), np.asarray(offset, np.float32)
    if not (gain.shape == bias.shape == pixels.shape[-1:] and np.isfinite([gain, bias]).all() and gain.all()):
        raise NnvizError(f"Expected a scale (not 0) and an offset per channel. Received: {scale}, {offset}.")
    return pixels.astype(np.float32) * gain + bias


def fit(image: NDArray[Any], shape: Shape, scale: Sequence[float], offset: Sequence[float]) -> Fitted:
    """A picture made to fit a network's input: its size, its channels, its range.

    A float array of exactly the network's own input shape (all of it known), with or without a channel axis of 1, is
    taken as it is: it is in the network's range already, unless it lies in 0..1 and would be one shade there. All else
    is a picture: booleans, integers 0..255, or of 10, 12 or 16 bits, floats 0..1 or 0..255. It is cropped at the
    centre to the input's proportions, resized (Lanczos down, bicubic up), made grey (Rec. 601 luma) or repeated in
    three channels; a fourth one is full opacity, and any other number of channels is grey repeated. Where height and
    width are both free it keeps its own, up to `LONG_SIDE`; where one is, that one follows the proportions.

    Args:
        image: (H, W) or (H, W, C), C 1, 3 or 4 (laid over white); or of exactly `shape`, if its C is another.
        shape: the network's input (height, width, channels), None for a free height or width.
        scale, offset: one number per channel: input = pixel * scale + offset.

    Raises NnvizError where the array cannot be read as a picture, or not for this network.
    """
    array = _checked(image, shape)
    steps: list[str] = []
    matches = all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
    photo = shape[2] in (1, 3) or not matches
    taken = array.dtype.kind == "f" and matches and not (photo and None in shape)
    exact = _exact(array, scale, offset) if taken else None
    if photo and exact is not None and _of_one_shade(array, exact, steps):
        exact = None
    if exact is not None:
        own = np.array(array, np.float32)
        pixels: NDArray[Any] = np.clip(exact, 0, 255)
        if np.abs(exact - pixels).max() > 1:
            steps.append("taken as it is, with values beyond the network's range shown clipped")
    else:
        pixels = _to_pixels(array, steps)
        pixels = (_conformed(pixels, shape, steps) if photo else pixels).astype(np.float32)
        own = rescale(pixels, scale, offset)
    own.setflags(write=False)
    pixels.setflags(write=False)
    return Fitted(own, pixels, f"The picture was {', '.join(steps)}." if steps else "")


def _checked(image: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """The image as (H, W, C), of a type and with values that can be pixels."""
    if len(shape) != 3 or any(size is not None and size < 1 for size in shape):
        raise NnvizError(f"Expected a network input of (height, width, channels). Received: {shape}.")
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise NnvizError(f"Expected an array. Received: a {type(image).__name__} of uneven rows.") from error
    found = f"Received: an array of shape {array.shape} and type {array.dtype}"
    axes = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4, shape[2]))
    if array.dtype.kind not in "buif" or not axes or array.size == 0:
        raise NnvizError(f"Expected numbers as (height, width), or with a third axis of 1, 3 or 4. {found}.")
    if array.dtype.kind == "f" and not (np.abs(array) <= np.finfo(np.float32).max).all():
        raise NnvizError(f"Expected finite pixels. {found}, with NaN, infinity or what float32 cannot hold.")
    return array[..., None] if array.ndim == 2 else array


def _exact(array: NDArray[Any], scale: Sequence[float], offset: Sequence[float]) -> NDArray[Any]:
    """The pixels, if the values are in the network's own range."""
    rescale(array, scale, offset)  # refuses a scale of 0 before it divides
    return (array.astype(np.float32) - np.asarray(offset, np.float32)) / np.asarray(scale, np.float32)


def _of_one_shade(array: NDArray[Any], exact: NDArray[Any], steps: list[str]) -> bool:
    """Whether values of 0..1 would be one shade to a network on pixels, so that its picture is meant."""
    low, high = float(array.min()), float(array.max())
    if not (-1e-3 <= low < high <= 1.001 and np.ptp(exact) < _SHADES):
        return False
    steps.append(f"read with 1 as white, since its values run from {low:g} to {high:g} and would be one shade here")
    return True


def _to_pixels(array: NDArray[Any], steps: list[str]) -> NDArray[Any]:
    """uint8, or float32 in 0..255."""
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind == "f":
        # Arithmetic on 0..1 leaves it by a hair; read as 0..255 that would be a black picture.
        if low >= -1e-3 and high <= 255.001:
            return np.clip(array.astype(np.float32) * (255 if high <= 1.001 else 1), 0, 255)
    elif low >= 0 and high <= 255:
        return array.astype(np.uint8) * np.uint8(255 if array.dtype.kind == "b" else 1)
    elif low >= 0 and high <= 65535:
        steps.append(f"read with {white(white_of(array) or 0)} as white, as its values reach {high:,.0f}")
        return levels(array)[0]
    found = f"{array.dtype} values from {low:g} to {high:g}"
    raise NnvizError(f"Expected pixels 0..255, or floats 0..1 or of the input's own shape. Received: {found}.")


def _conformed(pixels: NDArray[Any], shape: Shape, steps: list[str]) -> NDArray[Any]:
    """Cropped, resized and with the channels wanted; says in `steps` what it did."""
    rows, columns, channels = pixels.shape
    if channels == 4 != shape[2]:
        pixels = 255 + (pixels[..., :3] - np.float32(255)) * (pixels[..., 3:] / np.float32(255))
        steps.append("laid over white")
    height, width, bound = _target(rows, columns, *shape[:2])
    kept_rows = min(rows, max(1, round(columns * height / width)))
    kept_columns = min(columns, max(1, round(rows * width / height)))
    if bound and (kept_rows, kept_columns) != (rows, columns):
        top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
        pixels = pixels[top : top + kept_rows, left : left + kept_columns]
        steps.append(f"cropped to {'a square' if height == width else f'{width}:{height}'}")
    to_grey = channels not in (1, shape[2]) and shape[2] not in (3, 4)
    if to_grey:  # before resizing, as that is a third of the work
        luma = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601, as in Pillow's mode L
        whole = pixels.dtype == np.uint8
        pixels = (np.asarray(Image.fromarray(pixels).convert("L")) if whole else pixels @ luma)[..., None]
    if pixels.shape[:2] != (height, width):
        why = "" if bound or max(rows, columns) <= LONG_SIDE else f" (long side limited to {LONG_SIDE})"
        steps.append(f"resized from {columns}x{rows} to {width}x{height}{why}")
        method = Image.Resampling.LANCZOS if height < pixels.shape[0] else Image.Resampling.BICUBIC
        planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(pixels, 2, 0)]
        pixels = np.stack([np.asarray(plane.resize((width, height), method)) for plane in planes], axis=2)
    steps += ["made grey"] * to_grey
    return np.clip(_in_channels(pixels, shape[2], steps), 0, 255)  # both filters overshoot


def _in_channels(pixels: NDArray[Any], channels: int, steps: list[str]) -> NDArray[Any]:
    """Grey repeated in the channels wanted; of four the last is the opacity, which is full."""
    opaque = channels == 4 != pixels.shape[2]
    wanted = channels - opaque
    if pixels.shape[2] != wanted:
        steps.append(f"grey repeated in {_NUMBERS.get(wanted, wanted)} channels")
        pixels = np.repeat(pixels, wanted, axis=2)
    if not opaque:
        return pixels
    steps.append("made opaque in the fourth channel")
    return np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)


def _target(rows: int, columns: int, height: int | None, width: int | None) -> tuple[int, int, bool]:
    """Height, width, and whether they bind the proportions, so that a crop is needed."""
    free = min(1.0, LONG_SIDE / max(rows, columns))
    factor = height / rows if height else width / columns if width else free
    tall, wide = height or max(1, round(rows * factor)), width or max(1, round(columns * factor))
    longest = max(LONG_SIDE, height or 0, width or 0)
    return min(tall, longest), min(wide, longest), bool(height and width) or max(tall, wide) > longest


def _border(pixels: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels, (N, C)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])


@dataclass(frozen=True)
class Transform:
    """What is done to a picture, in this order: invert, stretch, rotate, shift, noise, shuffle.

    What moves in from outside takes the median of the border, per channel, after the inversion: on a digit
    that is its background, black or white. A fixed 0 would draw an edge, and the network would answer to it.
    Raises NnvizError for a shift not of two whole numbers, a value not finite, a noise or seed below 0.
    """

    shift: tuple[int, int] = (0, 0)  # (dx, dy) in whole pixels, to the right and down
    rotate: float = 0.0  # degrees, anticlockwise, about the centre
    noise: float = 0.0  # standard deviation of the normal noise added, in pixel units 0..255
    invert: bool = False  # 255 - pixel
    stretch: bool = False  # paper and ink of a drawing at the ends of the range, shadows and grain gone
    seed: int = 0  # of the noise
    shuffle: int | None = None  # seed of the permutation of all pixels

    def __post_init__(self) -> None:
        whole = len(self.shift) == 2 and all(isinstance(step, Integral) for step in (*self.shift, self.seed))
        if not (whole and np.isfinite([self.rotate, self.noise]).all() and min(self.noise, self.seed) >= 0):
            raise NnvizError(f"Expected two whole shifts, noise and whole seed from 0. Received: {self}.")

    def apply(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """The transformed pixels (H, W, C), 0..255, float32, a new array; NnvizError unless they have 3 axes.

        For the network, `rescale` them: `fit` takes floats of the network's shape as rescaled already.
        """
        if pixels.ndim != 3 or pixels.size == 0:
            raise NnvizError(f"Expected pixels as (height, width, channels). Received: shape {pixels.shape}.")
        moved = 255 - pixels.astype(np.float32) if self.invert else pixels.astype(np.float32)
        if self.stretch and (drawn := paper_and_ink(moved)) is not None:
            moved = np.repeat(drawn.stretched[..., None], moved.shape[2], axis=2)
        for plane, tone in zip(np.moveaxis(moved, 2, 0), np.median(_border(moved), axis=0), strict=True):
            if self.rotate % 360:
                ndimage.rotate(plane.copy(), self.rotate, reshape=False, output=plane, order=1, cval=tone)
            ndimage.shift(plane.copy(), self.shift[::-1], output=plane, order=0, cval=tone)
        noise = np.random.default_rng(self.seed).normal(0, self.noise, moved.shape) if self.noise else 0
        moved = np.clip(moved + noise, 0, 255).astype(np.float32)
        return moved if self.shuffle is None else shuffled(moved, self.shuffle)
