"""What one gives a network, as it takes it: pictures fitted, numbers as they are, and nothing resampled unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnviz.analysis.image.images import LONG_SIDE, Fitted, fit
from nnviz.analysis.network.input_format import InputFormat, Shape
from nnviz.analysis.network.input_kind import LENGTH
from nnviz.errors import NnvizError

_WAVES = 5.0
"""Rows of the first wave that stands in for a series or a volume; that of each further column is longer."""


def fitted_to_input(takes: InputFormat, name: str, given: Any) -> Fitted:
    """What one gives a network, as it takes it.

    An array of the model's own input shape is taken as it is, with a batch axis of one too, and without a last axis of
    one. Of pictures and series whole numbers of 8 bits are pixels. Any other array is a picture that is fitted, if the
    network takes pictures (`images.fit`).

    Args:
        takes: what it takes.
        name: of the network, for the sentence of an error.
        given: an array, or nested lists of numbers.

    Raises:
        NnvizError: it fits no input of the network.
    """
    array, said = _without_batch(takes, name, _array(given))
    drawn = _drawn(takes, array)
    if takes.kind == "picture":
        found = fit(array, _size(takes, array), takes.scale, takes.offset) if drawn is None else _exact(takes, drawn)
    elif drawn is None:
        raise NnvizError(f"{_expected(takes, name)} was expected. Received: an array of shape {array.shape}.")
    else:
        found = _numbers(takes, drawn)
    if takes.order == "bgr" and array.dtype.kind == "f" and found.pixels.shape == array.shape:
        said.append("Its channels were read as red, green, blue")
    note = " ".join([f"{each}." for each in said] + [found.note] * bool(found.note))
    return Fitted(found.image, found.pixels, note)


def suits(takes: InputFormat, given: Any) -> bool:
    """Whether an array can be what a network takes: for pictures any, else one of its own shape."""
    array = np.asarray(given)
    if takes.kind == "picture":
        return True
    alone = array.ndim > 0 and len(array) == 1 and _drawn(takes, array[0]) is not None
    return alone or _drawn(takes, array) is not None


def stand_in(takes: InputFormat, name: str) -> Fitted:
    """What stands in for an input where nothing is given that it takes: said in its note."""
    rows, columns, channels = (size or free for size, free in zip(takes.shape, _free(takes), strict=True))
    if takes.kind == "vector":
        image, words = np.array(takes.default), "means, or middles, of its numbers"
    elif takes.kind == "tokens":
        image, words = np.arange(1, rows * columns + 1) % takes.vocabulary, f"{rows * columns} tokens in a row"
    else:
        at = np.arange(rows)[:, None, None] / (_WAVES * (1 + np.arange(columns)[:, None] + np.arange(channels)))
        pixels = 127.5 * (1 + np.sin(at))
        image, words = pixels * np.array(takes.scale) + np.array(takes.offset), "waves"
    found = _numbers(takes, image.reshape(rows, columns, channels).astype(np.float32))
    return Fitted(found.image, found.pixels, f"{_expected(takes, name)} is taken, no picture; shown: {words}.")


def _array(given: Any) -> np.ndarray:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise NnvizError(f"An array was expected. Received: a {type(given).__name__} of uneven rows.") from error
    if array.dtype.kind not in "buif" or array.size == 0 or array.ndim > 5:
        raise NnvizError(f"Numbers were expected. Received: an array of shape {array.shape} and type {array.dtype}.")
    if array.dtype.kind == "f" and not (np.abs(array) <= np.finfo(np.float32).max).all():
        raise NnvizError(
            f"Finite numbers were expected. Received: {array.dtype} of shape {array.shape}, not all finite."
        )
    return array


def _without_batch(takes: InputFormat, name: str, array: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The array without a batch axis, and what is said of that."""
    if array.ndim == 0 or _drawn(takes, array) is not None or _drawn(takes, array[0]) is None:
        return array, []
    if len(array) > 1:
        if takes.kind == "picture" and array.ndim == 2 and array.dtype == np.uint8:
            return array, []  # a picture, whose rows have the length of a vector by chance
        raise NnvizError(f"{_expected(takes, name)} was expected. Received: a batch of {len(array)}.")
    return array[0], ["The batch axis of one was dropped"]


def _drawn(takes: InputFormat, array: np.ndarray) -> np.ndarray | None:
    """An array of the model's own shape as it is drawn, (H, W, C); None where it is of another."""
    own = takes.own
    if _matches(takes.shape, array.shape):
        return array if takes.kind != "picture" or len(own) < 3 or None not in takes.shape else None
    if not _matches(own, array.shape):
        if not own or own[-1] != 1 or not _matches(own[:-1], array.shape):
            return None
        array = array[..., None]
    if takes.turned:
        return np.moveaxis(array, 0, -1)
    if len(own) == 3:
        return None if None in own else array
    if len(own) == 4:
        return array.reshape(-1, *array.shape[2:])
    rows, columns, _ = takes.shape
    return array[..., None] if len(own) == 2 else array.reshape(rows or 1, columns or -1, 1)


def _matches(shape: Sequence[int | None], sizes: Sequence[int]) -> bool:
    return len(shape) == len(sizes) and all(want in (None, have) for want, have in zip(shape, sizes, strict=True))


def _exact(takes: InputFormat, drawn: np.ndarray) -> Fitted:
    """Numbers of the model's own shape that are a picture: whole ones are pixels, floats are taken as they are."""
    return fit(drawn, drawn.shape, takes.scale, takes.offset)


def _numbers(takes: InputFormat, drawn: np.ndarray) -> Fitted:
    """Numbers (H, W, C) as they are; of a series and a volume those of 8 bits are pixels."""
    scale, offset = np.array(takes.scale, np.float32), np.array(takes.offset, np.float32)
    image = drawn.astype(np.float32)
    if drawn.dtype == np.uint8 and takes.kind in ("series", "volume"):
        pixels, image = image, image * scale + offset
    else:
        pixels = (image - offset) / scale
    if takes.kind == "tokens" and bool((image != np.round(image)).any()):
        raise NnvizError(f"Tokens, whole numbers from 0 to {takes.vocabulary - 1}, were expected. Received: others.")
    image.setflags(write=False)
    pixels.setflags(write=False)
    return Fitted(image, pixels, "")


def _size(takes: InputFormat, array: np.ndarray) -> Shape:
    """The size to fit a picture to; a free side stays free, unless it must be a multiple of something."""
    rows, columns, channels = takes.shape
    if takes.step == 1 or array.ndim < 2 or None not in (rows, columns):
        return takes.shape
    factor = min(1.0, LONG_SIDE / max(array.shape[:2]))
    whole = [max(1, round(side * factor / takes.step)) * takes.step for side in array.shape[:2]]
    return rows or whole[0], columns or whole[1], channels


def _free(takes: InputFormat) -> tuple[int, int, int]:
    """Sizes of a stand-in where they are free."""
    rows = LENGTH if takes.kind != "volume" else LENGTH // 2 * (takes.own[1] or 1)
    return rows, LENGTH, 1


def _expected(takes: InputFormat, name: str) -> str:
    """What a network takes, in words."""
    shape = "x".join("any" if size is None else str(size) for size in takes.own)
    if takes.kind == "vector":
        names = ", ".join(takes.names[:6]) + ", ..." * (len(takes.names) > 6)
        return f"A vector of {takes.shape[1]} numbers for {name} ({names})"
    if takes.kind == "picture":
        return f"One picture at a time for {name}"
    return {"series": "A series", "volume": "A volume", "tokens": "A row of tokens (whole numbers)"}[takes.kind] + (
        f" of shape {shape} for {name}"
    )
