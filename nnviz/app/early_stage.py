"""The stage before TensorFlow is there: a net for digits that ships, run by the browser alone, to be drawn on at once.

It stands in the window until the page is whole (first_paint). What is drawn on it stays on the page's own pad.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from nnviz.analysis.network.chain import Chain, chain
from nnviz.components import parts
from nnviz.components.stage.stage import PICTURE, Answer, BrowserNet, Wall, code, facts, pack
from nnviz.figures.curves import COLOURS
from nnviz.installation import ROOT

FIRST = "mnist-cnn"
FOLDER = "early/"
"""Where its files are below the app's root."""
_PASSED = ("reshape", "identity")
"""What has no wall: the same numbers in another shape."""


@dataclass(frozen=True, eq=False)
class EarlyStage:
    """What the browser is sent.

    Attributes:
        script: stands in the page itself, with all but the weights: a browser asks for six files at a time, and for a
            hundred of Streamlit's first.
        weights: name of the file with the weights, to be asked for before all others.
    """

    script: str
    weights: str


@cache
def early_stage(network: str) -> EarlyStage | None:
    """The stage of a network; None where it is none that ships, or no plain chain of layers."""
    path = ROOT / "pretrained" / f"{network}.keras"
    card = path.with_suffix(".json")
    if not network.replace("-", "").isalnum() or not path.is_file() or not card.is_file():
        return None
    found, told = chain(path), json.loads(card.read_text(encoding="utf-8"))
    if found is None or told.get("data") != "digits" or "shuffle" in told:
        return None
    return _made(network, found, told["classes"], told["input"]["scale"][0], told["input"]["offset"][0])


def file(name: str) -> bytes | None:
    """Content of a file of an early stage that was made; None where there is none of that name."""
    return _FILES.get(name)


_FILES: dict[str, bytes] = {}


def _made(network: str, found: Chain, classes: list[str], scale: float, offset: float) -> EarlyStage:
    program = found.program
    with np.load(ROOT / "pretrained" / "mnist-test.npz", allow_pickle=False) as archive:
        pixels = archive["images"][0]
    weights = program.weights.tobytes()
    name = f"{FOLDER}{sha256(weights).hexdigest()[:16]}.bin"
    _FILES[name] = weights
    net = BrowserNet(
        key=f"early {network}",
        weights=b"",
        input=program.input,
        output=program.output,
        scores=f"{program.output}/sum",
        operations=program.operations,
        shape=(*pixels.shape, 1),
        scale=scale,
        offset=offset,
        second=False,
    )
    walls = _walls(found)
    is_cnn = any(operation["op"] == "convolution" for operation in program.operations)
    nothing = [0.0] * len(classes)
    answer = Answer(
        "The net says", "", "", classes, [""] * len(classes), nothing, [*range(len(classes))], nothing, COLOURS[is_cnn]
    )
    data = pack(
        walls,
        pixels,
        answer,
        alt=f"All layers of {network}, and what it says of what is drawn",
        network=network,
        title="test digit 0",
        name="test-0",
        draws=True,
        height=0.66,
        local=facts(net, "code", name),
    )
    styles = "\n".join((parts.FOLDER / each).read_text() for each in ("common/part.css", "stage/stage.css"))
    texts = {"style": styles, "code": code().decode(), "data": b64encode(data).decode()}
    # What ends a script may not stand in it.
    told = json.dumps(texts).replace("</", "<\\/")
    module = parts.joined(parts.FOLDER / "stage" / "stage.js")
    return EarlyStage(f"{module}\nconst EARLY = {told};\n{_MOUNT.read_text()}", name)


_MOUNT = Path(__file__).with_name("early_stage.js")


def _walls(found: Chain) -> list[Wall]:
    """The walls of what makes something to look at, but for the answer, in a chain."""
    shown = [each for each in found.program.operations[:-1] if each["op"] not in _PASSED]
    walls = []
    for rank, operation in enumerate(shown):
        shape = found.shapes[operation["name"]]
        rows, columns, count = shape if len(shape) == 3 else (1, 1, shape[0])
        maps = np.zeros((count, rows, columns), np.float32)
        walls.append(
            Wall(
                layer=operation["name"],
                title=operation["name"],
                note="x".join(map(str, shape)) if len(shape) > 1 else f"{count:,} units",
                units=np.arange(count),
                maps=maps,
                peaks=np.zeros(count),
                colour="viridis",
                range=(0.0, 1.0),
                count=count,
                reads=[rank - 1 if rank else PICTURE],
                answers=rank == len(shown) - 1,
                rank=rank,
                straight=operation["op"] == "pooling",
                tensor=operation["name"],
            )
        )
    return walls
