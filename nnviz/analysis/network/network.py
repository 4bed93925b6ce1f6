"""Loading a network: a bundled name, a file, or a Keras model at hand."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nnviz.analysis.cache import Cache
from nnviz.analysis.image.shuffle import permutation
from nnviz.analysis.network.graph import Graph
from nnviz.analysis.network.layers import LayerInfo, describe
from nnviz.errors import NnvizError
from nnviz.installation import ROOT

PRETRAINED = ROOT / "pretrained"
_SUFFIXES = (".keras", ".h5", ".hdf5")
_MOST_COMPILED = 256
"""Compiled functions that a network keeps: how many bytes one takes is not known."""


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
        image_shape: (H, W, C) of the image that it takes, None where the size is free. A network on vectors
            takes an image too: the square with so many pixels, else a single row.
        scale, offset: per channel; input = pixel * scale + offset, for pixels 0..255.
        card: what is known about it (see pretrained/README.md); empty without a card.
        assumed: a sentence on what was assumed for want of a card, or "".
    """

    name: str
    model: keras.Model
    graph: Graph = field(repr=False)
    layers: tuple[LayerInfo, ...] = field(repr=False)
    classes: tuple[str, ...] = field(repr=False)
    image_shape: tuple[int | None, int | None, int]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    assumed: str = ""
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
    def shuffle(self) -> int | None:
        """Seed of the shuffle of all pixels that it was trained on (`Transform.shuffle`); None: as they are."""
        return self.card.get("input", {}).get("shuffle")

    @property
    def parameters(self) -> int:
        return int(self.model.count_params())


def bundled() -> tuple[str, ...]:
    """Names of the networks that ship, as `load` takes them."""
    return tuple(sorted(path.stem for path in PRETRAINED.glob("*.keras")))


def load(source: str | Path | keras.Model, card: str | Path | Mapping[str, Any] | None = None) -> Network:
    """Load a network.

    Args:
        source: a bundled name ("mnist-cnn"), the path of a .keras or .h5 file, or a built keras.Model.
        card: facts about it (a JSON file or a mapping, keys as in pretrained/README.md); by default the file
            of the same name with the suffix .json, where there is one.

    Raises:
        NnvizError: no such name or file, not a Keras model, a graph that cannot be followed, or a bad card.
    """
    if isinstance(source, keras.Model):
        facts = read_card(card)
        return _assemble(str(facts.get("name", source.name)), source, facts)
    path = _find(source)
    facts = read_card(card if card is not None else _beside(path))
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # what a reader raises on a damaged file is whatever it stumbled over
        reason = " ".join(str(error).split())[:140]
        raise NnvizError(f"A Keras model file was expected. Received: {path.name}, and Keras says: {reason}") from error
    if not isinstance(model, keras.Model):
        raise NnvizError(f"A Keras model was expected. Received: a {type(model).__name__} in {path.name}.")
    return _assemble(str(facts.get("name", path.stem)), model, facts, fixed=True)


def read_card(card: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Read a card. Raises NnvizError where there is no such file or it is not a JSON object."""
    if card is None:
        return {}
    if isinstance(card, Mapping):
        return card
    path = Path(card)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise NnvizError(f"A card (a JSON file) was expected. Received: {path.name}, {error}.") from error
    if not isinstance(facts, dict):
        raise NnvizError(f"A card with a JSON object was expected. Received: {type(facts).__name__} in {path.name}.")
    return facts


def _find(source: str | Path) -> Path:
    if str(source) in bundled():
        return PRETRAINED / f"{source}.keras"
    path = Path(str(source))
    try:
        exists = path.exists()
    except OSError:  # a name too long to be one
        exists = False
    if not exists:
        raise NnvizError(
            f"A bundled network ({', '.join(bundled())}) or a model file was expected. Received: {str(source)!r}."
        )
    if path.is_dir() or path.suffix.lower() not in _SUFFIXES:
        raise NnvizError(f"A model file ({', '.join(_SUFFIXES)}) was expected. Received: {path.name!r}.")
    return path


def _beside(path: Path) -> Path | None:
    """The file of the same name that is a card; another JSON file, such as a training's history, is none.

    One that cannot be read is taken for a card, so that `read_card` says what is wrong with it.
    """
    card = path.with_suffix(".json")
    try:
        return card if isinstance(json.loads(card.read_text(encoding="utf-8")), dict) else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return card


def _assemble(name: str, model: keras.Model, card: Mapping[str, Any], fixed: bool = False) -> Network:
    graph = Graph(model, fixed)
    layers = describe(graph)
    image_shape = _image_shape(graph.input_shape)
    channels = image_shape[2]
    given = card.get("input", {})
    if not isinstance(given, Mapping) or not isinstance(card.get("classes", ()), list | tuple):
        raise NnvizError(
            "A card with an object as its input and a list as its classes was expected. "
            f"Received: {given!r}, {card.get('classes')!r}."
        )
    if given.get("shuffle") is not None:
        permutation(1, given["shuffle"])  # refuses what is no seed
    assumed = ""
    if "scale" in given:
        scale = _per_channel(given["scale"], channels, "scale")
        offset = _per_channel(given.get("offset", 0.0), channels, "offset")
    elif _rescales(layers):
        scale, offset = (1.0,) * channels, (0.0,) * channels
    else:
        scale, offset = (1 / 255,) * channels, (0.0,) * channels
        assumed = f"{name} has no card, so its input is assumed to run from 0 to 1; give one with --card."
    classes = tuple(str(label) for label in card.get("classes", ())) or tuple(map(str, range(graph.classes)))
    if len(classes) != graph.classes:
        raise NnvizError(
            f"A card with {graph.classes} class names was expected, one an output. Received: {len(classes)}."
        )
    return Network(name, model, graph, layers, classes, image_shape, scale, offset, card, assumed)


def _image_shape(shape: Sequence[int | None]) -> tuple[int | None, int | None, int]:
    if len(shape) == 3 and shape[2] in (1, 3):
        return (shape[0], shape[1], shape[2])
    if len(shape) == 2 and None not in shape:
        return (shape[0], shape[1], 1)
    if len(shape) == 1 and shape[0] is not None:
        side = math.isqrt(shape[0])
        return (side, side, 1) if side * side == shape[0] else (1, shape[0], 1)
    raise NnvizError(
        "A network on images with 1 or 3 channels (last axis), or on vectors, was expected. "
        f"Received: an input of shape {tuple(shape)}."
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


def _rescales(layers: Sequence[LayerInfo]) -> bool:
    """Whether the network itself scales raw pixels, before its first weights."""
    for layer in layers[1:]:
        if isinstance(layer.keras_layer, keras.layers.Rescaling):
            # 2x - 1 is made for 0..1; what brings 255 near to 1 is made for pixels.
            return float(np.max(np.abs(layer.keras_layer.scale))) * 255 <= 16
        if isinstance(layer.keras_layer, keras.layers.Normalization):
            # Adapted on pixels, or on what had been brought to 0..1 (or near 0) before.
            mean, variance = (np.asarray(getattr(layer.keras_layer, name)) for name in ("mean", "variance"))
            return float(np.max(np.abs(mean) + 3 * np.sqrt(variance))) > 16
        if layer.parameters or layer.convolution:
            return False
    return False
