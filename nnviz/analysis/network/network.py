"""Loading a network: a bundled name, a file, or a Keras model at hand."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras

from nnviz.analysis.cache import Cache
from nnviz.analysis.network.card import card_beside, read_card
from nnviz.analysis.network.ends import Ends
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.input_format import InputFormat, Shape
from nnviz.analysis.network.input_reading import input_format
from nnviz.analysis.network.layers import LayerInfo, describe
from nnviz.analysis.network.loss_hint import loss_of
from nnviz.analysis.network.opening import open_model
from nnviz.analysis.network.output_format import OutputFormat
from nnviz.errors import NnvizError
from nnviz.installation import ROOT

PRETRAINED = ROOT / "pretrained"
_MOST_COMPILED = 256
"""Compiled functions that a network keeps: how many bytes one takes is not known."""


_BYTES_A_NETWORK, _BYTES_A_LAYER, _BYTES_A_WEIGHT = 10 * 2**20, 2**20, 8
"""What the compiled functions of a visit take: measured by `benchmarks/networks.py`."""


def functions() -> Cache[Any]:
    """An empty cache for the compiled functions of a network."""
    return Cache(_MOST_COMPILED, size=lambda _: 1)


@dataclass(frozen=True, eq=False)
class Network:
    """A Keras model, made flat and described. Shared by everybody who looks at it: never assign to its weights.

    Attributes:
        name: of the bundled network, of the file, or of the model.
        model: the Keras model, unchanged.
        graph: its flat graph.
        layers: the input and every use of every layer, in order.
        classes: a name a class.
        input: what it takes.
        card: what is known about it (see pretrained/README.md); empty without a card.
        notes: what was mended in its file so that it opens, a sentence each.
    """

    name: str
    model: keras.Model
    graph: Graph = field(repr=False)
    layers: tuple[LayerInfo, ...] = field(repr=False)
    classes: tuple[str, ...] = field(repr=False)
    input: InputFormat
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    _functions: Cache[Any] = field(default_factory=functions, repr=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False)

    def layer(self, name: str) -> LayerInfo:
        """The layer of that name. Raises NnvizError, listing those there are."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers[:20])
        raise NnvizError(f"A layer of {self.name} was expected: {names}. Received: {name!r}.")

    def compiled(self, key: Any, build: Callable[[], Any]) -> Any:
        """The compiled function for `key`, built once for all viewers, and again where it had to make room."""
        with self._lock:
            return self._functions.made(key, build)

    @property
    def output(self) -> OutputFormat:
        """What it gives."""
        return self.graph.output

    @property
    def image_shape(self) -> Shape:
        """See `InputFormat.shape`."""
        return self.input.shape

    @property
    def scale(self) -> tuple[float, ...]:
        """See `InputFormat.scale`."""
        return self.input.scale

    @property
    def offset(self) -> tuple[float, ...]:
        """See `InputFormat.offset`."""
        return self.input.offset

    @property
    def assumed(self) -> str:
        """See `InputFormat.assumed`."""
        return self.input.assumed

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs of the model; one varies."""
        return self.graph.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all its outputs; one is explained."""
        return self.graph.outputs

    @property
    def shuffle(self) -> int | None:
        """Seed of the shuffle of all pixels that it was trained on (`Transform.shuffle`); None: as they are."""
        return self.card.get("input", {}).get("shuffle")

    @property
    def parameters(self) -> int:
        return int(self.model.count_params())

    @property
    def size(self) -> int:
        """Bytes that it takes once pages were drawn of it, an estimate: its weights, and its compiled functions."""
        weights = sum(math.prod(each.shape) * _BYTES_A_WEIGHT for each in self.model.weights)
        return weights + _BYTES_A_NETWORK + _BYTES_A_LAYER * len(self.layers)


def bundled() -> tuple[str, ...]:
    """Names of the networks that ship, as `load` takes them."""
    return tuple(sorted(path.stem for path in PRETRAINED.glob("*.keras")))


def load(
    source: str | Path | keras.Model,
    card: str | Path | Mapping[str, Any] | None = None,
    *,
    trusted: bool = False,
) -> Network:
    """Load a network. A file is taken for hostile (`opening`), those that ship are not.

    Args:
        source: a bundled name ("mnist-cnn"), the path of a .keras or .h5 file, or a built keras.Model.
        card: facts about it (a JSON file or a mapping, keys as in pretrained/README.md); by default the file
            of the same name with the suffix .json, where there is one, and what the file itself says.
        trusted: whether code in the file may run: a Lambda, a class of somebody's own.

    Raises:
        NnvizError: no such name or file, not a Keras model, a graph that cannot be followed, or a bad card.
    """
    if isinstance(source, keras.Model):
        facts = read_card(card)
        return _assemble(str(facts.get("name", source.name)), source, facts)
    path = _find(source)
    facts = read_card(card if card is not None else card_beside(path))
    if path.parent == PRETRAINED:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        return _assemble(str(facts.get("name", path.stem)), model, facts, fixed=True)
    opened = open_model(path, trusted=trusted)
    facts = {**opened.card, **facts}
    name = str(facts.get("name", path.stem))
    return _assemble(name, opened.model, facts, fixed=True, notes=opened.notes, loss=loss_of(opened.loss))


def with_card(network: Network, card: Mapping[str, Any]) -> Network:
    """The same network by another card: the same model and weights. Raises NnvizError for a bad card."""
    name = str(card.get("name", network.name))
    return _assemble(name, network.model, card, fixed=network.graph.fixed, notes=network.notes)


def _find(source: str | Path) -> Path:
    if str(source) in bundled():
        return PRETRAINED / f"{source}.keras"
    path = Path(str(source))
    try:
        exists = path.exists()
    except OSError:  # a name too long to be one
        exists = False
    if not exists or not path.name:
        raise NnvizError(
            f"A bundled network ({', '.join(bundled())}) or a model file was expected. Received: {str(source)!r}."
        )
    return path


def _assemble(
    name: str,
    model: keras.Model,
    card: Mapping[str, Any],
    fixed: bool = False,
    notes: tuple[str, ...] = (),
    loss: str = "",
) -> Network:
    said = Ends.said(card)
    graph = Graph(model, fixed, card, loss or loss_of(getattr(model, "loss", None)), said)
    layers = describe(graph)
    classes = graph.output.names(card)
    takes = input_format(name, graph, card)
    left = said.left_out(graph.inputs, graph.outputs, graph.input_name, str(graph.ends.output))
    if left:
        takes = replace(takes, assumed=" ".join(filter(None, (f"{name}: {left}, as no card says.", takes.assumed))))
    return Network(name, model, graph, layers, classes, takes, card, notes)
