"""Inputs of plain numbers: what a vector, a series, a volume or tokens run from and to, and what stands in for them."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from nnviz.analysis.network.front import Front, statistics
from nnviz.analysis.network.input_format import InputFormat


def with_values(name: str, plain: InputFormat, first: Front) -> InputFormat:
    """The format of an input of plain numbers, with the range that they are drawn in.

    What normalises them tells where they lie (two standard deviations about the mean); else it is 0 to 1. Of a vector
    the means stand in for numbers of one's own, else the middle.

    Args:
        name: of the network, for the sentence.
        plain: its layout.
        first: the front of its graph.
    """
    if plain.kind == "tokens":
        return _tokens(name, plain, first)
    count = plain.own[-1] if plain.own else 1
    known = _normalised(first, count)
    mean, spread = (np.array([0.5]), np.array([0.25])) if known is None else known
    low, high = float((mean - 2 * spread).min()), float((mean + 2 * spread).max())
    channels = plain.shape[2]
    found = replace(plain, scale=((high - low) / 255,) * channels, offset=(low,) * channels)
    what = "middle of what is assumed, 0 to 1" if known is None else "mean that it was trained on"
    if plain.kind != "vector":
        taken = f"{name} takes a {plain.kind} of numbers as they are; drawn from {low:.3g} to {high:.3g}."
        return replace(found, found=taken)
    default = tuple(float(each) for each in np.broadcast_to(mean, (count or 1,)))
    taken = f"{name} takes {count} numbers as they are; where none are given, each is the {what}."
    spreads = () if known is None else tuple(float(each) for each in np.broadcast_to(spread, (count or 1,)))
    return replace(found, default=default, spread=spreads, found=taken, assumed=taken if known is None else "")


def _tokens(name: str, plain: InputFormat, first: Front) -> InputFormat:
    sizes = [step.layer.input_dim for step in first.weighted if isinstance(step.layer, keras.layers.Embedding)]
    vocabulary = min(sizes, default=plain.vocabulary)
    taken = f"{name} takes tokens, whole numbers from 0 to {vocabulary - 1}."
    return replace(plain, scale=(max(vocabulary - 1, 1) / 255,), vocabulary=vocabulary, found=taken)


def _normalised(first: Front, count: int | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and standard deviation that the first layer, a normalisation, takes the input's numbers to have."""
    for step in (*first.before, *first.weighted)[:1]:
        kinds = (keras.layers.Normalization, keras.layers.BatchNormalization)
        if isinstance(step.layer, kinds) and not getattr(step.layer, "invert", False):
            mean, variance = statistics(step.layer)
            if mean.size in (1, count) and (mean.any() or (variance != 1).any()):
                return mean, np.sqrt(variance)
    return None
