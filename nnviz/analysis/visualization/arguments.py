"""What the arguments of a visualisation must be: each is refused in a sentence, before anything is compiled."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.network import Network
from nnviz.analysis.visualization.objectives import Objective
from nnviz.analysis.visualization.transforms import Transformation, moved
from nnviz.errors import NnvizError

_FREE, _LARGEST = 96, 1024
"""Side of the picture where the network takes any size, by default and at most."""
MOST_PICTURES = 16


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Refuse what is not a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise NnvizError(f"{name} was expected to be a whole number from {low} to {high}. Received: {value!r}.")


def real(name: str, value: Any, low: float, high: float = float("inf")) -> None:
    """Refuse what is not a finite number from `low` to `high`."""
    known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not known or not low <= value <= high or value == float("inf"):
        most = "or more" if high == float("inf") else f"to {high:g}"
        raise NnvizError(f"{name} was expected to be a number, {low:g} {most}. Received: {value!r}.")


def pictures(objective: Objective, count: int | None) -> int:
    """How many pictures at once: as many as the objective is for, else `count`, else one."""
    if count is not None:
        whole("count", count, 1, MOST_PICTURES)
    if objective.count is None:
        return 1 if count is None else int(count)
    whole("The count of pictures of an objective", objective.count, 1, MOST_PICTURES)
    if count is not None and count != objective.count:
        raise NnvizError(
            f"count was expected to be {objective.count}, as many as the objective is for, or left out. "
            f"Received: {count}."
        )
    return objective.count


def sized(network: Network, size: Any) -> tuple[int, int]:
    """(H, W) of the pictures: the network's own, and what is free as `size` says."""
    own = network.image_shape[:2]
    if size is None:
        return own[0] or _FREE, own[1] or _FREE
    if not isinstance(size, Sequence | np.ndarray) or isinstance(size, str) or len(size) != 2:
        raise NnvizError(f"size was expected to be two whole numbers, rows and columns. Received: {size!r}.")
    for name, value in zip(("rows of size", "columns of size"), size, strict=True):
        whole(name, value, 1, _LARGEST)
    height, width = (int(value) for value in size)
    if any(fixed is not None and fixed != value for fixed, value in zip(own, (height, width), strict=True)):
        takes = "x".join("any" if side is None else str(side) for side in own)
        raise NnvizError(
            f"size was expected to be left out, for {network.name} takes {takes} pixels alone. "
            f"Received: {height}x{width}."
        )
    return height, width


def moves(transforms: Any, height: int, width: int, channels: int) -> tuple[Transformation, ...]:
    """Transformations that pictures of that size can be given: each is tried on one."""
    if not isinstance(transforms, Sequence) or isinstance(transforms, str):
        raise NnvizError(f"transforms was expected to be a list of transformations. Received: {transforms!r}.")
    for each in transforms:
        if not callable(each) or not isinstance(each, Hashable):
            raise NnvizError(f"transforms was expected to be a list of transformations. Received: {each!r} in it.")
    picture = tf.fill((1, height, width, channels), 0.5)
    for at, each in enumerate(transforms):
        try:
            # One more each time: a border that one lays about the picture makes room for the next.
            moved(picture, transforms[: at + 1], tf.constant(0), tf.constant(0))
        except NnvizError:
            raise
        except (TypeError, ValueError, tf.errors.OpError) as error:
            raise NnvizError(
                f"Transformations were expected that pictures of {height}x{width} can be given. Received: {each!r}, "
                f"and TensorFlow says: {str(error).strip().splitlines()[0][:120]}"
            ) from error
    return tuple(transforms)
