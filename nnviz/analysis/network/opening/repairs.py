"""What Keras wrote from 2.1 to 3.15, as a config from which the installed Keras builds the same model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnviz.analysis.network.opening import repair_calls, repair_layers
from nnviz.analysis.network.opening.mending import MODEL_KINDS, Mending
from nnviz.analysis.network.opening.repair_input import first_shape, input_layer
from nnviz.errors import NnvizError

Weights = Mapping[str, tuple[int, ...]]
"""Shapes of the stored arrays, by their path in the file."""

_FUNCTIONAL = {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional"}
_SEQUENTIAL = {"module": "keras", "class_name": "Sequential", "registered_name": None}
_INSIDE = ("layer", "forward_layer", "backward_layer", "cell")
"""Keys under which a layer holds another."""


def mended(config: Mapping[str, Any], weights: Weights | None = None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A model's config in the form of Keras 3, and a sentence for each thing that was mended.

    Nothing is built and nothing is imported by what the config says: what Keras 3 does not have stays
    as it is, for the allow-list to refuse.

    Args:
        config: as parsed from the file; it is left as it is.
        weights: shapes of the arrays in the file, where an input's shape has to be found from them.

    Raises:
        NnvizError: not a model's config, or an operation that Keras 3 cannot repeat exactly.
    """
    if not isinstance(config, Mapping) or "class_name" not in config or "config" not in config:
        raise NnvizError(f"The config of a Keras model was expected, and here is {type(config).__name__} without one.")
    how = Mending(by_keras_2(config), weights or {})
    return _entry(dict(config), how), tuple(how.notes)


def by_keras_2(config: Mapping[str, Any]) -> bool:
    """Whether a model's config is of Keras 1 or 2: an input's shape had another key there, and lists were calls."""
    version = config.get("keras_version")
    if isinstance(version, str) and version[:1].isdigit():
        return version[0] in "12"
    inside = config["config"]
    if isinstance(inside, list):
        return True
    if not isinstance(inside, Mapping):
        return False
    layers = inside.get("layers", ())
    for layer in layers if isinstance(layers, list) else ():
        own = layer.get("config") if isinstance(layer, Mapping) else None
        if isinstance(own, Mapping):
            if "batch_input_shape" in own:
                return True
            if "batch_shape" in own:
                return False
        if isinstance(own, Mapping | list) and layer.get("class_name") in MODEL_KINDS:
            return by_keras_2({**layer, "config": own})
    return any(isinstance(layer, Mapping) and "module" not in layer for layer in layers) and not any(
        isinstance(call, Mapping) for layer in layers for call in layer.get("inbound_nodes", ())
    )


def _entry(entry: Any, how: Mending) -> Any:
    """A layer or a model with what is inside it; what is not one of Keras' stays as it is."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str) or repair_layers.foreign(entry):
        return entry
    kind = entry["class_name"]
    if kind in MODEL_KINDS and kind != "Sequential":
        return (
            _functional(entry, how) if isinstance(entry.get("config"), dict) and "layers" in entry["config"] else entry
        )
    if kind == "Sequential":
        return _sequential(entry, how)
    if not isinstance(entry.get("config"), dict):
        return entry
    made = repair_layers.layer(entry, how)
    own = made["config"]
    for key in _INSIDE:
        if isinstance(own.get(key), dict):
            own[key] = _entry(own[key], how)
    if isinstance(own.get("cells"), list):
        own["cells"] = [_entry(cell, how) for cell in own["cells"]]
    for key in ("activation", "recurrent_activation"):
        if isinstance(own.get(key), dict) and repair_layers.is_layer(own[key]):
            own[key] = _entry(own[key], how)
    return made


def _kept(entry: Mapping[str, Any], form: Mapping[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    places = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    return {**form, "config": config, **places}


def _sequential(entry: dict[str, Any], how: Mending) -> dict[str, Any]:
    config = entry["config"]
    if isinstance(config, list):
        how.note("The layers of a Sequential were a bare list, as Keras 2.1 wrote them.")
        config = {"name": entry.get("name", "sequential"), "layers": config}
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list):
        raise NnvizError(f"A Sequential with a list of layers was expected, and here is {type(layers).__name__}.")
    made = []
    if layers and layers[0].get("class_name") != "InputLayer":
        shape = first_shape(layers[0], config, how)
        if shape is not None:
            first = layers[0].get("config")
            how.note(f"{config.get('name', 'The model')!s} had no input layer: one for {_told(shape)} was added.")
            made.append(input_layer(shape, first if isinstance(first, dict) else {}, len(layers)))
    made += [_entry(layer, how) for layer in layers]
    name = repair_layers.allowed_name(str(config.get("name", "sequential")), how)
    return _kept(entry, _SEQUENTIAL, {"name": name, "layers": made})


def _told(shape: list[Any]) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape[1:])


def _functional(entry: dict[str, Any], how: Mending) -> dict[str, Any]:
    config = entry["config"]
    layers = config["layers"]
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise NnvizError("A model with a list of layers was expected, and here is another thing in their place.")
    made = repair_calls.calls(config, how)
    entries = [_entry(layer, how) for layer in made["layers"]]
    name = repair_layers.allowed_name(str(config.get("name", "model")), how)
    ends: dict[str, Any] = {key: made[key] for key in ("input_layers", "output_layers") if key in made}
    kept = {"trainable": config["trainable"]} if isinstance(config.get("trainable"), bool) else {}
    return _kept(entry, _FUNCTIONAL, {"name": name, **kept, "layers": entries, **ends})
