"""The target of an attribution in words: a class, a class and not another, or the unit under study."""

from __future__ import annotations

from dataclasses import dataclass

from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target


@dataclass(frozen=True)
class TargetWords:
    """A target in words; plain text, as names come.

    Attributes:
        target: what the methods are given.
        name: what speaks in its favour is said to speak for: "7", "3 and not 8", "map 5 of conv2".
        score: its number: "the logit of 7", "the logit of 3 less that of 8", "map 5 of conv2 summed over its cells".
        against: what a negative value speaks for or against: "against", "for 8 and not 3".
    """

    target: Target
    name: str
    score: str
    against: str = "against"


def of_class(network: Network, index: int) -> TargetWords:
    """One class; the first of the two of one sigmoid output has no logit but 0, so its score is the difference."""
    target, name = targets.class_score(network, index), network.classes[index]
    if target.class_index is None:
        return TargetWords(target, name, f"the logit of {name} less that of {network.classes[1 - index]}")
    return TargetWords(target, name, score_words(network, index))


def score_words(network: Network, index: int) -> str:
    """What the score of a class is called: a logit, a number, or the mean of one over all places."""
    output, name = network.output, network.classes[index]
    score = f"the logit of {name}" if output.shares else name
    if not output.placed:
        return score
    what = f"the mean logit of {name}" if output.shares else f"the mean of {name}"
    return f"{what} over all {'pixels' if output.kind == 'picture' else 'steps'}"


def class_of_unit(network: Network, layer: str, unit: int) -> str:
    """The class that a unit of the layer that answers stands for, where that has a name of its own; else nothing."""
    if network.output.placed or layer not in (answer_layer(network), network.graph.output_name):
        return ""
    index = unit + (network.graph.output_head == "binary")
    name = network.classes[index]
    return "" if name == str(index) else name


def unit_name(network: Network, layer: str, unit: int) -> str:
    """A unit as a sentence has it: "unit 5 of conv2", "unit 285 of classes (Egyptian Mau)"."""
    name = class_of_unit(network, layer, unit)
    return f"unit {unit} of {layer}" + (f" ({name})" if name else "")


def of_difference(network: Network, this: int, that: int) -> TargetWords:
    """Why one class and not another."""
    name, other = network.classes[this], network.classes[that]
    score = f"{score_words(network, this)} less {'that of ' if network.output.shares else ''}{other}"
    return TargetWords(targets.difference(this, that), f"{name} and not {other}", score, f"for {other} and not {name}")


def of_unit(network: Network, layer: LayerInfo, unit: int, cell: tuple[int, int] | None) -> TargetWords:
    """A unit of a layer: its whole map, or one cell of it; a unit of the layer that answers is a class."""
    answer = answer_layer(network)
    if layer.name == answer and len(layer.output_shape) == 1 and not network.output.placed:
        target = targets.unit_score(network, layer.name, unit, answer)
        return of_class(network, target.weights[0][0][0])
    axes = len(layer.output_shape)
    name = f"{'map' if axes == 3 else 'unit'} {unit} of {layer.name}"
    if axes == 1:
        return TargetWords(targets.channel(layer.name, unit), name, name)
    if cell is None:
        return TargetWords(targets.channel(layer.name, unit), name, f"{name} summed over its {_CELLS[axes]}")
    name += f" at row {cell[0]}" + (f", column {cell[1]}" if axes == 3 else "")
    return TargetWords(Target(layer.name, (((*cell[: axes - 1], unit), 1.0),)), name, name)


_CELLS = {2: "rows", 3: "cells", 4: "cells"}
