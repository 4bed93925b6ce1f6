"""One step of a graph: one use of one layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import tree

from nnviz.analysis.network.pointwise import Reads


@dataclass(frozen=True)
class Step:
    """One use of one layer.

    `layer` describes it (as the model has it), `call` computes it: the two differ where a fused softmax or
    sigmoid was split off, and where the layer acts in training only (`idle`), so that nothing is
    computed. `reads` says whether it is pointwise.
    """

    name: str
    layer: Any
    call: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outputs: tuple[keras.KerasTensor, ...]
    idle: bool = False
    reads: Reads = ""

    @property
    def inner(self) -> bool:
        """Whether it is no layer of the model's own but a part that one was taken apart into (see `output_head`)."""
        return self.name.startswith("/")

    @property
    def inputs(self) -> tuple[keras.KerasTensor, ...]:
        leaves = tree.flatten((self.args, dict(self.kwargs)))
        return tuple(leaf for leaf in leaves if isinstance(leaf, keras.KerasTensor))
