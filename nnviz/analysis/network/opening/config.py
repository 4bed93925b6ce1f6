"""The config of a model, checked dict by dict: what comes out is built from the allow-list alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras.src.ops.operation import Operation

from nnviz.analysis.network.opening.allowed import (
    FUNCTIONS,
    LAYERS,
    MODELS,
    NAMES,
    OPERATIONS,
    OUTSIDE,
    find,
    home,
    is_keras,
)
from nnviz.analysis.network.opening.keras2 import HARD_SIGMOID
from nnviz.errors import NnvizError

MOST_LAYERS = 1500
"""Uses of layers, nested ones counted each time. The largest network of `keras.applications` has 1,041."""
_LARGEST = 2**31
_LARGEST_SEED = 2**64
_SEEDS = ("seed", "shared_object_id")
_VALUES = ("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__")
"""Names that Keras gives to plain values in a config."""
_NUMBERS = ("bool", "int", "uint", "float", "bfloat")
_ON_DISK = ("vocabulary", "idf_weights")
"""Parts of a config where Keras takes a string for the path of a file."""
_ON_GRAPHICS_CARDS = {
    "CuDNNLSTM": "LSTM(recurrent_activation='sigmoid')",
    "CuDNNGRU": "GRU(recurrent_activation='sigmoid', reset_after=True)",
}
"""Layers of Keras 2 whose weights lie otherwise, and what reads them there."""
_TRAINING = ("compile_config", "training_config")
_KEPT = ("build_config", "inbound_nodes", "name", "shared_object_id", "quantization_config")


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a config in which every object is one of Keras' own, with one picture in a batch and nothing of its
    training.

    Raises:
        NnvizError: it names anything else, or is larger than a network can be.
    """
    kind = config.get("class_name")
    if not isinstance(kind, str) or kind not in MODELS or not isinstance(config.get("config"), dict):
        raise NnvizError("A Sequential or functional model was expected, and this file's config is of none.")
    if uses(config) > MOST_LAYERS:
        raise NnvizError(f"A network of at most {MOST_LAYERS:,} layers was expected, and this one has more.")
    found = _Check(stateful=_stateful(config)).value(config, "")
    model = MODELS[found["class_name"]]
    return {**found, "module": home(model), "class_name": model.__name__, "registered_name": model.__name__}


def untrained(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a config without what only training needs, and otherwise as it is."""
    # An old config says no module; the outermost one is read as a new one.
    return {"module": "keras", **_untrained(config)}


def _untrained(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _untrained(part) for key, part in value.items() if key not in _TRAINING}
    return [_untrained(part) for part in value] if isinstance(value, list) else value


def uses(config: Any) -> int:
    """How many uses of layers a model's config has."""
    inside = config.get("config") if isinstance(config, dict) else None
    layers = inside.get("layers") if isinstance(inside, dict) else None
    if not isinstance(layers, list):
        return 1
    total = 0
    for layer in layers:
        nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
        total += uses(layer) * max(1, len(nodes) if isinstance(nodes, list) else 1)
    return total


def _stateful(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("stateful") is True or any(map(_stateful, value.values()))
    return isinstance(value, list) and any(map(_stateful, value))


class _Check:
    """One walk over a config; `at` is the name of the layer that the walk is in."""

    def __init__(self, stateful: bool) -> None:
        # A layer that keeps its state wants the size of the batch.
        self.batch = 1 if stateful else None

    def value(self, value: Any, at: str, key: str = "") -> Any:
        if isinstance(value, dict):
            if "class_name" in value:
                return self.object(value, at)
            return {name: self.value(part, at, name) for name, part in value.items() if name not in _TRAINING}
        if isinstance(value, list):
            parts = [self.value(part, at, key) for part in value]
            return [self.batch, *parts[1:]] if key in ("batch_shape", "batch_input_shape") and parts else parts
        if isinstance(value, int) and not -_LARGEST <= value <= (_LARGEST_SEED if key in _SEEDS else _LARGEST):
            raise NnvizError(f"Numbers of a network were expected, and {_layer(at)} has a {key[:20]} of far more.")
        if isinstance(value, str) and (key in _ON_DISK or "\0" in value):
            raise NnvizError(f"A vocabulary inside of the file was expected, and {_layer(at)} names a file for it.")
        kind = key.rpartition("_")[2]
        if isinstance(value, str) and kind in NAMES and value not in NAMES[kind]:
            article = "An" if kind[0] in "ai" else "A"
            raise NnvizError(
                f"{article} {kind} {_short(value)} in {_layer(at)} is not one of Keras' own: "
                "pass the model from Python: nnviz.load(model)."
            )
        return value

    def object(self, value: dict[str, Any], at: str) -> dict[str, Any]:
        class_name, config = value["class_name"], value.get("config")
        module = value.get("module")
        if not isinstance(class_name, str) or not isinstance(module, str | None):
            raise NnvizError(f"A config whose classes have names was expected, and {_layer(at)} has one without.")
        if class_name == "function":
            return self.function(value, at)
        if class_name.startswith("__"):
            return self.plain(value, at)
        found = find(class_name, module, operation=module is None and _is_operation(class_name, config))
        name = config.get("name") if isinstance(config, dict) else None
        if isinstance(name, str) and (found is None or issubclass(found, keras.Layer | Operation)):
            at = name
        registered = value.get("registered_name")
        if found is None or (registered is not None and registered not in (class_name, found.__name__)):
            raise NnvizError(_foreign(class_name, module, at))
        self.fed(value.get("inbound_nodes"), at)
        kept: dict[str, Any] = {key: self.value(value[key], at, key) for key in _KEPT if key in value}
        if issubclass(found, keras.Sequential):
            self.one_in_a_batch(kept.get("build_config"))
        made = {"class_name": class_name, "config": self.value(config, at), **kept}
        if module is None and found is LAYERS.get(class_name) and class_name in vars(keras.src.layers):
            return made  # Keras mends old configs of layers, which say no module
        if module is None and not issubclass(found, keras.Layer | Operation):
            return made
        return {**made, "module": home(found), "class_name": found.__name__, "registered_name": found.__name__}

    def fed(self, nodes: Any, at: str) -> None:
        """A use of a layer on constants alone, which Keras never writes, would be computed while it is built."""
        for node in nodes if isinstance(nodes, list) else ():
            if isinstance(node, dict) and not _holds_tensor(node):
                raise NnvizError(f"Layers that are fed by other layers were expected, and {_layer(at)} is not.")

    def one_in_a_batch(self, built: Any) -> None:
        """A Sequential without an input layer is built for a whole batch."""
        shape = built.get("input_shape") if isinstance(built, dict) else None
        if isinstance(shape, list) and shape:
            built["input_shape"] = [self.batch, *shape[1:]]

    def function(self, value: dict[str, Any], at: str) -> dict[str, Any]:
        name, module = value.get("config"), value.get("module")
        if name == HARD_SIGMOID and module == "builtins":
            return {"module": module, "class_name": "function", "config": name, "registered_name": name}
        known = module is None or module == "builtins" or (isinstance(module, str) and is_keras(module))
        if (
            not isinstance(name, str)
            or name not in FUNCTIONS
            or not known
            or value.get("registered_name") not in (None, "function", name)
        ):
            raise NnvizError(
                f"A function {_short(name)} in {_layer(at)} is not one of Keras' own: "
                "pass the model from Python: nnviz.load(model)."
            )
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}

    def plain(self, value: dict[str, Any], at: str) -> dict[str, Any]:
        class_name, config = value["class_name"], value.get("config")
        if class_name == "__lambda__":
            raise NnvizError(_code(at))
        dtype = config.get("dtype") if isinstance(config, dict) else None
        if class_name == "__keras_tensor__" and dtype == "string":
            raise NnvizError(f"A network that computes with numbers was expected, and {_layer(at)} reads strings.")
        if class_name not in _VALUES or not (dtype is None or (isinstance(dtype, str) and dtype.startswith(_NUMBERS))):
            raise NnvizError(f"Numbers were expected in the config, and {_layer(at)} holds {_short(class_name)}.")
        return {"class_name": class_name, "config": self.value(config, at)}


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__" or any(map(_holds_tensor, value.values()))
    return isinstance(value, list) and any(map(_holds_tensor, value))


def _is_operation(class_name: str, config: Any) -> bool:
    """Whether an old config means an operation and not the layer of its name: only layers can be trained."""
    return class_name in OPERATIONS and isinstance(config, dict) and "trainable" not in config and "name" in config


def _foreign(class_name: str, module: str | None, at: str) -> str:
    if class_name == "Lambda" and (module is None or is_keras(module)):
        return _code(at)
    if class_name in _ON_GRAPHICS_CARDS:
        return (
            f"Layers for any processor were expected, and {_short(at)} is a {class_name}, for graphics cards and "
            f"Keras 2 alone: there, build the network with {_ON_GRAPHICS_CARDS[class_name]}, load_weights into it, and "
            "save that."
        )
    if class_name in OUTSIDE:
        return (
            f"A {class_name} {_short(at)} runs what stands outside of the file: "
            "pass the model from Python: nnviz.load(model)."
        )
    return (
        f"A layer of class {_short(class_name.rpartition('>')[2])} ({_layer(at)}) is not one of Keras' own: "
        "pass the model from Python: nnviz.load(model)."
    )


def _code(at: str) -> str:
    return (
        f"A Lambda layer {_short(at)} runs Python code of its own: "
        "put its function into a layer, or start with --trust PATH if you trust the file."
    )


def _layer(at: str) -> str:
    return f"layer {_short(at)}" if at else "its config"


def _short(name: object) -> str:
    return repr(str(name)[:40])
