"""What the last numbers of a network are: classes, labels, numbers, a picture, or steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import tensorflow as tf

from nnviz.analysis.network.output_head import LOGITS
from nnviz.errors import NnvizError

Kind = Literal["classes", "labels", "number", "numbers", "picture", "steps"]
Head = Literal["softmax", "sigmoid", "binary", "raw"]
End = Literal["activated", "logits", "log", "probabilities"]

_LEAST, _NEAR = 1e-30, 1e-7
"""Probabilities that still have a logarithm, and that are told from 0 and 1 beside each other, in float32."""


@dataclass(frozen=True)
class OutputFormat:
    """What a network gives.

    Attributes:
        kind: "classes" (of which one is right), "labels" (of which any may be), "number", "numbers", "picture" (a class
            or a colour a channel), "steps" (a class of each).
        head: what makes probabilities of the scores: "softmax", "sigmoid" (each by itself), "binary" (one sigmoid,
            counted as two classes with logits (0, z)), or "raw": nothing does, the numbers are what they are.
        shape: of one answer: (K,), (T, K) or (H, W, K), None where the size is free.
        end: where the model itself ends: with the probabilities ("activated"), before them ("logits"), with their
            logarithm ("log"), or with "probabilities" of which no score is found before them. Then the scores are the
            logits that these probabilities would have: log p, of a sigmoid log(p / (1 - p)).
        unit: of a number, as the card has it.
        found: how it was found, in a sentence, where it was not plain; else "".
    """

    kind: Kind
    head: Head
    shape: tuple[int | None, ...]
    end: End = "activated"
    unit: str = ""
    found: str = ""

    @property
    def classes(self) -> int:
        """How many scores there are: of a picture or of steps those of one place."""
        return 2 if self.head == "binary" else int(self.shape[-1] or 1)

    @property
    def shares(self) -> bool:
        """Whether the answer is in 0..1, to be read as a probability."""
        return self.head != "raw"

    @property
    def chooses(self) -> bool:
        """Whether it names classes or labels of the whole picture."""
        return self.kind in ("classes", "labels")

    @property
    def placed(self) -> bool:
        """Whether it is an answer for each place, of which `Graph.run` gives the mean."""
        return self.kind in ("picture", "steps")

    @property
    def coloured(self) -> bool:
        """Whether the three channels of a picture are its colours."""
        return self.kind == "picture" and self.shape[-1] == 3 and self.head != "softmax"

    def names(self, card: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of its classes: those of the card, else their numbers. Raises NnvizError where they do not fit."""
        given = card.get("classes", ())
        if not isinstance(given, list | tuple):
            raise NnvizError(f"A card with a list as its classes was expected. Received: {given!r}.")
        if given and len(given) != self.classes:
            raise NnvizError(
                f"A card with {self.classes} class names was expected, one an output. Received: {len(given)}."
            )
        if given:
            return tuple(map(str, given))
        if self.coloured:
            return "red", "green", "blue"
        if self.classes == 1:
            return ("the output",)
        return tuple(f"output {at}" if self.kind == "numbers" else str(at) for at in range(self.classes))


def finish(name: str, output: OutputFormat, value: Any) -> Any:
    """What is fetched as `name`, `LOGITS` or `PROBABILITIES`: (n, classes), of the tensor that the graph has for it."""
    values = tf.cast(tf.reshape(value, (tf.shape(value)[0], -1)), tf.float32)
    if output.placed:
        values = tf.reshape(values, (tf.shape(values)[0], -1, output.classes))
    if name == LOGITS:
        values = _scored(output, values)
    elif output.end == "logits":
        values = tf.nn.softmax(values) if output.head == "softmax" else tf.sigmoid(values)
    elif output.end == "log":
        values = tf.exp(values)
    if output.placed:
        values = tf.reduce_mean(values, axis=1)
    if output.head == "binary" and name == LOGITS:
        return tf.concat([tf.zeros_like(values), values], axis=1)
    return tf.concat([1 - values, values], axis=1) if output.head == "binary" else values


def _scored(output: OutputFormat, values: Any) -> Any:
    """Scores of what the graph has for them: itself, or where that is probabilities their logits."""
    if output.end != "probabilities":
        return values
    if output.head == "softmax":
        return tf.math.log(tf.maximum(values, _LEAST))
    values = tf.clip_by_value(values, _NEAR, 1 - _NEAR)
    return tf.math.log(values) - tf.math.log1p(-values)
