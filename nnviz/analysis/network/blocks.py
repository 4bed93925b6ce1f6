"""The blocks of a deep network: layers beside each other that belong together by their names, else by their size.

Deep networks are told in blocks (He et al. 2016, "Deep Residual Learning for Image Recognition"), and those who write
them name the layers so: `block03_expand`, `block_3_expand`, `conv2_block1_1_conv`. Where the names say nothing, the
layers whose maps have one size are taken together: a stage.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace

DEEP = 16
"""Layers that change something to look at; a network with more of them is told in blocks."""
MOST = 24
"""Blocks; where names give more, sizes are taken."""
_NUMBERED = re.compile(r"([A-Za-z]+\d+[a-z]?_)+|[A-Za-z]+_\d+(?=_|$)")


@dataclass(frozen=True, eq=False)
class Block:
    """Layers that follow each other.

    Attributes:
        name: unique in its network: what the names of its layers begin with, or the size of its maps.
        layers: in the order of the network.
    """

    name: str
    layers: tuple[LayerInfo, ...]

    @property
    def last(self) -> LayerInfo:
        """The layer whose output leaves it."""
        return self.layers[-1]

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)


def blocks(network: Network, shapes: Mapping[str, tuple[int, ...]]) -> tuple[Block, ...]:
    """The blocks of a network, the input among them; none where it is not deep, or cannot be taken apart so.

    Args:
        network: as `nnviz.load` gives it.
        shapes: of each layer's output on a picture, without the batch axis: a size may be free.
    """
    layers = network.layers
    if sum(not layer.pointwise for layer in layers) <= DEEP:
        return ()
    sizes = _sizes([shapes[layer.name] for layer in layers])
    for keys in ([prefix(layer.name) for layer in layers], [layer.name.split("_")[0] for layer in layers], sizes):
        found = _grouped(layers, keys)
        if 2 < len(found) <= MOST and max(len(block.layers) for block in found) <= len(layers) / 2:
            return found
    return ()


def of_trace(network: Network, trace: Trace) -> tuple[Block, ...]:
    """The blocks of a network whose layers have the sizes of a trace: `blocks` where some of them are free."""
    return blocks(network, {name: array.shape for name, array in trace.activations.items()})


def prefix(name: str) -> str:
    """What the names of the layers of one block begin with: words with numbers, else the first word."""
    found = _NUMBERED.match(name)
    return found.group().rstrip("_") if found else name.split("_")[0]


def rest(block: Block, name: str) -> str:
    """A layer's name within its block: without what all the names there begin with."""
    shorter = name.removeprefix(f"{block.name}_")
    return shorter if len(block.layers) > 1 else name


def _sizes(shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """For each layer the size of the maps of its stage, such as 56x56: a stage ends where no later map is as large.

    So a detour over 1x1 maps (squeeze and excitation) or a padding to 57x57 ends none.
    """
    levels, largest = [], 0
    for shape in reversed(shapes):
        largest = max(largest, shape[0] * shape[1] if len(shape) == 3 else 0)
        levels.append(round(math.log2(largest) / 2) if largest else -1)
    levels.reverse()
    common: dict[int, Counter[str]] = defaultdict(Counter)
    for level, shape in zip(levels, shapes, strict=True):
        if len(shape) == 3:
            common[level][f"{shape[0]}x{shape[1]}"] += 1
    return ["vectors" if level < 0 else common[level].most_common(1)[0][0] for level in levels]


def _grouped(layers: Sequence[LayerInfo], keys: Sequence[str]) -> tuple[Block, ...]:
    runs = [(layers[0].name, [layers[0]])]
    for name, group in groupby(zip(keys[1:], layers[1:], strict=True), lambda pair: pair[0]):
        members = [layer for _, layer in group]
        # What only scales or cuts off belongs to what it reads, whatever it is called.
        if len(runs) > 1 and (all(layer.pointwise for layer in members) or name == runs[-1][0]):
            runs[-1][1].extend(members)
        else:
            runs.append((name, members))
    names = [name for name, _ in runs]
    return tuple(
        Block(name if names.count(name) == 1 else f"{name}#{names[: at + 1].count(name)}", tuple(members))
        for at, (name, members) in enumerate(runs)
    )
