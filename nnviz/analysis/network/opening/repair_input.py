"""The input layer that a Sequential of old lacks, and the shape it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnviz.analysis.network.opening.mending import MODEL_KINDS, Mending

_RANKS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "Dense": 0, "LSTM": 1, "GRU": 1, "SimpleRNN": 1}
"""Axes between batch and channels of what a layer takes."""


def input_layer(shape: list[Any], first: Mapping[str, Any], at: int) -> dict[str, Any]:
    """The config of an input layer for `shape` (with its batch axis), before the layer with the config `first`."""
    dtype = first.get("dtype")
    name = f"{first.get('name', at)}_input".replace("/", "_")
    config = {"batch_shape": shape, "dtype": dtype if dtype in ("int32", "int64", "uint8") else "float32", "name": name}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}


def first_shape(layer: Mapping[str, Any], model: Mapping[str, Any], how: Mending) -> list[Any] | None:
    """The shape that a Sequential takes, batch axis first: by its first layer, its building or its weights."""
    found = _own_shape(layer)
    if found is None:
        found = _shape(model.get("build_input_shape"))
    return found if found is not None else _by_weights(layer, how.weights)


def _shape(value: Any) -> list[Any] | None:
    if isinstance(value, Mapping):
        value = value.get("items")
    if isinstance(value, list) and value and all(size is None or isinstance(size, int) for size in value):
        return [None, *value[1:]]
    return None


def _own_shape(layer: Mapping[str, Any]) -> list[Any] | None:
    config = layer.get("config")
    layers = config if isinstance(config, list) else config.get("layers") if isinstance(config, Mapping) else None
    if layer.get("class_name") in MODEL_KINDS and isinstance(layers, list) and layers:
        first = layers[0]
        ends = config.get("input_layers") if isinstance(config, Mapping) else None
        while isinstance(ends, list) and ends and isinstance(ends[0], list):
            ends = ends[0]
        if isinstance(ends, list) and ends:
            first = next((each for each in layers if each.get("name") == ends[0]), first)
        return _own_shape(first) if isinstance(first, Mapping) else None
    if not isinstance(config, Mapping):
        return None
    for key in ("batch_shape", "batch_input_shape"):
        if (found := _shape(config.get(key))) is not None:
            return found
    for key in ("input_shape", "input_dim"):
        given = config.get(key)
        sizes = [given] if isinstance(given, int) and layer.get("class_name") != "Embedding" else given
        if isinstance(sizes, list) and sizes:
            return _shape([None, *sizes])
    if layer.get("class_name") == "Embedding":
        length = config.get("input_length")
        return [None, length if isinstance(length, int) else None]
    built = layer.get("build_config")
    return _shape(built.get("input_shape")) if isinstance(built, Mapping) else None


def _by_weights(layer: Mapping[str, Any], weights: Mapping[str, tuple[int, ...]]) -> list[Any] | None:
    """The number of channels is what the first kernel takes; sizes that nothing says are left open."""
    config, kind = layer.get("config"), layer.get("class_name")
    name = config.get("name") if isinstance(config, Mapping) else None
    if kind not in _RANKS or not name:
        return None
    for path, shape in weights.items():
        parts = path.replace(":0", "").split("/")
        if name in parts and (parts[-1] == "kernel" or parts[-2:] == ["vars", "0"]) and len(shape) >= 2:
            return [None, *[None] * _RANKS[kind], int(shape[-2])]
    return None
