"""The full configuration of a layer: every argument that Keras made it with, and what each means here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnviz.analysis.network.layers import LayerInfo

LONGEST = 60
"""Letters of a value; what is longer (the mean of each pixel, a vocabulary) is cut."""


@dataclass(frozen=True)
class Argument:
    """One argument of a layer.

    Attributes:
        name: as Keras calls it.
        value: as Python writes it, cut at `LONGEST` letters; a name and its arguments for what is an object.
        meaning: a sentence, or "" where there is none to say. Plain text, as is the value: a file may have made it.
    """

    name: str
    value: str
    meaning: str


def configuration(layer: LayerInfo) -> tuple[Argument, ...]:
    """What a layer is, reads and gives, then its arguments in the order of Keras' `get_config`.

    Args:
        layer: of any kind; the input has no arguments.
    """
    given = _config(layer)
    facts = [
        Argument("class", layer.kind, "The kind of layer, as Keras calls it."),
        Argument("input shape", _shape(layer.input_shape), "What it reads of one example; None is any size."),
        Argument("output shape", _shape(layer.output_shape), "What it gives."),
        Argument("parameters", f"{layer.parameters:,}", _parameters(layer)),
    ]
    if layer.index == 0:
        facts.pop(1)
    return (*facts, *(Argument(name, _value(value), _meaning(name, value, given)) for name, value in given.items()))


def _config(layer: LayerInfo) -> Mapping[str, Any]:
    if layer.keras_layer is None:
        return {}
    try:
        found = layer.keras_layer.get_config()
    except NotImplementedError:
        # Keras' answer for a layer of one's own that does not say how it is saved: what it is and gives still stands.
        return {}
    return {name: value for name, value in found.items() if name != "name"}


def _parameters(layer: LayerInfo) -> str:
    held = getattr(layer.keras_layer, "weights", ())
    shapes = [f"{weight.name} {_shape(tuple(weight.shape))}" for weight in held]
    return f"Numbers that it holds: {', '.join(shapes)}." if 0 < len(shapes) <= 6 else "Numbers that it holds."


def _shape(shape: tuple[int | None, ...]) -> str:
    return "x".join("None" if size is None else str(size) for size in shape) or "1"


def _value(value: Any) -> str:
    text = _written(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        if "class_name" not in value:
            return f"{{{', '.join(f'{name}: {_written(each)}' for name, each in value.items())}}}"
        config = value.get("config")
        if not isinstance(config, Mapping):
            return str(config if isinstance(config, str) else value["class_name"])
        if value["class_name"] == "DTypePolicy":
            return str(config.get("name"))
        kept = (f"{name}={_written(each)}" for name, each in config.items() if each is not None and name != "name")
        return f"{value['class_name']}({', '.join(kept)})"
    if isinstance(value, list | tuple):
        # Not more than is shown of it: it may hold a million.
        return f"({', '.join(_written(each) for each in value[:LONGEST])})"
    return value if isinstance(value, str) else str(value)[: 2 * LONGEST]


def _meaning(name: str, value: Any, config: Mapping[str, Any]) -> str:
    found = _MEANINGS.get(name, "")
    if not found:
        what, _, kind = name.rpartition("_")
        found = _OF_WEIGHTS.get(kind, "").format(what.replace("_", " ") or "weights") if what else ""
        found = _WITHOUT[kind].format(what) if value is None and found and kind in _WITHOUT else found
    return found(value, config) if callable(found) else found


_OF_WEIGHTS = {
    "initializer": "How the {} was filled before training; a trained net has other numbers now.",
    "regularizer": "Added to the loss in training, so that the {} stays small.",
    "constraint": "What the {} is held to after each step of training.",
}
_WITHOUT = {
    "regularizer": "Nothing keeps the {} small in training.",
    "constraint": "Training may give the {} any value.",
}


def _times(value: Any, one: str) -> str:
    """A size in each direction: "7x7 cells"."""
    sizes = value if isinstance(value, list | tuple) else (value,)
    return f"{'x'.join(map(str, sizes))} {one}"


def _all_one(value: Any) -> bool:
    return all(size == 1 for size in (value if isinstance(value, list | tuple) else (value,)))


def _strides(value: Any, config: Mapping[str, Any]) -> str:
    what = "window" if "pool_size" in config else "kernel"
    if "output_padding" in config:
        return f"Each cell is stamped {_times(value, 'cells')} further on, so the maps grow by that."
    if value is None:
        return f"The {what} moves on by its own size: no two places overlap."
    if _all_one(value):
        return f"The {what} stands on every cell, one after the other."
    return f"The {what} moves on by {_times(value, 'cells')}, so the maps get smaller by that."


def _padding(value: Any, config: Mapping[str, Any]) -> str:
    if value == "same":
        return "Zeros stand around the edge, so that at stride 1 a map keeps its size."
    if value == "causal":
        return "Zeros stand before the first step: no step sees a later one."
    if value == "valid":
        return "Only whole places count: nothing is added around the edge, and maps lose some of theirs."
    return f"Rows and columns added around the edge: {_value(value)}."


def _dilation(value: Any, config: Mapping[str, Any]) -> str:
    if _all_one(value):
        return "The kernel's weights stand close beside each other."
    return f"The kernel's weights stand {_times(value, 'cells')} apart, with gaps between: it sees farther."


def _groups(value: Any, config: Mapping[str, Any]) -> str:
    if "epsilon" in config:
        return "The channels are parted into so many groups, and each group has a mean and a variance of its own."
    if value == 1:
        return "Each filter reads all maps."
    return f"The maps are parted into {value} groups, and each filter reads one of them alone."


def _activation(value: Any, config: Mapping[str, Any]) -> str:
    name = value if isinstance(value, str) else _written(value)
    return _FUNCTIONS.get(name, "The function F that each sum goes through.")


def _yes(one: str, other: str) -> Callable[[Any, Mapping[str, Any]], str]:
    return lambda value, config: one if value else other


def _data_format(value: Any, config: Mapping[str, Any]) -> str:
    if value == "channels_first":
        return "Order of the axes: channels, rows, columns."
    return "Order of the axes: rows, columns, channels."


_FUNCTIONS = {
    "linear": "F changes nothing: the sums go out as they are.",
    "relu": "F sets what is negative to 0 (ReLU); what is positive goes out as it is.",
    "softmax": "F turns the sums into shares that add up to 1, the largest sum taking most.",
    "sigmoid": "F squeezes each sum between 0 and 1.",
    "tanh": "F squeezes each sum between \u22121 and 1.",
}

_MEANINGS: dict[str, str | Callable[[Any, Mapping[str, Any]], str]] = {
    "trainable": _yes("Training changes its weights.", "Training leaves its weights as they are (frozen)."),
    "dtype": "The kind of numbers that it works with.",
    "quantization_config": _yes("Its weights are kept as small whole numbers.", "Its weights are kept in full."),
    "batch_input_shape": "What it reads, with the batch in front.",
    "units": lambda value, config: f"Neurons: each sums up all that the layer reads, and the {value} answers go out.",
    "filters": lambda value, config: f"Kernels that slide over what it reads: {value} maps go out, one each.",
    "kernel_size": lambda value, config: f"Each filter sees {_times(value, 'cells')} at a time.",
    "depth_multiplier": lambda value, config: f"Maps made of each map that is read: {value}.",
    "strides": _strides,
    "padding": _padding,
    "output_padding": "Cells added on one side of the output, where its size is not settled.",
    "data_format": _data_format,
    "dilation_rate": _dilation,
    "groups": _groups,
    "activation": _activation,
    "recurrent_activation": _activation,
    "use_bias": _yes(
        "A number of its own is added to each sum: the bias.", "Nothing is added to the sums: there is no bias."
    ),
    "pool_size": lambda value, config: f"One number is made of each window of {_times(value, 'cells')}.",
    "keepdims": "Whether rows and columns stay, as one of each.",
    "axis": "The axis that is treated apart; \u22121 is the last, the channels.",
    "axes": "The axes that it works along.",
    "momentum": lambda value, config: (
        f"In training, the mean and variance that are kept are {value} of the old and the rest of the new batch's."
    ),
    "epsilon": "Added to the variance, so that nothing is divided by 0.",
    "center": _yes("A learned shift (beta) is added.", "No shift is added."),
    "scale": "The learned factor (gamma), or the number, that each value is multiplied by.",
    "offset": "Added to each value after that.",
    "synchronized": "Whether all devices share their means in training.",
    "renorm": "Whether batches are renormalised in training (Ioffe 2017).",
    "rms_scaling": "Whether it divides by the root mean square, without a mean.",
    "mean": "Taken off each value; None: learned from the data.",
    "variance": "Its root divides each value; None: learned from the data.",
    "rate": lambda value, config: f"Share of the values that training sets to 0 at random: {value}. Here none are.",
    "stddev": "Of the noise that is added in training; here none is.",
    "noise_shape": "Which values are dropped together in training.",
    "seed": "Of its random numbers; None: other ones each time.",
    "negative_slope": "What is negative is multiplied by it: 0 is a plain ReLU.",
    "max_value": "What is larger is cut off there; None: nothing is.",
    "threshold": "What is smaller counts as 0.",
    "alpha": "How far below 0 the curve goes.",
    "shared_axes": "Axes along which one slope serves all.",
    "size": lambda value, config: f"Each cell becomes {_times(value, 'cells')}.",
    "interpolation": "How the values between are found.",
    "cropping": "Rows and columns cut off at the edge.",
    "height": "Rows that go out.",
    "width": "Columns that go out.",
    "target_shape": "The shape that goes out: the same numbers in another order of rows.",
    "dims": "The order in which the axes go out.",
    "n": "How often what is read is repeated.",
    "layer": "The layer that it puts to each step, or in both directions.",
    "merge_mode": "How the two directions are joined.",
    "input_dim": "Tokens that it knows.",
    "output_dim": "Numbers that stand for each token.",
    "mask_zero": "Whether token 0 means that there is none.",
    "num_heads": "Attentions beside each other, each with its own weights.",
    "key_dim": "Numbers by which a step is looked up, for each head.",
    "value_dim": "Numbers that a step hands on, for each head.",
    "return_sequences": _yes("An answer for each step goes out.", "Only the last step's answer goes out."),
    "return_state": "Whether its memory goes out too.",
    "go_backwards": "Whether the steps are read from the last to the first.",
    "stateful": "Whether its memory lasts from one batch to the next.",
    "dropout": "Share of the inputs that is dropped in training.",
    "recurrent_dropout": "Share of the memory that is dropped in training.",
}
