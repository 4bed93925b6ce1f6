"""The allow-list: the exact Keras classes and functions that a model file may name, by kind."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import ModuleType

import keras
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from keras.src.legacy import layers as old_layers
from keras.src.ops import core, einops, image, linalg, math, nn, numpy
from keras.src.ops.operation import Operation

OUTSIDE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
"""Layers that run or load what stands outside of Keras."""
_CALL_A_FUNCTION = (
    "Map", "Scan", "AssociativeScan", "Switch", "WhileLoop", "ForiLoop", "Cond", "VectorizedMap", "JVP",
)  # fmt: skip
"""Operations that are given a Python function."""
_ABSTRACT = ("Layer", "Input", "InputSpec")

Named = dict[str, type]


def _classes(*modules: ModuleType, but: Iterable[str] = (), of: type = object) -> Named:
    """The public classes of modules by every name that they have there."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, of) and not name.startswith("_") and name not in but
    }


MODELS: Named = {"Sequential": keras.Sequential, "Functional": keras.src.models.Functional, "Model": keras.Model}
LAYERS: Named = (
    _classes(keras.layers, but=(*OUTSIDE, *_ABSTRACT))
    | {name: getattr(old_layers, name) for name in ("RandomHeight", "RandomWidth", "ThresholdedReLU")}
    | {each.__name__: each for each in (LayerScale, StochasticDepth, CustomScaleLayer)}
)
OPERATIONS: Named = _classes(core, einops, image, linalg, math, nn, numpy, but=_CALL_A_FUNCTION, of=Operation)
OPERATIONS.pop("Operation", None)

KINDS: Mapping[str, Named] = {
    "layers": LAYERS | MODELS,
    "ops": OPERATIONS,
    "initializers": _classes(keras.initializers),
    "regularizers": _classes(keras.regularizers),
    "constraints": _classes(keras.constraints),
    "dtype_policies": _classes(keras.dtype_policies),
    "quantizers": _classes(keras.quantizers),
}
"""By the part of a module's name that says the kind."""
_SAYS: Mapping[str, str] = {
    "dtype_policy": "dtype_policies", "dtype_policy_map": "dtype_policies", "mixed_precision": "dtype_policies",
    "initializers_v1": "initializers", "initializers_v2": "initializers", "quantization_config": "quantizers",
}  # fmt: skip
"""Parts of module names of older Keras versions."""

FUNCTIONS: frozenset[str] = frozenset(
    name
    for name, value in vars(keras.activations).items()
    if inspect.isfunction(value) and name not in ("get", "serialize", "deserialize")
)

NAMES: Mapping[str, frozenset[str]] = {
    "activation": frozenset(keras.src.activations.ALL_OBJECTS_DICT),
    "initializer": frozenset(keras.src.initializers.ALL_OBJECTS_DICT),
    "regularizer": frozenset(keras.src.regularizers.ALL_OBJECTS_DICT),
    "constraint": frozenset(keras.src.constraints.ALL_OBJECTS_DICT),
}
"""What a plain string may name, by the last word of its key (`kernel_initializer`)."""


def is_keras(module: str) -> bool:
    """Whether a module's name is one of Keras, of this version or an older one."""
    return module.split(".", 1)[0] == "keras" or module.startswith(("tensorflow.keras", "tensorflow.python.keras"))


def find(class_name: str, module: str | None, operation: bool = False) -> type | None:
    """The class that a config means, or None where it is not in the list.

    Args:
        class_name: as the config says.
        module: the same; None in an old config, where the place says the kind.
        operation: whether it stands, in an old config, where an operation stands.
    """
    if module is not None and not is_keras(module):
        return None
    parts = [_SAYS.get(part, part) for part in (module or "").split(".")]
    said = [part for part in parts if part in KINDS]
    kinds = said[:1] or (["ops"] if operation else [kind for kind in KINDS if kind != "ops"])
    return next((KINDS[kind][class_name] for kind in kinds if class_name in KINDS[kind]), None)


def home(found: type) -> str:
    """The module in which this Keras finds a class of the list."""
    public = next((kind for kind in ("quantizers", "dtype_policies") if found in KINDS[kind].values()), "")
    return f"keras.{public}" if public else found.__module__
