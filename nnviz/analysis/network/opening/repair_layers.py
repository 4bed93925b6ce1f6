"""One layer's own config as Keras 3 takes it: names, arguments that went, values that changed their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnviz.analysis.network.opening.mending import MODEL_KINDS, Mending
from nnviz.errors import NnvizError

_OWN = ("keras", "tf_keras", "tensorflow.python.keras", "tensorflow.keras", "tensorflow.tools.docs")
_RENAMED = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "DropoutV2": "Dropout",
}
_GONE: dict[str, tuple[Any, ...]] = {
    "time_major": (False,),
    "ragged": (False, None),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "causal": (False, None),
    "mode": (0,),
}
"""Arguments that Keras 3 has no more, with the values under which leaving them out changes nothing."""
_UNUSED = ("implementation", "input_dim", "input_length", "input_dtype", "input_shape", "batch_input_shape", "fused")
"""Arguments that Keras 3 has no more and that never changed a number."""
_ALL = ("_initializer", "_regularizer", "_constraint")
"""Endings of what acts before and in training only."""
_ONLY: dict[str, tuple[str, ...]] = {
    "DepthwiseConv1D": ("groups", "filters"),
    "DepthwiseConv2D": ("groups", "filters"),
    "SeparableConv1D": ("groups",),
    "SeparableConv2D": ("groups",),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "SpatialDropout2D": ("trainable", "noise_shape"),
    "SpatialDropout3D": ("trainable", "noise_shape"),
    "Embedding": ("dropout",),
    "Dropout": ("noise_shape",),
    "AlphaDropout": ("noise_shape",),
    **dict.fromkeys(("RandomRotation", "RandomFlip", "RandomZoom", "RandomTranslation"), ("value_range",)),
}
"""Arguments that one kind of layer has no more."""
_TRAINING_ONLY = ("RandomHeight", "RandomWidth")
_VALUES = {"__tuple__": "items", "TensorShape": "items", "ListWrapper": "items"}


def foreign(entry: Mapping[str, Any]) -> bool:
    """Whether an object says that it is not one of Keras' own."""
    module, name = entry.get("module"), str(entry.get("registered_name") or entry["class_name"])
    if ">" in name and not name.startswith("Addons>"):
        return True
    return isinstance(module, str) and not any(module == own or module.startswith(own + ".") for own in _OWN)


def is_layer(value: Mapping[str, Any]) -> bool:
    """Whether a value of a config is a layer, such as the LeakyReLU that is given as an activation."""
    kind = value.get("class_name")
    return isinstance(kind, str) and isinstance(value.get("config"), dict) and kind not in ("function", "__lambda__")


def allowed_name(name: str, how: Mending) -> str:
    """A layer's name without what Keras 3 allows in none."""
    if "/" not in name:
        return name
    how.note("Names of layers have a _ where they had a /.")
    return name.replace("/", "_")


def layer(entry: Mapping[str, Any], how: Mending) -> dict[str, Any]:
    """The config of a layer of Keras as the installed Keras takes it; what is inside it is left as it is."""
    kind = _RENAMED.get(entry["class_name"], entry["class_name"])
    module = entry.get("module")
    if not isinstance(module, str) or _moved(module):
        module = "keras.layers"
    config = _plain(entry["config"])
    name = str(config.get("name") or entry.get("name") or kind)
    config["name"] = allowed_name(name, how)
    if not how.old and kind == entry["class_name"] and module.startswith("keras.src.ops"):
        return {**entry, "config": config}
    kind, config = _of_its_kind(kind, config, how)
    if kind in ("ReLU", "Identity"):  # what they stand for was elsewhere
        module = "keras.layers"
    _without(kind, config, how)
    config["dtype"] = _dtype(config.get("dtype"))
    if config["dtype"] is None:
        del config["dtype"]
    for key in ("activation", "recurrent_activation"):
        if key in config:
            config[key] = _activation(config[key], how)
    made = {"class_name": kind, "config": config, "registered_name": None}
    if how.old or "module" in entry:  # an HDF5 file of Keras 3 says no modules; the place says the kind
        made = {"module": module, **made}
    kept = ("name", "inbound_nodes") if how.old else ("name", "inbound_nodes", "build_config", "shared_object_id")
    return {**made, **{key: entry[key] for key in kept if key in entry}}


def _moved(module: str) -> bool:
    """Whether classes are elsewhere in Keras 3; `keras.src.ops` and the folder of legacy layers are where they were."""
    return not module.startswith(("keras.layers", "keras.src.ops", "keras._legacy", "keras.src.applications"))


def _plain(value: Any) -> Any:
    """Lists and numbers in place of the wrappers that old writers put around them."""
    if isinstance(value, dict):
        kind = value.get("class_name")
        if kind in _VALUES and isinstance(value.get("items"), list):
            return [_plain(each) for each in value["items"]]
        if set(value) == {"type", "value"} and value["type"] == "ndarray":
            return _plain(value["value"])
        if kind == "__numpy__" and isinstance(value.get("config"), dict):
            number = value["config"].get("value")
            return number if isinstance(number, int | float) else value
        return {key: each if _kept_whole(key) else _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _kept_whole(key: str) -> bool:
    return key in ("function", "arguments")


def _of_its_kind(kind: str, config: dict[str, Any], how: Mending) -> tuple[str, dict[str, Any]]:
    """Where a kind went, and arguments that changed their name or their default."""
    if kind == "ThresholdedReLU":
        how.note("ThresholdedReLU is now a ReLU with that threshold.")
        kept: dict[str, Any] = {key: config[key] for key in ("name", "dtype") if key in config}
        return "ReLU", {**kept, "threshold": config.get("theta", 1.0)}
    if kind in _TRAINING_ONLY:
        how.note(f"{kind} acts in training only: it passes its picture on.")
        return "Identity", {key: config[key] for key in ("name", "dtype") if key in config}
    if kind == "InputLayer":
        shape = config.pop("batch_input_shape", None)
        config.setdefault("batch_shape", shape)
    if kind == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if kind == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    if kind == "GRU" and how.old:
        config.setdefault("reset_after", False)
    if config.get("stateful") is True:
        config["stateful"] = False
        how.note(f"{config['name']} was stateful: it now begins anew with every input.")
    return kind, config


def _without(kind: str, config: dict[str, Any], how: Mending) -> None:
    """Takes out the arguments that went with Keras 2. Raises NnvizError where one changes the numbers."""
    for key, harmless in _GONE.items() if how.old else ():
        if key not in config or (key == "ragged" and kind != "InputLayer"):
            continue
        if key == "mode" and kind != "BatchNormalization":
            continue
        if config[key] not in harmless:
            raise NnvizError(
                f"Layers that Keras 3 can build were expected, and here is {config['name']}, a {kind} with "
                f"{key}={config[key]!r}, which Keras 3 has no more."
            )
        del config[key]
        if key != "ragged":
            how.note(f"{key} was left out: Keras 3 has it no more.")
    for key in (*_UNUSED, *_ONLY.get(kind, ())):
        if key == "input_dim" and kind == "Embedding":
            continue
        if key == "groups" and config.get(key, 1) not in (1, None):
            raise NnvizError(
                f"Layers that Keras 3 can build were expected, and here is {config['name']}, a {kind} with "
                f"groups={config[key]!r}, which Keras 3 has no more."
            )
        if key in config:
            del config[key]
            if key == "groups":
                how.note(f"{key} was left out of {kind}: Keras 3 has it no more.")
    if how.old:
        for key in [each for each in config if each.endswith(_ALL)]:
            del config[key]


def _dtype(value: Any) -> Any:
    """A dtype or the name of a policy; policies of Keras 3 stay as they are."""
    if isinstance(value, dict):
        inside = value.get("config")
        name = inside.get("name") if isinstance(inside, dict) else None
        if value.get("module") == "keras" and value.get("class_name") != "FloatDTypePolicy":
            return value
        if str(value.get("class_name", "")).endswith(("Policy", "PolicyV1")) and isinstance(name, str):
            value = name
    return None if value in (None, "_infer", "infer") else value


def _activation(value: Any, how: Mending) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "function" and value.get("module") == "builtins":
        value = value.get("config")
    if value == "hard_sigmoid" and how.old:
        how.note("hard_sigmoid is Keras 2's, 0.2 x + 0.5 held to 0..1; Keras 3 has another under that name.")
        name = "nnviz>hard_sigmoid"
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
    return {"softmax_v2": "softmax", "relu_v2": "relu"}.get(value, value) if isinstance(value, str) else value


__all__ = ["MODEL_KINDS", "allowed_name", "foreign", "is_layer", "layer"]
