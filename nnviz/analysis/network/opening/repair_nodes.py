"""The TensorFlow operation that a layer of Keras 2 holds: its name, what it works on, and its arguments by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_NODES = {
    "RealDiv": "truediv",
    "Sub": "subtract",
    "Add": "add",
    "AddV2": "add",
    "BiasAdd": "bias_add",
    "Mul": "multiply",
    "Neg": "negative",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Pow": "pow",
    "FloorMod": "floormod",
    "Abs": "abs",
    "Greater": "greater",
    "Less": "less",
    "Identity": "identity",
    "LogSoftmax": "log_softmax",
    "Softmax": "softmax",
}
_REDUCED = {"Mean": "reduce_mean", "Sum": "reduce_sum", "Max": "reduce_max", "Min": "reduce_min", "Prod": "reduce_prod"}
_SECOND = {
    "ExpandDims": ("expand_dims", "axis"),
    "Reshape": ("reshape", "shape"),
    "Transpose": ("transpose", "perm"),
    "Tile": ("tile", "multiples"),
    "Pad": ("pad", "paddings"),
    "MirrorPad": ("pad", "paddings"),
    "ArgMax": ("argmax", "axis"),
}
"""Operations whose second operand is a constant, and its name as an argument."""
_DTYPES = {
    "DT_FLOAT": "float32",
    "DT_HALF": "float16",
    "DT_DOUBLE": "float64",
    "DT_INT32": "int32",
    "DT_UINT8": "uint8",
}


def arguments(layer: Mapping[str, Any], first: Any, rest: dict[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    """Name of the operation as in `tf`, without its folder; its first operand; its arguments by name.

    Raises:
        KeyError: an operation that is not known, or not with these arguments.
    """
    config = layer["config"]
    if "node_def" in config:
        return _of_node(config, first)
    if not isinstance(config.get("function"), str):
        raise KeyError(layer["class_name"])
    if layer["class_name"] == "SlicingOpLambda":
        return "getitem", first, rest
    return config["function"].rpartition(".")[2], first, rest


def _attribute(node: Mapping[str, Any], name: str) -> Any:
    """The value of an attribute of a node; of None where it has none."""
    given = node.get("attr", {}).get(name, {})
    value = next(iter(given.values()), None)
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def _of_node(config: Mapping[str, Any], first: Any) -> tuple[str, Any, dict[str, Any]]:
    node = config["node_def"]
    node = json.loads(node) if isinstance(node, str) else node
    kind, constants = node["op"], {int(key): value for key, value in (config.get("constants") or {}).items()}
    tensors = list(first) if isinstance(first, list) else [first]
    count = len(tensors) + len(constants)
    given = [constants[at] if at in constants else tensors.pop(0) for at in range(count)]
    if kind in _NODES or kind in ("MatMul", "BatchMatMulV2"):
        return _plain_node(kind, node, given)
    if kind in _REDUCED:
        return _REDUCED[kind], given[0], {"axis": given[1], "keepdims": bool(_attribute(node, "keep_dims"))}
    if kind in _SECOND:
        name, argument = _SECOND[kind]
        mode = {"mode": _attribute(node, "mode")} if kind == "MirrorPad" else {}
        return name, given[0], {argument: given[1], **mode}
    return _special(kind, node, given)


def _plain_node(kind: str, node: Mapping[str, Any], given: list[Any]) -> tuple[str, Any, dict[str, Any]]:
    if any(_attribute(node, name) for name in ("transpose_a", "transpose_b", "adj_x", "adj_y")):
        raise KeyError(kind)
    name = _NODES.get(kind, "matmul")
    return name, given[0], {"y": given[1]} if len(given) > 1 else {}


def _special(kind: str, node: Mapping[str, Any], given: list[Any]) -> tuple[str, Any, dict[str, Any]]:
    if kind == "ConcatV2":
        return "concat", given[:-1], {"axis": given[-1]}
    if kind == "Pack":
        return "stack", given, {"axis": _attribute(node, "axis") or 0}
    if kind == "Squeeze":
        axes = node.get("attr", {}).get("squeeze_dims", {}).get("list", {}).get("i")
        return "squeeze", given[0], {"axis": [int(axis) for axis in axes] if axes else None}
    if kind == "Cast":
        return "cast", given[0], {"dtype": _DTYPES[_attribute(node, "DstT")]}
    if kind == "LeakyRelu":
        return "leaky_relu", given[0], {"alpha": _attribute(node, "alpha")}
    if kind == "ClipByValue":
        return "clip_by_value", given[0], {"clip_value_min": given[1], "clip_value_max": given[2]}
    if kind in ("ResizeBilinear", "ResizeNearestNeighbor"):
        if not _attribute(node, "half_pixel_centers") or _attribute(node, "align_corners"):
            raise KeyError(kind)
        return "resize", given[0], {"size": given[1], "method": "bilinear" if "Bi" in kind else "nearest"}
    if kind == "StridedSlice":
        return "getitem", given[0], {"slice_spec": _slices(node, *given[1:])}
    if len(given) == 1:
        return kind.lower(), given[0], {}
    raise KeyError(kind)


def _slices(node: Mapping[str, Any], begin: list[int], end: list[int], step: list[int]) -> list[Any]:
    """The parts of a slice, from the numbers and the bit masks in which TensorFlow keeps it."""
    masks = {name: int(_attribute(node, f"{name}_mask") or 0) for name in ("begin", "end", "ellipsis", "new_axis")}
    shrink = int(_attribute(node, "shrink_axis_mask") or 0)
    parts: list[Any] = []
    for at in range(len(begin)):
        bit = 1 << at
        if masks["ellipsis"] & bit:
            parts.append({"class_name": "__ellipsis__"})
        elif masks["new_axis"] & bit:
            parts.append(None)
        elif shrink & bit:
            parts.append(begin[at])
        else:
            start = None if masks["begin"] & bit else begin[at]
            parts.append({"start": start, "stop": None if masks["end"] & bit else end[at], "step": step[at]})
    return parts
