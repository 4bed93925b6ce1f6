"""What a page is given: network, picture, layer, unit and target, read afresh from the address."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nnviz.analysis.image.images import Fitted, Transform
from nnviz.analysis.image.shuffle import SEED
from nnviz.analysis.network import numbers
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.errors import NnvizError
from nnviz.shell import address, library, target_words, uploads
from nnviz.shell.target_words import TargetWords

MOST_SHIFT, MOST_NOISE = 10, 100
OF_NETWORK = ("values", "layer", "unit", "row", "column", "target", "explain", "minus", "page", "off", "block", "zoom")
"""Parameters of the address that mean another thing in another network."""


@dataclass(frozen=True, eq=False)
class Session:
    """One viewer's choice, and what follows from it.

    Attributes:
        name: of the network in the address: the library's, whatever its card calls it.
        key: of the network's content, for what is kept of it.
        network, picture: what is looked at.
        transform: what is done to the picture first.
        fitted: the picture as the network takes it.
        trace: what it leaves in every layer.
        layer: the one under study.
        unit: channel of it.
        cell: (row, column) in its maps, or None.
        target: class that is explained; None for the winner.
        notices: what the address asked for and is not there, a sentence each.
        explains, minus: what the attributions of a page explain, a class or the unit under study; and the class whose
            score is taken off that of the class. A class alone, unless the page asks for more.
    """

    name: str
    key: str
    network: Network
    picture: library.Picture
    transform: Transform
    fitted: Fitted
    trace: Trace
    layer: LayerInfo
    unit: int
    cell: tuple[int, int] | None
    target: int | None
    notices: tuple[str, ...] = ()
    explains: Literal["class", "unit"] = "class"
    minus: int | None = None

    @property
    def class_index(self) -> int:
        """The class that is explained: the target, or the winner."""
        return self.trace.winner if self.target is None else self.target

    def class_name(self, index: int) -> str:
        return self.network.classes[index]

    @property
    def target_words(self) -> TargetWords:
        """The target of the attributions, and its words."""
        if self.explains == "unit":
            return target_words.of_unit(self.network, self.layer, self.unit, self.cell)
        if self.minus is not None:
            return target_words.of_difference(self.network, self.class_index, self.minus)
        return target_words.of_class(self.network, self.class_index)

    @property
    def target_name(self) -> str:
        """What is explained, in words: "7", "3 and not 8", "map 5 of conv2"."""
        return self.target_words.name

    @property
    def fitted_tile(self) -> np.ndarray:
        """The picture as one tile, 0..255: (1, H, W), or (1, H, W, 3) in colours."""
        pixels = self.fitted.pixels
        return pixels[None, :, :, 0] if pixels.shape[2] == 1 else pixels[None]

    @property
    def input_range(self) -> tuple[float, float]:
        """Black and white in the network's own range, the widest of its channels."""
        ends = np.outer((0, 255), self.network.scale) + np.asarray(self.network.offset)
        return float(ends.min()), float(ends.max())

    @property
    def activations(self) -> np.ndarray:
        """Those of the layer under study."""
        return self.trace.activations[self.layer.name]


def read() -> Session:
    """The session that the address describes; what does not exist is replaced by the nearest, and said.

    The address stays as it is: see `write_address`.

    Raises:
        NnvizError: a network or a picture that cannot be read.
    """
    found = address.read()
    notices: list[str] = []
    name = _network(found.get("net"), notices)
    network = library.network(name)
    picture = _picture(found.get("image"), network, notices)
    transform = _transform(network, notices)
    layer = network.layer(_layer(found.get("layer"), network, notices))
    cell = None
    if len(layer.output_shape) in (2, 3) and "row" in found and "column" in found:
        rows, columns = (size or 1 << 14 for size in layer.output_shape[:2])
        cell = (_whole("row", 0, rows - 1, notices), _whole("column", 0, columns - 1, notices))
    target = _whole("target", 0, network.graph.classes - 1, notices) if "target" in found else None
    fitted = library.fitted(network, picture, transform)
    key = library.content_key(name)
    trace = library.traced(network, key, fitted.digest, fitted)
    unit = _unit(trace.activations[layer.name], notices)
    return Session(name, key, network, picture, transform, fitted, trace, layer, unit, cell, target, tuple(notices))


def write_address(session: Session) -> None:
    """Let the address say what is shown: in full, so that it can be sent. Whoever draws does so, once it is read."""
    found = dict(address.read())
    shown = {**found, "net": session.name, "image": session.picture.name}
    shown |= {"layer": session.layer.name, "unit": str(session.unit)}
    if session.cell is not None:
        shown |= {"row": str(session.cell[0]), "column": str(session.cell[1])}
    else:
        shown = {name: value for name, value in shown.items() if name not in ("row", "column")}
    if session.target is not None:
        shown["target"] = str(session.target)
    (dx, dy), transform = session.transform.shift, session.transform
    for name, value in {"dx": dx, "dy": dy, "rotate": transform.rotate, "noise": transform.noise}.items():
        if name in found:
            shown[name] = f"{value:.0f}"
    address.replace(shown)


def elsewhere(session: Session, name: str, picture: library.Picture) -> Session:
    """What a viewer chose, with another picture, and another network where it is not his own: one that ships.

    Its layer, unit and target are then those that a network opens on.
    """
    if name == session.name:
        return _with(session, picture)
    if picture.name == library.NUMBERS or picture.pixels.dtype != np.uint8:
        picture = library.picture(library.DEFAULT_IMAGE)
    network = library.bundled_network(name)
    layer = network.layer(default_layer(network))
    transform = replace(session.transform, shuffle=None)
    key = library.bundled_key(name)
    made = _with(replace(session, name=name, key=key, network=network, transform=transform, layer=layer), picture)
    strength = np.abs(made.activations).reshape(-1, made.activations.shape[-1]).max(axis=0)
    return replace(made, unit=int(strength.argmax()), cell=None, target=None)


def _with(session: Session, picture: library.Picture) -> Session:
    """The same with another picture."""
    fitted = library.fitted(session.network, picture, session.transform)
    trace = library.traced(session.network, session.key, fitted.digest, fitted)
    return replace(session, picture=picture, fitted=fitted, trace=trace)


def default_layer(network: Network) -> str:
    """The first convolution, else the first layer with weights, else the last."""
    layers = network.layers
    chosen = [layer for layer in layers if layer.convolution] or [layer for layer in layers if layer.parameters]
    return (chosen or [layers[-1]])[0].name


def _nearest(wanted: str | None, options: tuple[str, ...], what: str, default: str, notices: list[str]) -> str:
    if wanted is None or wanted in options:
        return wanted or default
    close = difflib.get_close_matches(wanted, options, n=1, cutoff=0.4)
    shown = close[0] if close else default
    known = ", ".join(options[:12])
    notices.append(f"There is no {what} {wanted[:40]!r} here, so {shown!r} is shown. There are: {known}.")
    return shown


def _network(wanted: str | None, notices: list[str]) -> str:
    names, first = library.network_names(), library.first_network()
    if wanted is not None and wanted.endswith(uploads.YOURS) and wanted not in names:
        notices.append(f"An uploaded network is its viewer's own and cannot be in a link, so {first!r} is shown.")
        return first
    return _nearest(wanted, names, "network", first, notices)


def _unit(activations: np.ndarray, notices: list[str]) -> int:
    """The unit of the address; where it names none, the one that this picture excites most."""
    channels = activations.reshape(-1, activations.shape[-1])
    if "unit" not in address.read():
        return int(np.abs(channels).max(axis=0).argmax())
    return _whole("unit", 0, channels.shape[1] - 1, notices)


def _layer(wanted: str | None, network: Network, notices: list[str]) -> str:
    names = tuple(layer.name for layer in network.layers)
    return _nearest(wanted, names, f"layer of {network.name}", default_layer(network), notices)


def _picture(wanted: str | None, network: Network, notices: list[str]) -> library.Picture:
    if network.input.kind != "picture":
        return _numbers(wanted, network, notices)
    first = library.first_picture(network)
    if wanted == library.NUMBERS:
        wanted = first
    if wanted == library.UPLOAD and library.upload_for(network) is None:
        notices.append("An uploaded picture cannot be in a link, so the default one is shown.")
        wanted = first
    try:
        return library.picture(wanted or first)
    except NnvizError as error:
        if not wanted or wanted == first:
            raise
        notices.append(f"{error} The default one, {first}, is shown.")
        return library.picture(first)


def _numbers(wanted: str | None, network: Network, notices: list[str]) -> library.Picture:
    """What a network is given that takes no picture: the viewer's own numbers, else what stands in for them."""
    if wanted == library.UPLOAD and (kept := library.upload_for(network)) is not None:
        return kept
    values = None
    if (text := address.read().get("values")) is not None:
        try:
            values = numbers.listed(text, network.input)
        except NnvizError as error:
            notices.append(f"{error} What stands in for them is shown.")
    return library.numbers(network, values)


def _whole(name: str, low: int, high: int, notices: list[str]) -> int:
    value, replaced = address.whole(name, 0, low, high)
    if replaced:
        received = address.read()[name][:40]
        notices.append(f"{name} runs from {low} to {high} here, so {value} is shown. Received: {received}.")
    return value


def _transform(network: Network, notices: list[str]) -> Transform:
    if network.input.kind != "picture":
        return Transform()
    dx, dy = (_offset(name, -MOST_SHIFT, MOST_SHIFT, notices) for name in ("dx", "dy"))
    return Transform(
        shift=(dx, dy),
        rotate=float(_offset("rotate", -180, 180, notices)),
        noise=float(_offset("noise", 0, MOST_NOISE, notices)),
        invert=address.read().get("invert") == "1",
        stretch=address.read().get("stretch") == "1",
        shuffle=(SEED if network.shuffle is None else network.shuffle) if _shuffles(network) else None,
    )


def _shuffles(network: Network) -> bool:
    """Whether the pixels are shuffled: as the address says, else as the network was trained."""
    return address.choice("shuffle", ("0", "1"), "0" if network.shuffle is None else "1") == "1"


def _offset(name: str, low: int, high: int, notices: list[str]) -> int:
    if name not in address.read():
        return 0
    return _whole(name, low, high, notices)
