"""What an input is: a picture, a vector, a series, a volume or tokens; and how it is drawn as an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import keras

from nnviz.analysis.network.front import Front
from nnviz.analysis.network.graph import Graph
from nnviz.errors import NnvizError

Kind = Literal["picture", "vector", "series", "volume", "tokens"]
Sizes = tuple[int | None, ...]

LENGTH = 32
"""Steps of a series, or tokens, where the length is free."""
DEPTH = 64
"""Rows of a slice where they are free."""
_SQUARE = 8
"""Least side of the square that a vector is drawn as: what has fewer numbers is a table's row."""
_TOKENS = ("Embedding", "CategoryEncoding", "Hashing", "IntegerLookup")
_ALONG = ("Conv1D", "DepthwiseConv1D", "SeparableConv1D", "RNN", "LSTM", "GRU", "SimpleRNN", "Bidirectional")
_SERIES = (*_ALONG, "TimeDistributed", "MultiHeadAttention", "GroupedQueryAttention", "Attention")


@dataclass(frozen=True)
class Layout:
    """How the numbers of an input stand.

    Attributes:
        own: shape of the model's own input, None for a free axis.
        drawn: (H, W, C) of the image that stands for it.
        turned: whether the model's own has its channels first.
    """

    kind: Kind
    own: Sizes
    drawn: tuple[int | None, int | None, int]
    turned: bool = False


def layout(graph: Graph, first: Front, named: bool) -> Layout:
    """How the numbers of a graph's input stand.

    Args:
        first: the front of the graph.
        named: whether its numbers have names, so that many of them are no picture either.

    Raises:
        NnvizError: it takes text, has too many axes, or its layers want the channels first.
    """
    own = graph.input_shape
    if graph.input_dtype == "string" or (own and own[-1] is None and len(own) > 2) or len(own) > 4:
        raise NnvizError(
            "A network on pictures (channels last), vectors, series, volumes or tokens was expected. "
            f"Received: an input of shape {tuple(own)} and type {graph.input_dtype}."
        )
    for step in graph.steps:
        if getattr(step.layer, "data_format", None) == "channels_first" and len(step.outputs[0].shape) > 3:
            raise NnvizError(
                f"Layers with their channels last were expected, as every page draws them. Received: {step.name} with "
                "data_format='channels_first'; build the model again with channels_last (same weights)."
            )
    whole = any(kind in _TOKENS for kind in first.kinds)
    if len(own) < 3:
        return _flat(own, first, whole or (len(own) == 1 and "int" in graph.input_dtype != "uint8"), named)
    if len(own) == 3:
        height, width, channels = own
        if _turns(first):
            return Layout("picture", own, (width, channels, height or 1), turned=True)
        return Layout("picture", own, (height, width, channels or 1))
    depth, height, width, channels = own
    height = height or DEPTH
    rows = None if depth is None else depth * height
    return Layout("volume", (depth, height, width, channels), (rows, width, channels or 1))


def _flat(own: Sizes, first: Front, tokens: bool, named: bool) -> Layout:
    """Of an input of two axes or fewer."""
    if len(own) == 2:
        along = any(kind in _SERIES for kind in first.kinds) or None in own or min(size or 0 for size in own) < _SQUARE
        # Digits read row by row are digits.
        kind: Kind = "tokens" if tokens else "series" if along and own != (28, 28) else "picture"
        return Layout(kind, own, (own[0], own[1], 1))
    count = own[0] if own else 1
    if tokens:
        return Layout("tokens", own, (1, count, 1))
    if count is None:
        raise NnvizError(f"A vector of known length was expected as the input. Received: a shape of {tuple(own)}.")
    side = math.isqrt(count)
    if side * side == count and side >= _SQUARE and not named:
        return Layout("picture", own, (side, side, 1))
    return Layout("vector", own, (1, count, 1))


def _turns(first: Front) -> bool:
    """Whether the first thing that is done with a picture is to put its channels last."""
    for step in first.before:
        if isinstance(step.layer, keras.layers.Permute):
            return tuple(step.layer.dims) == (2, 3, 1)
        if type(step.layer).__name__ == "Transpose":
            return tuple(getattr(step.layer, "axes", None) or ()) == (0, 2, 3, 1)
    return False
