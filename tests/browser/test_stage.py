"""The stage in the running app: a digit is drawn, pointed at, flown into; by hand, by keys, and without WebGL."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from app import FIRST, SECONDS, App
from playwright.sync_api import WebSocket
from staging import Point
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import nnviz
from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import inputs_of, outputs_of
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.components.stage import ANSWER, PICTURE
from nnviz.figures.words import probability

SEVEN: list[Point] = [(0.28, 0.2), (0.72, 0.2), (0.45, 0.83)]
BAR: list[Point] = [(0.3, 0.52), (0.74, 0.52)]
WALLS = ("conv1", "pool1", "conv2", "pool2", "dense")
"""Of mnist-cnn; all units of each stand there."""

LISTENED = """() => {
  window.Worker = class extends Worker {
    asked = new Map();
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const run = this.asked.get(data.id);
        if (!run || !data.took) return;
        const tensors = run.names.map((name, at) => [name, Array.from(data.found[at].values)]);
        window.nnPass = { pixels: Array.from(run.values), tensors: Object.fromEntries(tensors) };
      });
    }
    postMessage(message, ...rest) {
      if (message.kind === "run") this.asked.set(message.id, message);
      super.postMessage(message, ...rest);
    }
  };
}"""
"""Keeps the last pass of the net in the browser, as the worker is asked for it and answers: `window.nnPass`."""

WITHOUT_WEBGL = """() => {
  const own = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith("webgl") ? null : own.call(this, kind, ...rest);
  };
}"""

EVERY_FRAME = """() => {
  const canvas = window.nn.canvases().find((one) => one.classList.contains("scene"));
  window.nnFrames = [];
  new MutationObserver(() => {
    window.nnFrames.push([canvas.getRootNode().querySelector(".stage").dataset.zoom, canvas.dataset.places]);
  }).observe(canvas, { attributes: true, attributeFilter: ["data-frames"] });
}"""
"""Notes of each frame from how near it is seen, and what stands where."""


class Heard:
    """What the server sends of the stage."""

    def __init__(self) -> None:
        self.last: tuple[dict[str, Any], bytes] | None = None

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, content: str | bytes) -> None:
        if isinstance(content, str):
            return
        element = ForwardMsg.FromString(content).delta.new_element
        if element.HasField("bidi_component") and "stage-network" in element.bidi_component.id:
            buffer = element.bidi_component.bytes
            length = int.from_bytes(buffer[:4], "little")
            self.last = json.loads(buffer[4 : 4 + length]), buffer[4 + length :]


def wires_of(network: Network, trace: Trace, wall: int, unit: int) -> dict[tuple[str, int, int], float]:
    """The wires of a unit of mnist-cnn, each layer of which reads the one before: the strongest eight on each side."""
    image, layer = trace.image, WALLS[wall]
    before, after = (wall - 1, wall + 1 if wall + 1 < len(WALLS) else ANSWER)
    source = WALLS[before] if wall else network.layers[0].name
    inputs = inputs_of(network, image, source, targets.channel(layer, unit))
    outputs = outputs_of(network, image, layer, unit, LOGITS if after == ANSWER else WALLS[after])
    found: dict[tuple[str, int, int], float] = {}
    if wall:
        found |= {("from", before, index): inputs[index] for index in np.argsort(-np.abs(inputs))[:8]}
    else:
        found["from", PICTURE, 0] = inputs.sum()
    found |= {("to", after, index): outputs[index] for index in np.argsort(-np.abs(outputs))[:8]}
    return {(side, at, int(index)): float(value) for (side, at, index), value in found.items() if value}


def check_wires(app: App, wanted: dict[tuple[str, int, int], float]) -> None:
    """Wait for the wires of the unit that is pointed at, and hold them against these."""
    ends = sorted({(side, wall) for side, wall, _ in wanted})
    app.stage.until(
        "(canvas, ends) => JSON.stringify([...new Set(JSON.parse(canvas.dataset.wires)"
        ".map(([side, wall]) => JSON.stringify([side, wall])))].sort()) === JSON.stringify(ends)",
        sorted(json.dumps([side, wall], separators=(",", ":")) for side, wall in ends),
    )
    found = app.stage.wires
    assert found.keys() == wanted.keys()
    largest = max(map(abs, wanted.values()))
    assert found == {key: pytest.approx(value, abs=1e-3 * largest) for key, value in wanted.items()}


def tip_number(tip: str) -> float:
    return float(tip.rpartition(": ")[2].split()[0])


def test_a_digit_is_drawn_pointed_at_and_flown_into(app: App, networks: dict[str, Network]) -> None:
    network, stage, heard = networks["mnist-cnn"], app.stage, Heard()
    app.page.on("websocket", heard.listen)
    app.open("maps", net="mnist-cnn", image="test-2", layer="pool1", unit=3)
    app.page.remove_listener("websocket", heard.listen)
    app.page.evaluate(LISTENED)
    app.menu("Network")
    assert (stage.says, stage.picked, len(stage.places)) == ("1", (1, 3), 16 + 16 + 32 + 32 + 128)

    # While the pen is down the net in the browser answers, and the bars with it.
    stage.down(SEVEN[:2])
    stage.until("(canvas) => canvas.dataset.passes >= 1")
    before = stage.passes
    for x, y in SEVEN[2:]:
        box = stage.paper.bounding_box()
        assert box is not None
        app.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=12)
    stage.until("(canvas, passes) => canvas.dataset.passes > passes", before)
    assert app.address["image"] == "test-2"
    app.page.mouse.up()
    app.until(image="upload")
    ran = app.page.evaluate("() => window.nnPass")
    assert heard.last is not None
    header, body = heard.last
    picture = header["picture"]
    pixels = np.frombuffer(body, np.uint8, 28 * 28, picture["offset"]).reshape(28, 28)
    assert (picture["drawn"], picture["name"]) == (True, "upload")

    # The server has the same picture, and says the same of it.
    scale, offset = network.scale[0], network.offset[0]
    np.testing.assert_allclose(np.reshape(ran["pixels"], (28, 28)), pixels * scale + offset, atol=1e-6)
    trace = nnviz.trace(network, pixels)
    np.testing.assert_allclose(header["answer"]["all"], trace.probabilities, atol=1e-6)
    for name, values in ran["tensors"].items():
        wanted = trace.activations[name] if name in WALLS else trace.probabilities
        difference = np.abs(np.reshape(values, wanted.shape) - wanted).max()
        assert difference <= 1e-4 * np.abs(wanted).max(), name
    for wall, own in enumerate(header["walls"]):
        low, high = own["range"]
        count = len(own["units"]) * own["h"] * own["w"]
        sent = low + (high - low) * np.frombuffer(body, np.uint8, count, own["offset"]) / 255
        shown = np.reshape(ran["tensors"][own["name"]], (-1, own["count"]))[:, own["units"]].T.ravel()
        np.testing.assert_allclose(sent, shown, atol=0.51 * (high - low) / 255, err_msg=WALLS[wall])
    assert stage.says == str(trace.winner) == "7"
    assert stage.bars == {str(at): probability(share) for at, share in enumerate(trace.probabilities)}

    # Whoever points at a unit sees what feeds it and what it feeds, and the value under the pointer.
    unit = int(trace.activations["conv2"].max(axis=(0, 1)).argmax())
    stage.hover(2, unit)
    check_wires(app, wires_of(network, trace, 2, unit))
    for by in ((0, 0), (4, 3)):
        tip = stage.hover(2, unit, by)
        layer, noun, row, column = tip.rpartition(": ")[0].split(", ")
        assert (layer, noun) == ("conv2", f"map {unit}")
        cell = int(row.removeprefix("row ")), int(column.removeprefix("column "))
        assert tip_number(tip) == pytest.approx(trace.activations["conv2"][(*cell, unit)], rel=0.006, abs=1e-3)
    neuron = int(trace.activations["dense"].argmax())
    assert tip_number(stage.hover(4, neuron)) == pytest.approx(trace.activations["dense"][neuron], rel=0.006)
    check_wires(app, wires_of(network, trace, 4, neuron))

    # A click picks; one more flies to the layer, and to the map, and to the arithmetic of the cell that was clicked.
    stage.click(2, unit)
    app.until(layer="conv2", unit=unit, zoom=None)
    assert stage.picked == (2, unit)
    check_wires(app, wires_of(network, trace, 2, unit))
    stage.click(2, unit)
    app.until(zoom="layer")
    assert (stage.zoom, set(stage.places)) == ("layer", {(2, index) for index in range(32)})
    stage.click(2, unit)
    app.until(zoom="map")
    ends = {("from", wall) for wall in (1,)} | {("to", 3)}
    assert stage.zoom == "map"
    assert {key for key in stage.places if key[0] == 2} == {(2, unit)}
    assert {wall for wall, _ in stage.places} == {2} | {wall for _, wall in ends}
    tip = stage.hover(2, unit, (5, 5))
    stage.scene.click(position=dict(zip("xy", np.add(stage.places[2, unit], 5).tolist(), strict=True)))
    app.until(layer="conv2", unit=unit)
    app.page.wait_for_function("() => location.pathname.endsWith('/convolution')", timeout=SECONDS)
    app.still()
    assert f"row {app.address['row']}, column {app.address['column']}: " in tip

    # And back.
    app.menu("Network")
    assert stage.zoom == "map"
    stage.scene.focus()
    for zoom in ("layer", None):
        app.page.keyboard.press("Escape")
        app.until(zoom=zoom)
    assert len(stage.places) == 16 + 16 + 32 + 32 + 128

    # The same by keys alone.
    app.page.keyboard.press("ArrowRight")
    app.until(layer="pool2")
    app.page.keyboard.press("ArrowUp")
    app.until(layer="pool2", unit=unit - 1) if unit else app.until(layer="pool2", unit=0)
    chosen = int(app.address["unit"])
    for zoom in ("layer", "map"):
        app.page.keyboard.press("Enter")
        app.until(zoom=zoom)
    app.page.keyboard.press("Enter")
    app.page.wait_for_function("() => location.pathname.endsWith('/pooling')", timeout=SECONDS)
    app.still()
    assert (app.address["layer"], app.address["unit"]) == ("pool2", str(chosen))
    own = trace.activations["pool2"][..., chosen]
    assert own[int(app.address["row"]), int(app.address["column"])] == pytest.approx(own.max(), rel=1e-5)


def test_without_webgl_and_without_motion_the_same_stands_there(app: App) -> None:
    stage = app.stage
    app.page.emulate_media(reduced_motion="reduce")
    try:
        app.open(FIRST, net="mnist-cnn", image="test-0", layer="pool2", unit=2)
        app.page.evaluate(EVERY_FRAME)
        # From the whole net to a layer in one frame.
        stage.click(3, 2)
        app.until(zoom="layer")
        seen = app.page.evaluate("() => window.nnFrames")
        there = stage.told("places")
        assert {places for zoom, places in seen if zoom == "layer"} == {there}
        assert any(zoom == "layer" for zoom, _ in seen)
        stage.scene.focus()
        app.page.keyboard.press("Escape")
        app.until(zoom=None)
        run = stage.root.get_by_role("button", name="Run")
        run.hover()
        drawn = int(app.still().frames(20).stage.told("frames"))
        run.click()
        app.frames(12)
        # A signal on its way would draw each of them; what the net in the browser tells late draws one.
        assert int(stage.told("frames")) - drawn <= 2
        # Laid flat, and then drawn by a browser without WebGL.
        stage.root.get_by_role("button", name="Flat").click()
        app.still()
        flat, says, bars = stage.places, stage.says, stage.bars
        app.menu("Filters")
        app.page.evaluate(WITHOUT_WEBGL)
        app.menu("Network")
        assert "flatonly" in (stage.root.get_attribute("class") or "")
        assert (stage.places, stage.says, stage.bars) == (flat, says, bars)
        assert stage.scene.evaluate("canvas => window.nn.colours(canvas)") > 30
        stage.click(0, 5)
        app.until(layer="conv1", unit=5)
        assert stage.picked == (0, 5)
    finally:
        app.page.emulate_media(reduced_motion="null")
