"""A functional model's calls: lists of Keras 2 as the arguments that Keras 3 writes, counted as Keras 3 counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnviz.analysis.network.opening.mending import MODEL_KINDS, Mending
from nnviz.analysis.network.opening.repair_operations import is_operation, operation
from nnviz.errors import NnvizError

_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_CONSTANT = "_CONSTANT_VALUE"


def calls(model: Mapping[str, Any], how: Mending) -> dict[str, Any]:
    """The config of a functional model with every call in Keras 3's form.

    Keras 2 gave a model inside another a first node of its own, so that its calls counted from 1; Keras 3
    counts them from 0, except that the outputs of the whole count a Functional's from 1.
    """
    layers = model["layers"]
    named = {str(each.get("name")): each for each in layers}
    used = _used(model)
    models = {name: each for name, each in named.items() if each.get("class_name") in MODEL_KINDS}
    shifts = {name: _shift(each, used.get(name, set())) for name, each in models.items()}
    made = [_layer(each, named, shifts, how) for each in layers]
    ends = {}
    for key in ("input_layers", "output_layers"):
        if key in model:
            ends[key] = _alone(_ends(model[key], named, shifts))
    return {**model, "layers": made, **ends}


def _old(layer: Mapping[str, Any]) -> list[Any]:
    """The calls of a layer that are in Keras 2's form."""
    given = layer.get("inbound_nodes") or []
    return [call for call in given if not (isinstance(call, Mapping) and "args" in call)]


def _leaves(value: Any) -> Iterator[list[Any]]:
    """References to an output, (layer, call, output, ...), anywhere inside a call."""
    if _reference(value) or _constant(value):
        yield value
        value = value[3] if len(value) > 3 else None
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def _reference(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 3 <= len(value) <= 4
        and isinstance(value[0], str)
        and all(isinstance(each, int) and not isinstance(each, bool) for each in value[1:3])
    )


def _constant(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 2 and value[0] == _CONSTANT


def _used(model: Mapping[str, Any]) -> dict[str, set[int]]:
    """The calls of each layer that old references name."""
    old = [call for each in model["layers"] for call in _old(each)]
    used: dict[str, set[int]] = {}
    for call in [*old, model.get("output_layers")] if old else ():
        for leaf in _leaves(call):
            used.setdefault(leaf[0], set()).add(leaf[1])
    return used


def _shift(inner: Mapping[str, Any], used: set[int]) -> int:
    """By how much old references to the calls of a model inside another count too far."""
    made = len(inner.get("inbound_nodes") or [])
    if not used or 0 in used:
        return 0
    if max(used) >= made:
        return 1
    config = inner.get("config")
    inside = config.get("layers") if isinstance(config, Mapping) else config
    first = inside[0].get("class_name") if isinstance(inside, list) and inside else None
    return 1 if inner["class_name"] != "Sequential" or first == "InputLayer" else 0


def _ends(ends: Any, named: Mapping[str, Any], shifts: Mapping[str, int]) -> Any:
    """Inputs and outputs of the whole, with the calls of a Functional from 1 and of all others from 0."""
    if _reference(ends):
        name, call, output = ends[:3]
        if name in shifts:
            call -= shifts[name]
            inner = named[name]["class_name"]
            old = shifts[name] or _old(named[name])
            if inner != "Sequential" and old:
                call += 1
        return [name, call, output]
    if isinstance(ends, Mapping):
        return {key: _ends(each, named, shifts) for key, each in ends.items()}
    return [_ends(each, named, shifts) for each in ends] if isinstance(ends, list) else ends


def _alone(ends: Any) -> Any:
    """One end without a list around it: Keras 3 takes the one output of a model in a Sequential for two otherwise."""
    return ends[0] if isinstance(ends, list) and len(ends) == 1 and _reference(ends[0]) else ends


def _layer(layer: dict[str, Any], named: Mapping[str, Any], shifts: Mapping[str, int], how: Mending) -> dict[str, Any]:
    given = layer.get("inbound_nodes") or []
    old = _old(layer)
    if not old:
        return layer
    if len(old) != len(given):
        raise NnvizError(f"Calls in one form were expected, and here is {layer.get('name')!r} with two.")
    how.note("The graph was written as Keras 2 did: its calls were translated.")
    read = _Reader(named, shifts)
    made = [read.call(call) for call in old]
    if is_operation(layer):
        return operation(layer, made, how)
    return {**layer, "inbound_nodes": [_written(layer, *call) for call in made]}


def _written(layer: Mapping[str, Any], first: Any, rest: dict[str, Any]) -> dict[str, Any]:
    """A call of a layer as Keras 3 writes it."""
    rest = {key: value for key, value in rest.items() if value is not None and key != "name"}
    if layer.get("class_name") in _RECURRENT and isinstance(first, list):
        first, state = first[0], first[1:]
        rest = {**rest, "initial_state": state}
    return {"args": [first], "kwargs": rest}


class _Reader:
    """Reads old calls: the tensors and constants that come first, and the named arguments."""

    def __init__(self, named: Mapping[str, Any], shifts: Mapping[str, int]) -> None:
        self.named, self.shifts = named, shifts

    def call(self, call: Any) -> tuple[Any, dict[str, Any]]:
        """The first argument (one, a list, or by name) and the arguments by name."""
        if isinstance(call, list) and len(call) == 1 and isinstance(call[0], list):
            call = call[0]
        leaf = next(_leaves(call), None)
        kwargs = leaf[3] if leaf is not None and len(leaf) > 3 and isinstance(leaf[3], Mapping) else {}
        return self.first(call), {key: self.argument(value) for key, value in kwargs.items()}

    def first(self, value: Any) -> Any:
        if _constant(value):
            return value[2]
        if _reference(value):
            return self.tensor(value)
        if isinstance(value, Mapping):
            return {key: self.first(each) for key, each in value.items()}
        return [self.first(each) for each in value] if isinstance(value, list) else value

    def argument(self, value: Any) -> Any:
        if _constant(value):
            return value[2]
        if _reference(value) and value[0] in self.named:
            return self.tensor(value)
        if isinstance(value, Mapping):
            return {key: self.argument(each) for key, each in value.items()}
        return [self.argument(each) for each in value] if isinstance(value, list) else value

    def tensor(self, reference: list[Any]) -> dict[str, Any]:
        name, call, output = reference[:3]
        history = [name, call - self.shifts.get(name, 0), output]
        return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": history}}
