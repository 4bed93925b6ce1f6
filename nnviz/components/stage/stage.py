"""The stage component: walls of maps between a picture and the answer; drawn on, pointed at, flown into.

The maps travel as bytes, 0 to 255 over the range of their wall: as many steps as a colour map has. Those of the layer
under study travel as float32 besides, since their values are read.
"""

from __future__ import annotations

import functools
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnviz.components.pad.pad import SIDE, digit_of
from nnviz.components.parts import FOLDER, buffer, component, joined

Zoom = Literal["net", "layer", "map", "cell"]
PICTURE, ANSWER = -1, -2
"""What stands for the picture and for the answer where the number of a wall is expected."""


@dataclass(frozen=True, eq=False)
class Wall:
    """The maps of a layer that are shown.

    Attributes:
        layer, title, note: its name, and what is written above it.
        units: (n,) numbers of the channels that are shown.
        maps: (n, rows, columns) of them; units of a vector are maps of one cell.
        peaks: (n,) the value of each that is largest in magnitude.
        colour, range: of the maps.
        count: channels of the layer.
        reads: numbers of the walls that it reads, or PICTURE.
        answers: whether the answer is read from it.
        rank: how many walls are before it on the longest way.
        whole: whether a cell of a map is a cell of the layer, not the mean of several.
        straight: whether each channel reads its own channel alone.
        tensor: name of its values in the browser's net.
        block: of what a pick opens, instead of the layer; "" for none.
    """

    layer: str
    title: str
    note: str
    units: np.ndarray
    maps: np.ndarray
    peaks: np.ndarray
    colour: str
    range: tuple[float, float]
    count: int
    reads: Sequence[int]
    answers: bool
    rank: int
    whole: bool = True
    straight: bool = False
    tensor: str = ""
    block: str = ""


@dataclass(frozen=True)
class Wire:
    """What one unit adds to another: from or to the unit under study, and the wall and the number there."""

    side: Literal["from", "to"]
    wall: int
    index: int
    value: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What the net says.

    Attributes:
        heading, says, verdict: what stands above the bars.
        names, texts: of the classes that have a bar, and their numbers.
        shares: their probabilities, or None where the numbers are none.
        order: which classes they are.
        all: probabilities of all classes.
        colour: of the bars.
        best: number of the bar that wins, or None.
        marked: the class that is explained, or None.
    """

    heading: str
    says: str
    verdict: str = ""
    names: Sequence[str] = ()
    texts: Sequence[str] = ()
    shares: Sequence[float] | None = None
    order: Sequence[int] = ()
    all: Sequence[float] = ()
    colour: str = ""
    best: int | None = None
    marked: int | None = None


@dataclass(frozen=True, eq=False)
class BrowserNet:
    """A network that the browser can run itself.

    Attributes:
        key: of its content.
        weights: float32, as bytes.
        input, output, scores: names of the input, the probabilities and the logits.
        operations: as `analysis.network.program` has them.
        shape: of the input.
        scale, offset: of a pixel 0..255 to a value of the input.
        second: whether its one output is that of the second of two classes.
    """

    key: str
    weights: bytes
    input: str
    output: str
    scores: str
    operations: Sequence[Mapping[str, Any]]
    shape: Sequence[int]
    scale: float
    offset: float
    second: bool


@dataclass(frozen=True, eq=False)
class Choice:
    """A picture to choose: its name, its title, and (side, side) or (side, side, 3) in 0..255."""

    name: str
    title: str
    pixels: np.ndarray


@dataclass(frozen=True)
class Pick:
    """What was picked: a unit and how near one stands to it, a class, or the way out of a block."""

    layer: str = ""
    unit: int = 0
    row: int | None = None
    column: int | None = None
    zoom: Zoom = "net"
    block: str | None = None
    target: int | None = None
    leave: bool = False


@dataclass(frozen=True, eq=False)
class Heard:
    """What is called with what the viewer did, before the rerun.

    Attributes:
        picked: a unit or a class.
        chosen: the name of a picture of the strip.
        drew: (28, 28) uint8 of what was drawn, white on black.
        filmed: a JPEG of what the camera sees, and whether it is to be kept, since the camera was stopped.
    """

    picked: Callable[[Pick], None]
    chosen: Callable[[str], None] = field(default=lambda name: None)
    drew: Callable[[np.ndarray], None] = field(default=lambda pixels: None)
    filmed: Callable[[bytes, bool], None] = field(default=lambda content, kept: None)


def stage(
    walls: Sequence[Wall],
    pixels: np.ndarray,
    answer: Answer,
    heard: Heard,
    *,
    key: str,
    net: BrowserNet | None = None,
    **shown: Any,
) -> None:
    """Draw the stage.

    Args:
        walls, pixels, answer: as of `pack`.
        heard: what is called with what the viewer does.
        key: of the component, stable over reruns.
        net: what the browser runs itself.
        shown: what else `pack` takes.
    """
    key = f"stage-{key}"
    done = f"{key}-done"

    def report(kind: str) -> None:
        told = (st.session_state.get(key) or {}).get(kind)
        if not told or told["count"] <= st.session_state.get(done, 0):
            return
        st.session_state[done] = told["count"]
        if kind == "drawn":
            heard.drew(digit_of(told))
        elif kind == "frame" and "digit" in told:
            heard.drew(np.array(told["digit"], np.uint8).reshape(SIDE, SIDE))
        elif kind == "frame":
            heard.filmed(b64decode(told["jpeg"], validate=True), bool(told["kept"]))
        elif kind == "image":
            heard.chosen(str(told["name"]))
        else:
            found = {name: told[name] for name in Pick.__dataclass_fields__ if told.get(name) is not None}
            heard.picked(Pick(**found))

    state = st.session_state.get(key) or {}
    told = (state.get(kind) for kind in _KINDS)
    count = max((each["count"] for each in told if each), default=0)
    st.session_state[done] = count
    local = None if net is None else _served(net)
    data = pack(walls, pixels, answer, **shown, local=local, count=count)
    events: dict[str, Any] = {f"on_{kind}_change": lambda kind=kind: report(kind) for kind in _KINDS}
    component("stage")(key=key, data=data, **events)


def pack(
    walls: Sequence[Wall],
    pixels: np.ndarray,
    answer: Answer,
    *,
    alt: str,
    network: str,
    title: str,
    name: str,
    draws: bool,
    films: bool = False,
    drawn: bool = False,
    choices: Sequence[Choice] = (),
    picked: tuple[int, int] | None = None,
    zoom: Zoom = "net",
    wires: Sequence[Wire] = (),
    seen: tuple[int, int, int, int] | None = None,
    inside: bool = False,
    stands: bool = False,
    height: float = 0.6,
    local: Mapping[str, Any] | None = None,
    count: int = 0,
) -> bytes:
    """What the browser unpacks: a header, and the numbers after it.

    Args:
        walls: in the order of the network.
        pixels: (H, W) or (H, W, 3) in 0..255: the picture.
        answer: what the net says of it.
        alt: what the stage shows, for who cannot see it.
        network: what stands for the network: its walls keep their places while it stays.
        title, name: of the picture, and in the address.
        draws: whether the picture is a pad to draw digits on.
        films: whether the camera can be the picture.
        drawn: whether it is what the viewer drew.
        choices: pictures to choose, all of one size.
        picked: the wall and the number there of the unit under study.
        zoom: how near one stands.
        wires: of the unit under study.
        seen: (top, left, bottom, right) of the picture that it sees, in pixels.
        inside: whether a block is open, which "Back" leaves.
        stands: whether it stands on the wall of a talk.
        height: share of the window's height.
        local: what the browser runs itself, as `facts` gives it.
        count: of the viewer's reports that were heard.
    """
    body = _Body()
    header = {
        **{"alt": alt, "seen": count, "network": network, "answer": asdict(answer), "pad": draws, "films": films},
        "walls": [_wall(wall, body) for wall in walls],
        "picture": _picture(pixels, body) | {"title": title, "name": name, "drawn": drawn},
        "strip": [{"name": one.name, "title": one.title, "offset": body.add(_bytes(one.pixels))} for one in choices],
        "side": choices[0].pixels.shape[0] if choices else 0,
        "deep": 3 if choices and choices[0].pixels.ndim == 3 else 1,
        "picked": None if picked is None else {"wall": picked[0], "index": picked[1]},
        "wires": [[wire.side, wire.wall, wire.index, wire.value] for wire in wires] if wires else None,
        "local": None if local is None else {**local, "tensors": [wall.tensor for wall in walls]},
        **{"zoom": zoom, "field": seen, "inside": inside, "stands": stands, "height": height, "fine": None},
    }
    if picked is not None and picked[0] >= 0:
        header["fine"] = {"wall": picked[0], "offset": body.add(walls[picked[0]].maps.astype(np.float32).tobytes())}
    return buffer(header, *body.parts)


_KINDS = ("pick", "image", "drawn", "frame")
"""What the browser tells."""


class _Body:
    """What stands behind the header, each at a multiple of four."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> int:
        part += bytes(-len(part) % 4)
        self.parts.append(part)
        self.size += len(part)
        return self.size - len(part)


def _bytes(pixels: np.ndarray) -> bytes:
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8).tobytes()


def _picture(pixels: np.ndarray, body: _Body) -> dict[str, Any]:
    rows, columns = pixels.shape[:2]
    return {"h": rows, "w": columns, "channels": 3 if pixels.ndim == 3 else 1, "offset": body.add(_bytes(pixels))}


def _wall(wall: Wall, body: _Body) -> dict[str, Any]:
    low, high = wall.range
    scaled = (wall.maps - low) * (255 / (high - low or 1))
    plain = ("title", "note", "colour", "count", "answers", "rank", "whole", "straight", "tensor", "block", "layer")
    return {
        **{name: getattr(wall, name) for name in plain},
        "name": wall.layer,
        "units": wall.units.tolist(),
        "peaks": wall.peaks.astype(float).tolist(),
        "h": wall.maps.shape[1],
        "w": wall.maps.shape[2],
        "range": [float(low), float(high)],
        "reads": list(wall.reads),
        "offset": body.add(_bytes(scaled)),
    }


def facts(net: BrowserNet, code: str, weights: str) -> dict[str, Any]:
    """What the browser is told of a network that it runs.

    Args:
        net: the network.
        code, weights: where its code (`code`) and its weights are served.
    """
    plain = ("key", "input", "output", "scores", "scale", "offset", "second")
    return {
        **{name: getattr(net, name) for name in plain},
        "operations": list(net.operations),
        "shape": list(net.shape),
        "code": code,
        "weights": weights,
    }


@functools.cache
def code() -> bytes:
    """What runs a network in the browser, as a script of its own."""
    return joined(FOLDER / "net" / "worker.js").encode()


def _served(net: BrowserNet) -> dict[str, Any]:
    # Alike for all viewers, and asked for once: not sent with each run of the page.
    files = st.runtime.get_instance().media_file_mgr
    weights = files.add(net.weights, "application/octet-stream", f"nnviz-net-{net.key}")
    return facts(net, files.add(code(), "text/javascript", "nnviz-net-code"), weights)
