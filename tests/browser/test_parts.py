"""The parts on a page of files alone: no Streamlit, no server that answers."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext
from rastering import HEADER
from scripted import blank_page, run

from nnviz.components.convolution import KernelGeometry, Stage
from nnviz.components.convolution.convolution import packed as convolution
from nnviz.components.flow import Column, Node, Ribbon
from nnviz.components.flow.flow import packed as flows
from nnviz.components.raster import Panel
from nnviz.components.raster.raster import pack
from nnviz.components.scatter import Curve, Line, Points, Subject
from nnviz.components.scatter.scatter import packed as scatter
from nnviz.components.unrolling import Layout
from nnviz.components.unrolling.unrolling import packed as unrolling
from nnviz.figures.colour import TABLES

GENERATOR = np.random.default_rng(0)
IMAGE = GENERATOR.random((8, 6, 1)).astype(np.float32)
SLIDING = KernelGeometry(
    *(IMAGE, GENERATOR.normal(size=(3, 3, 1)), 0.5, (1, 1), (1, 1), (0, 0), (6, 4), [Stage("ReLU", "clip", own=True)])
)
POINTS = Points(
    np.array([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]] * 2),
    *(np.array([0, 1, 1]), ["a", "b"], ["#332288", "#88ccee"]),
    *(np.full((3, 2, 2), 99, np.uint8), ["one", "two", "three"]),
)
CURVE = Curve("what", ["in", "out"], ["in", "out"], [Line("whole", "#21918c", [0.5, 1.0])], [0, 1], 1)
SUBJECT = Subject(np.zeros((2, 2, 3), np.uint8), 1)
PARTS = {
    "raster": pack([Panel(GENERATOR.random((2, 4, 5)), pick="cell")], HEADER),
    "convolution": convolution(SLIDING, {"alt": "a", "cell": [0, 0], "below": 0, "seen": 0, "play": False}),
    "unrolling": unrolling(
        Layout(IMAGE, False, "grey", (0.0, 1.0), 0, 1, 8, [(9, 0, 1)], [2]),
        {"alt": "a", "below": 0, "unrolled": 0, "seen": 0, "play": False, "speed": ""},
    ),
    "scatter": scatter(POINTS, CURVE, SUBJECT, {"alt": "a", "height": 0.6, "small": False, "seen": 0, "turn": None}),
    "flow": flows(
        [
            Column("units", "of dense", [Node("unit", "unit 5", "+1", pick=5), Node("others", "2 others", "+1")]),
            Column("logits", "", [Node("score", "logit 7", "2", kind="score", value=2.0)]),
        ],
        [Ribbon("unit", "score", 1.0), Ribbon("others", "score", 1.5), Ribbon("others", "score", -0.5)],
        None,
        {"alt": "a", "height": 0.6, "seen": 0},
    ),
}
MOUNT = """
const [name, text] = a, element = document.body.appendChild(document.createElement("div")), told = (window.told = []);
const styled = ["/common/part.css", `/${name}/${name}.css`].map((href) => new Promise((resolve) => {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve }));
}));
return Promise.all([import(`/${name}/${name}.js`), ...styled]).then(([part]) => {
  part.mount(element, (...said) => told.push(said))(bytes(text));
});
"""
# Colours on the largest canvas.
SEEN = """
const size = (canvas) => canvas.width * canvas.height;
const canvas = [...document.querySelectorAll("canvas")].reduce((a, b) => (size(b) > size(a) ? b : a));
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
return new Set(new Uint32Array(pixels.buffer)).size;
"""


def test_a_part_draws_and_tells_on_a_page_of_files(context: BrowserContext, files: str) -> None:
    with blank_page(context, files, "common/colours.js") as page:
        wrong: list[Any] = []
        page.on("pageerror", lambda error: wrong.append(error))
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(files) else None)
        for name, table in run(page, "return Object.entries(COLOURS);"):
            np.testing.assert_array_equal(np.reshape(table, (-1, 3)), TABLES[name])

        def picked(name: str, canvas: str, place: str) -> Any:
            """What is told of a click on a place of a part: [name, value]."""
            page.evaluate("document.body.replaceChildren()")
            run(page, MOUNT, name, base64.b64encode(PARTS[name]).decode())
            shown = page.locator(canvas)
            assert shown.get_attribute("data-drawn") == "1"
            assert run(page, SEEN) > 5
            x, y = shown.evaluate(place)
            shown.click(position={"x": x, "y": y})
            page.wait_for_function("told.length")
            (found,) = page.evaluate("told")
            return found

        middle = "(c) => { const [x, y, w, h] = %s; return [x + %s * w, y + %s * h]; }"
        name, told = picked("raster", ".raster canvas", middle % ("JSON.parse(c.dataset.places)[0][1]", 0.7, 0.3))
        assert (name, [told[at] for at in ("panel", "tile", "row", "column")]) == ("pick", [0, 1, 1, 3])
        assert told["count"] == 1
        box = "[4, 4, c.clientWidth - 8, c.clientHeight - 8]"
        name, told = picked("convolution", ".conv .output canvas", middle % (box, 0.6, 0.4))
        assert (name, told["row"], told["column"], told["count"]) == ("cell", 2, 2, 1)
        name, told = picked(
            "unrolling", ".unroll canvas", middle % ("JSON.parse(c.dataset.places).maps[0]", 0.25, 0.99)
        )
        assert (name, told) == ("pick", {"slot": 7 * 6 + 1, "count": 1})
        name, told = picked("scatter", ".scatter .points", "(c) => JSON.parse(c.dataset.view).slice(0, 2)")
        assert (name, told) == ("pick", {"index": 0, "follow": True, "count": 1})
        # The flows are drawn in SVG: three ribbons, and what is picked is a node.
        page.evaluate("document.body.replaceChildren()")
        run(page, MOUNT, "flow", base64.b64encode(PARTS["flow"]).decode())
        assert page.locator(".flow svg[data-drawn='1'] .ribbon").count() == 3
        page.locator(".flow [data-id=unit]").click()
        assert page.evaluate("told") == [["pick", {"pick": 5, "count": 1}]]
        assert wrong == []
