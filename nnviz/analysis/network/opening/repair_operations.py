"""TensorFlow operations that Keras 2 kept as layers (TFOpLambda, TensorFlowOpLayer), as the operations of Keras 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnviz.analysis.network.opening.mending import Mending
from nnviz.analysis.network.opening.repair_nodes import arguments
from nnviz.errors import NnvizError

_KINDS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "AddMetric", "AddLoss")
_NUMPY, _NN, _CORE, _MATH, _IMAGE = (f"keras.src.ops.{each}" for each in ("numpy", "nn", "core", "math", "image"))
Made = tuple[str, str, dict[str, Any], list[Any]]
"""Module, class, config and arguments of an operation of Keras 3."""

_UNARY = {
    **{name.lower(): (_NUMPY, name) for name in ("Exp", "Log", "Sqrt", "Square", "Tanh", "Floor", "Ceil", "Sign")},
    **{name.lower(): (_NUMPY, name) for name in ("Negative", "Log1p", "Expm1", "Sin", "Cos", "Reciprocal", "Round")},
    **{name.lower(): (_NN, name) for name in ("Sigmoid", "Relu", "Relu6", "Softplus", "Selu", "Silu", "Softsign")},
    "abs": (_NUMPY, "Absolute"),
    "rsqrt": (_MATH, "Rsqrt"),
    "erf": (_MATH, "Erf"),
    "swish": (_NN, "Silu"),
    "elu": (_NN, "Elu"),
    "log_sigmoid": (_NN, "LogSigmoid"),
}
_BINARY = {
    "truediv": "TrueDivide",
    "divide": "TrueDivide",
    "subtract": "Subtract",
    "add": "Add",
    "bias_add": "Add",
    "multiply": "Multiply",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "pow": "Power",
    "floormod": "Mod",
    "matmul": "Matmul",
    "greater": "Greater",
    "less": "Less",
}
_OVER = {
    "reduce_mean": "Mean",
    "reduce_sum": "Sum",
    "reduce_max": "Max",
    "reduce_min": "Min",
    "reduce_prod": "Prod",
    "reduce_std": "Std",
    "reduce_variance": "Var",
}


def is_operation(layer: Mapping[str, Any]) -> bool:
    """Whether a layer of Keras 2 stands for an operation of TensorFlow."""
    return layer.get("class_name") in _KINDS


def operation(layer: dict[str, Any], calls: list[tuple[Any, dict[str, Any]]], how: Mending) -> dict[str, Any]:
    """The operation of Keras 3 that counts the same.

    Args:
        layer: the layer of Keras 2.
        calls: the first argument of each of its calls, and those by name.

    Raises:
        NnvizError: there is none, or none that counts exactly the same.
    """
    made = []
    for first, rest in calls:
        try:
            name, first, rest = arguments(layer, first, rest)
            made.append((*_made(name, first, {key: each for key, each in rest.items() if key != "name"}),))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            called = layer["config"].get("function") or layer["config"].get("node_def", {}).get("op", "an operation")
            raise NnvizError(
                f"Operations that Keras 3 has too were expected, and the layer {str(layer.get('name'))[:60]!r} "
                f"calls TensorFlow's {str(called)[:60]!r}. Put it into a layer of Keras where the model was "
                "made, and save it again."
            ) from error
    module, kind, config, _ = made[0]
    if any((module, kind, config) != each[:3] for each in made):
        raise NnvizError(f"One operation a layer was expected, and there are several in {layer.get('name')!r}.")
    how.note("TensorFlow's operations in the graph became the same operations of Keras.")
    own = str(layer["config"].get("name") or layer.get("name")).replace("/", "_")
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": own, **config},
        "registered_name": kind,
        "name": layer.get("name"),
        "inbound_nodes": [{"args": args, "kwargs": {}} for *_, args in made],
    }


def _array(value: Any) -> Any:
    """A list of numbers as Keras writes a constant tensor; anything else as it is."""
    if isinstance(value, list) and value and not _has_tensor(value):
        return {"class_name": "__tensor__", "config": {"value": value, "dtype": "float32"}}
    return value


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get("class_name") == "__keras_tensor__" or any(_has_tensor(each) for each in value.values())
    return isinstance(value, list) and any(_has_tensor(each) for each in value)


def _made(name: str, first: Any, rest: dict[str, Any]) -> Made:
    """Raises KeyError for an operation or an argument without its like in Keras 3."""
    made = _simple(name, first, rest) or _SPECIAL[name](first, rest)
    if any(value not in _SILENT.get(key, (None,)) for key, value in rest.items()):
        raise KeyError(next(iter(rest)))
    if _has_tensor(made[2]):
        raise KeyError("an argument that is computed")
    return made


_SILENT: dict[str, tuple[Any, ...]] = {
    "data_format": (None, "NHWC"),
    "conjugate": (False,),
    "transpose_a": (False,),
    "transpose_b": (False,),
    "adjoint_a": (False,),
    "adjoint_b": (False,),
    "a_is_sparse": (False,),
    "b_is_sparse": (False,),
    "preserve_aspect_ratio": (False,),
}
"""Further arguments, with the values under which they change nothing."""


def _simple(name: str, first: Any, rest: dict[str, Any]) -> Made | None:
    if name in _UNARY:
        return *_UNARY[name], {}, [first]
    if name in _BINARY:
        second = rest.pop("y") if "y" in rest else rest.pop("bias") if "bias" in rest else rest.pop("b")
        return _NUMPY, _BINARY[name], {}, [_array(first), _array(second)]
    if name in _OVER:
        config = {"axis": rest.pop("axis", None), "keepdims": bool(rest.pop("keepdims", False))}
        return _NUMPY, _OVER[name], config, [first]
    return None


def _resize(first: Any, rest: dict[str, Any]) -> Made:
    method = rest.pop("method", "bilinear") or "bilinear"
    if method not in ("bilinear", "nearest", "bicubic"):
        raise KeyError(method)
    antialias = bool(rest.pop("antialias", False))
    size = [int(each) for each in rest.pop("size")]
    config = {"size": size, "interpolation": method, "antialias": antialias, "data_format": "channels_last"}
    return _IMAGE, "Resize", config, [first]


def _clip(first: Any, rest: dict[str, Any]) -> Made:
    return _NUMPY, "Clip", {"x_min": rest.pop("clip_value_min"), "x_max": rest.pop("clip_value_max")}, [first]


def _pad(first: Any, rest: dict[str, Any]) -> Made:
    mode = str(rest.pop("mode", "CONSTANT")).lower()
    filled = rest.pop("constant_values", 0)
    if filled not in (0, 0.0, None):
        raise KeyError("constant_values")
    return _NUMPY, "Pad", {"pad_width": rest.pop("paddings"), "mode": mode}, [first]


def _item(first: Any, rest: dict[str, Any]) -> Made:
    """A slice, each part of it as Keras writes slices."""
    given = rest.pop("slice_spec")
    parts = [_part(each) for each in (given if isinstance(given, list) else [given])]
    return _NUMPY, "GetItem", {}, [first, parts]


def _part(part: Any) -> Any:
    if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(part, Mapping):
        return {"class_name": "__slice__", "config": {key: part.get(key) for key in ("start", "stop", "step")}}
    if part is None or isinstance(part, int):
        return part
    raise KeyError("a part of a slice")


def _with(module: str, kind: str, **names: tuple[str, Any]) -> Callable[[Any, dict[str, Any]], Made]:
    """An operation whose config takes arguments of TensorFlow under other names (name, default)."""

    def made(first: Any, rest: dict[str, Any]) -> Made:
        config = {own: rest.pop(*given) for own, given in names.items()}
        return module, kind, config, [first]

    return made


_SPECIAL: dict[str, Callable[[Any, dict[str, Any]], Made]] = {
    "softmax": _with(_NN, "Softmax", axis=("axis", -1)),
    "log_softmax": _with(_NN, "LogSoftmax", axis=("axis", -1)),
    "leaky_relu": _with(_NN, "LeakyRelu", negative_slope=("alpha", 0.2)),
    "gelu": _with(_NN, "Gelu", approximate=("approximate", False)),
    "l2_normalize": _with(_NN, "Normalize", axis=("axis", None), epsilon=("epsilon", 1e-12)),
    "concat": _with(_NUMPY, "Concatenate", axis=("axis", 0)),
    "stack": _with(_NUMPY, "Stack", axis=("axis", 0)),
    "expand_dims": _with(_NUMPY, "ExpandDims", axis=("axis", 0)),
    "squeeze": _with(_NUMPY, "Squeeze", axis=("axis", None)),
    "reshape": _with(_NUMPY, "Reshape", newshape=("shape", None)),
    "transpose": _with(_NUMPY, "Transpose", axes=("perm", None)),
    "tile": _with(_NUMPY, "Tile", repeats=("multiples", None)),
    "argmax": _with(_NUMPY, "Argmax", axis=("axis", 0)),
    "cast": _with(_CORE, "Cast", dtype=("dtype", "float32")),
    "identity": lambda first, rest: ("keras.layers", "Identity", {}, [first]),
    "stop_gradient": lambda first, rest: ("keras.layers", "Identity", {}, [first]),
    "convert_to_tensor": lambda first, rest: ("keras.layers", "Identity", {}, [first]),
    "clip_by_value": _clip,
    "pad": _pad,
    "resize": _resize,
    "getitem": _item,
}
