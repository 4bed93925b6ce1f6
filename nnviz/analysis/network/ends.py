"""The ends of a model with several inputs or outputs: which input varies, at what the others are held, which output is
explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz.analysis.network.card import section
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Ends:
    """What a card says of them; what it leaves out is chosen.

    Attributes:
        input: name of the input that varies; by default the first that a picture fits, else the first.
        output: name of the output that is explained; by default the first.
        held: by the name of another input, the number (or the array of its shape) that it is held at; by default 0.
    """

    input: str | None = None
    output: str | None = None
    held: Mapping[str, Any] | None = None

    @classmethod
    def said(cls, card: Mapping[str, Any]) -> Ends:
        """What a card says of them. Raises NnvizError where it holds inputs at something that names none."""
        given, answers = section(card, "input"), section(card, "output")
        return cls(given.get("name"), answers.get("name"), section(given, "held"))

    def left_out(self, inputs: Sequence[str], outputs: Sequence[str], varies: str, explained: str) -> str:
        """What was chosen in the place of what a card does not say, in words, or "".

        Args:
            inputs, outputs: names of all that the model has.
            varies, explained: those that were chosen.
        """
        resting = [name for name in inputs if name != varies and name not in (self.held or {})]
        parts = []
        if len(inputs) > 1 and self.input is None:
            parts.append(f"of its inputs ({', '.join(inputs)}) {varies} varies")
        if resting:
            parts.append(f"{', '.join(resting)} held at 0")
        if len(outputs) > 1 and self.output is None:
            parts.append(f"of its outputs ({', '.join(outputs)}) {explained} is explained")
        return "; ".join(parts)


def input_names(source: Any) -> tuple[str, ...]:
    """Names of the inputs of a functional model, in its own order."""
    return tuple(tensor.name for tensor in source.inputs)


def output_names(source: Any) -> tuple[str, ...]:
    """Names of its outputs: the keys of a dict, else those of the layers that make them, each once."""
    if isinstance(source.output, dict) and len(source.output) == len(source.outputs):
        return tuple(sorted(source.output))  # as Keras flattens a dict
    found: list[str] = []
    for name in source.output_names:
        uses, own = 1, name
        while own in found:
            uses += 1
            own = f"{name}#{uses}"
        found.append(own)
    return tuple(found)


def place(names: Sequence[str], wanted: Any, what: str, default: int = 0, also: Sequence[str] = ()) -> int:
    """Which of them is meant (`also`: by another name). Raises NnvizError, listing them, where it is none of them."""
    if wanted is None:
        return default
    if wanted not in names and wanted in also:
        return list(also).index(wanted)
    if wanted not in names:
        raise NnvizError(f"An {what} of the model was expected: {', '.join(names)}. Received: {wanted!r}.")
    return list(names).index(wanted)


def first_picture(tensors: Sequence[Any]) -> int:
    """The place of the first input that a picture fits."""

    def unlike(shape: tuple[int | None, ...]) -> int:
        if len(shape) == 3:
            return 0 if shape[-1] in (1, 3, 4) else 1
        return {4: 2, 2: 3, 1: 4}.get(len(shape), 5)

    return min(range(len(tensors)), key=lambda at: unlike(tuple(tensors[at].shape[1:])))


@dataclass(frozen=True)
class Held:
    """An input that is held: makes its value once an image."""

    value: Any
    like: Any

    def __call__(self, fed: Any, image: Any) -> Any:
        """The value, once for each of the batch that is fed; a free axis is as long as that of the images (None where
        they are not at hand), else 1."""
        shape = self.like.shape
        same = image is not None and len(image.shape) == len(shape)
        sizes = [tf.shape(image)[axis] if same else 1 for axis in range(len(shape))]
        sizes = [own if size is None else size for own, size in zip(sizes[1:], shape[1:], strict=True)]
        return tf.broadcast_to(tf.cast(self.value, self.like.dtype), [tf.shape(fed)[0], *sizes])


def held(tensor: Any, value: Any) -> tuple[Held, keras.KerasTensor]:
    """An input of a model held at a value, and the tensor that stands for it.

    Raises:
        NnvizError: a value that is no number, and no array of the input's shape.
    """
    shape = tuple(tensor.shape[1:])
    try:
        array = np.asarray(value)
        good = array.dtype.kind in "biuf" and bool(np.isfinite(array).all())
        good = good and (array.ndim == 0 or len(array.shape) == len(shape))
        good = good and all(
            want in (None, 1, have) or have == 1 for want, have in zip(shape, array.shape, strict=False)
        )
    except (TypeError, ValueError):
        good = False
    if not good:
        raise NnvizError(
            f"A number, or numbers of shape {shape}, was expected to hold input {tensor.name} at. Received: {value!r}."
        )
    own = keras.KerasTensor(tensor.shape, dtype=tensor.dtype)
    return Held(array, own), own
