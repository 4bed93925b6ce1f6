"""Layers that TensorFlow can compile whatever they are called.

Keras opens a name scope for each layer that it calls, and in a compiled function TensorFlow takes few names for one:
letters, figures and some signs of ASCII. A layer called "_a", "my layer" or "<b>" is saved and loaded, and fails when
it is compiled. So it is called through a twin of a plain name; what is shown keeps the layer's own.
"""

from __future__ import annotations

import re
from typing import Any

import keras

_SCOPE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.-]*")


def compilable(call: Any) -> Any:
    """What computes a step, as it is where TensorFlow takes its name and those of the layers within it, else a twin.

    The twin shares all weights and whatever else the layer holds.
    """
    if not isinstance(call, keras.layers.Layer) or all(_SCOPE.fullmatch(each.name) for each in call._flatten_layers()):
        return call
    return _twin(call)


def _twin(layer: Any) -> Any:
    # Not copy.copy: Keras answers it by saving and loading the layer, which makes new weights.
    twin = object.__new__(type(layer))
    own = {name: _within(value) for name, value in vars(layer).items()}
    twin.__dict__.update(own | {"name": "layer." + re.sub(r"[^A-Za-z0-9_.-]", "_", layer.name)})
    return twin


def _within(value: Any) -> Any:
    """A layer that another holds, or a list of such, by the same rule; all else as it is."""
    if isinstance(value, list):  # Keras' own, which notes what is put into it, is one too
        return [compilable(each) for each in value]
    return compilable(value)
