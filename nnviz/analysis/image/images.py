"""Pictures: bytes to pixels (0..255, 0 black), and those to a network's own range, pixel * scale + offset."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from nnviz.analysis.image.shuffle import shuffled
from nnviz.errors import NnvizError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_PIXELS = 50_000_000
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


def decode(content: bytes, name: str) -> NDArray[np.uint8]:
    """The pixels of a picture file: uint8, (H, W, 1) for a grey picture, else (H, W, 3).

    They are upright, laid over white where transparent, and of a GIF the first frame. 16-bit grey 0..65535
    becomes 0..255. Where the format fixes no white (32-bit integers, floats), it is the first of 255 and
    65535 (integers) or 1 and 255 (floats) that holds all values, else the maximum, and the minimum is black.
    Raises NnvizError where it is not of `FORMATS`, is damaged, empty, or over `MAX_PIXELS` pixels.
    """
    title = name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}"
    expected = f"{title}: expected a whole PNG, JPEG, WebP, BMP, TIFF or GIF picture"
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            # Before anything is unpacked: a file of a few kilobytes can ask for gigabytes.
            if not 0 < picture.width * picture.height <= MAX_PIXELS:
                raise NnvizError(f"{expected} of at most {MAX_PIXELS:,} pixels. Received: {picture.size}.")
            picture.load()
            with suppress(Exception):  # broken EXIF tells no orientation, and is no reason to refuse
                ImageOps.exif_transpose(picture, in_place=True)
            return _eight_bit(picture)
    except Exception as error:  # what a decoder raises on a damaged file is whatever it stumbled over
        if isinstance(error, NnvizError):
            raise
        start, unknown = content[:12], isinstance(error, Image.UnidentifiedImageError)
        found = f"{len(content)} bytes that start with {start!r}" if unknown else f"{type(error).__name__}: {error}"
        raise NnvizError(f"{expected}. Received: {found}.") from error


def _eight_bit(picture: Image.Image) -> NDArray[np.uint8]:
    mode = picture.mode
    if mode == "F" or mode.startswith("I"):
        values = np.asarray(picture)
        # Pillow keeps the transparent value of 16-bit grey aside and cannot lay it over white.
        clear = values == picture.info["transparency"] if "transparency" in picture.info else False
        return np.where(clear, np.uint8(255), _narrowed(values, mode.startswith("I;16")))[..., None]
    if picture.has_transparency_data:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    colours = np.array(picture.convert("RGB"))
    # A palette has no other way to say that it is grey.
    palette_grey = mode in ("P", "PA") and bool((colours == colours[..., :1]).all())
    return colours[..., :1].copy() if palette_grey or mode in ("1", "L", "LA") else colours


def _narrowed(values: NDArray[Any], sixteen: bool) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("a float picture with NaN or infinity")
    whites = (65535,) if sixteen else (1, 255) if values.dtype.kind == "f" else (255, 65535)
    holding = [white for white in whites if low >= 0 and high <= white]
    low, high = (0.0, float(holding[0])) if holding else (low, high if high > low else low + 1)
    return np.rint((values.astype(np.float64) - low) * (255 / (high - low))).astype(np.uint8)


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

    A float array of exactly the network's own input shape (all of it known), with or without a channel
    axis of 1, is taken as it is: it is in the network's range already. All else is a picture: booleans,
    integers 0..255, floats 0..1 or 0..255. It is cropped at the centre to the input's proportions, resized
    (Lanczos down, bicubic up), made grey (Rec. 601 luma) or repeated in three channels; a fourth one is full opacity,
    and any other number of channels is grey repeated. Where height and
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
    if array.dtype.kind == "f" and matches and not (photo and None in shape):
        own = np.array(array, np.float32)
        rescale(own, scale, offset)  # refuses a scale of 0 before it divides
        exact: NDArray[Any] = (own - np.asarray(offset, np.float32)) / np.asarray(scale, np.float32)
        pixels = np.clip(exact, 0, 255)
        if np.abs(exact - pixels).max() > 1:
            steps.append("taken as it is, with values beyond the network's range shown clipped")
    else:
        pixels = _to_pixels(array)
        pixels = (_conformed(pixels, shape, steps) if photo else pixels).astype(np.float32)
        own = rescale(pixels, scale, offset)
    note = [f"The picture was {', '.join(steps)}"] if steps else []
    if tuple(shape) == (28, 28, 1) and np.median(_border(pixels)) > 127:
        note.append("the background is bright; digits are trained white on black: try Invert")
    own.setflags(write=False)
    pixels.setflags(write=False)
    return Fitted(own, pixels, "; ".join(note) + "." if note else "")


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


def _to_pixels(array: NDArray[Any]) -> NDArray[Any]:
    """uint8, or float32 in 0..255."""
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind == "f":
        # Arithmetic on 0..1 leaves it by a hair; read as 0..255 that would be a black picture.
        if low >= -1e-3 and high <= 255.001:
            return np.clip(array.astype(np.float32) * (255 if high <= 1.001 else 1), 0, 255)
    elif low >= 0 and high <= 255:
        return array.astype(np.uint8) * np.uint8(255 if array.dtype.kind == "b" else 1)
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
    """What is done to a picture, in this order: invert, rotate, shift, noise, shuffle.

    What moves in from outside takes the median of the border, per channel, after the inversion: on a digit
    that is its background, black or white. A fixed 0 would draw an edge, and the network would answer to it.
    Raises NnvizError for a shift not of two whole numbers, a value not finite, a noise or seed below 0.
    """

    shift: tuple[int, int] = (0, 0)  # (dx, dy) in whole pixels, to the right and down
    rotate: float = 0.0  # degrees, anticlockwise, about the centre
    noise: float = 0.0  # standard deviation of the normal noise added, in pixel units 0..255
    invert: bool = False  # 255 - pixel
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
        for plane, tone in zip(np.moveaxis(moved, 2, 0), np.median(_border(moved), axis=0), strict=True):
            if self.rotate % 360:
                ndimage.rotate(plane.copy(), self.rotate, reshape=False, output=plane, order=1, cval=tone)
            ndimage.shift(plane.copy(), self.shift[::-1], output=plane, order=0, cval=tone)
        noise = np.random.default_rng(self.seed).normal(0, self.noise, moved.shape) if self.noise else 0
        moved = np.clip(moved + noise, 0, 255).astype(np.float32)
        return moved if self.shuffle is None else shuffled(moved, self.shuffle)
