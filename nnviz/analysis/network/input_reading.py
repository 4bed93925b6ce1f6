"""What a network takes, as its card says, else as its first layers tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnviz.analysis.image.images import LONG_SIDE
from nnviz.analysis.image.shuffle import permutation
from nnviz.analysis.network.card import section
from nnviz.analysis.network.front import front
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.input_format import RANGES, InputFormat, Order, named_range
from nnviz.analysis.network.input_kind import Layout, layout
from nnviz.analysis.network.input_range import with_range
from nnviz.analysis.network.input_values import with_values
from nnviz.errors import NnvizError


def input_format(name: str, graph: Graph, card: Mapping[str, Any]) -> InputFormat:
    """What a network takes, as its card says, else as its first layers tell.

    Args:
        name: of the network, for the sentence on what was assumed.
        graph: of it.
        card: facts about it, or an empty mapping.

    Raises:
        NnvizError: an input that cannot be drawn, or a bad card.
    """
    given = section(card, "input")
    if given.get("shuffle") is not None:
        permutation(1, given["shuffle"])  # refuses what is no seed
    first = front(graph)
    stands = layout(graph, first, named=given.get("names") is not None)
    plain = _plain(stands, given)
    if plain.kind != "picture":
        plain = with_values(name, plain, first)
    if given.keys() & {"scale", "range"}:
        return _sized(name, _as_said(plain, given))
    if plain.kind not in ("picture", "volume"):
        return plain
    found = with_range(name, plain, graph, first)
    return _sized(name, replace(found, order=plain.order) if "order" in given else found)


def _sized(name: str, found: InputFormat) -> InputFormat:
    """With a sentence on what becomes of a size that is free."""
    if None not in found.shape or found.kind != "picture":
        return found
    said = (
        f"{name} takes pictures of any size: each keeps its own, up to {LONG_SIDE} a side (size: input.size in a card)."
    )
    return replace(found, assumed=" ".join(filter(None, (found.assumed, said))))


def _plain(stands: Layout, given: Mapping[str, Any]) -> InputFormat:
    """The layout as a format, with what a card says of size, order and names; its range is that of pixels."""
    height, width, channels = stands.drawn
    own = stands.own
    if "size" in given:
        height, width = sized = _size(given["size"], (height, width))
        if stands.kind == "picture" and len(own) == 3:
            own = (own[0], *sized) if stands.turned else (*sized, own[2])
    if given.get("order", "rgb") not in ("rgb", "bgr"):
        raise NnvizError(f"A card with the order 'rgb' or 'bgr' was expected. Received: {given['order']!r}.")
    names = _names(given.get("names"), width) if stands.kind == "vector" else ()
    ones, zeros = (1.0,) * channels, (0.0,) * channels
    order: Order = "bgr" if given.get("order") == "bgr" else "rgb"
    return InputFormat((height, width, channels), ones, zeros, "", stands.kind, own, order, stands.turned, names)


def _as_said(plain: InputFormat, given: Mapping[str, Any]) -> InputFormat:
    channels = plain.shape[2]
    if "range" in given:
        known = named_range(given["range"], channels) if given["range"] in tuple(RANGES) else None
        if known is None:
            listed = ", ".join(repr(name) for name in RANGES if named_range(name, channels))
            raise NnvizError(f"A card with one of the ranges {listed} was expected. Received: {given['range']!r}.")
        scale, offset, order = known.scale, known.offset, known.order
    else:
        scale = _per_channel(given["scale"], channels, "scale")
        offset, order = _per_channel(given.get("offset", 0.0), channels, "offset"), plain.order
    return replace(
        plain, scale=scale, offset=offset, order=given.get("order", order), found="Its card says which range it takes."
    )


def _per_channel(value: Any, channels: int, what: str) -> tuple[float, ...]:
    try:
        numbers = np.atleast_1d(np.asarray(value, dtype=float))
        good = numbers.shape in ((1,), (channels,)) and bool(np.isfinite(numbers).all())
    except (TypeError, ValueError):
        good = False
    if not good or (what == "scale" and not numbers.all()):
        raise NnvizError(f"A card with a {what} a channel ({channels}) was expected. Received: {value!r}.")
    return tuple(float(number) for number in np.broadcast_to(numbers, (channels,)))


def _size(value: Any, own: tuple[int | None, int | None]) -> tuple[int, int]:
    whole = isinstance(value, list | tuple) and len(value) == 2
    if not whole or not all(
        isinstance(side, int) and not isinstance(side, bool) and 1 <= side <= 4096 for side in value
    ):
        raise NnvizError(f"A card with a size of [height, width], 1 to 4096, was expected. Received: {value!r}.")
    if any(fixed not in (None, side) for fixed, side in zip(own, value, strict=True)):
        raise NnvizError(f"A card with the size that the network takes, {own}, was expected. Received: {value!r}.")
    return value[0], value[1]


def _names(value: Any, count: int | None) -> tuple[str, ...]:
    """Names of a vector's numbers; x1, x2, ... where there are none."""
    if value is None:
        return tuple(f"x{number + 1}" for number in range(count or 0))
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise NnvizError(f"A card with {count} names of the input's numbers was expected. Received: {value!r}.")
    return tuple(str(each) for each in value)
