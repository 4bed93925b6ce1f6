"""Networks that branch at random, and what leads where in them, written down while they are built."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from keras import layers

LAYERS = 9


def woven(seed: int) -> tuple[keras.Model, dict[str, list[str]]]:
    """A model of convolutions, activations and sums, each of what came anywhere before it; and what each reads."""
    generator = np.random.default_rng(seed)
    made = [keras.Input((5, 5, 2), name="picture")]
    reads: dict[str, list[str]] = {"picture": []}
    for number in range(LAYERS):
        first, second = sorted(generator.choice(len(made), 2, replace=False)) if number else (0, 0)
        kind, name = generator.integers(3) if number else 0, f"n{number}"
        if kind == 0:
            made.append(layers.Conv2D(2, 3, padding="same", name=name)(made[second]))
        elif kind == 1:
            made.append(layers.Activation("tanh", name=name)(made[second]))
        else:
            made.append(layers.Add(name=name)([made[first], made[second]]))
        names = list(reads)
        reads[name] = [names[first], names[second]] if kind == 2 else [names[second]]
    read = {name for sources in reads.values() for name in sources}
    open_ = [name for name in reads if name not in read]
    tensors = dict(zip(reads, made, strict=True))
    last = open_[0]
    if len(open_) > 1:
        tensors["joined"], reads["joined"], last = (
            layers.Average(name="joined")([tensors[n] for n in open_]),
            open_,
            "joined",
        )
    pooled = layers.GlobalAveragePooling2D(name="pooled")(tensors[last])
    reads |= {"pooled": [last], "answer": ["pooled"]}
    return keras.Model(made[0], layers.Dense(3, activation="softmax", name="answer")(pooled)), reads


def ways(reads: dict[str, list[str]], name: str) -> Iterator[list[str]]:
    """Every way from the picture to a layer, backwards from the layer before it, the picture left out."""
    for source in reads[name]:
        if source == "picture":
            yield []
        else:
            yield from ([source, *way] for way in ways(reads, source))
