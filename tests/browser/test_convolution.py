"""The convolution page: every number that it shows against the network's own, and play, step, scrub, hover, keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from app import SECONDS, App, shows
from conftest import Open
from keras import layers
from server import serving

import nnviz
from nnviz.analysis.convolution import convolution_steps
from nnviz.analysis.digits import digit
from nnviz.analysis.network import Network, load
from nnviz.analysis.own_kernel import PRESETS, nearest_filter, own_steps
from nnviz.components.convolution import MOST_VALUES, Sliding, Stage
from nnviz.components.convolution.convolution import packed

CLOSE = 1e-4
"""Of the map's largest."""

ROOT = ".conv"


def cell(app: App) -> dict[str, Any]:
    """What the picture shows of the cell."""
    return json.loads(app.page.locator(ROOT).get_attribute("data-cell") or "")


def until(app: App, row: int, column: int) -> dict[str, Any]:
    """Wait until that cell is shown."""
    app.page.wait_for_function(
        """([row, column]) => {
          const canvas = window.nn.canvases().find((node) => node.closest(".conv"));
          const found = canvas && JSON.parse(canvas.closest(".conv").dataset.cell);
          return found && found.row === row && found.column === column;
        }""",
        arg=[row, column],
        timeout=SECONDS,
    )
    return cell(app)


def press(app: App, name: str) -> None:
    app.page.get_by_role("button", name=name, exact=True).click()


def over(app: App, row: int, column: int) -> dict[str, float]:
    """Middle of a cell of the output."""
    return app.page.locator(f"{ROOT} .output canvas").evaluate(
        """(canvas, [row, column]) => {
          const shape = canvas.closest(".conv").querySelector(".output p").textContent.split(",")[0];
          const columns = Number(shape.split("\\u00d7")[1]);
          const size = (canvas.clientWidth - 8) / columns;
          return { x: 4 + (column + 0.5) * size, y: 4 + (row + 0.5) * size };
        }""",
        [row, column],
    )


def assert_right(found: dict[str, Any], steps: Any) -> None:
    """Sums, bias, activation and what follows, as the network has them."""
    at = (found["row"], found["column"])
    sums = steps.channel_sums(*at)
    channel = found["channel"]
    largest = float(np.abs(steps.pre_activation).max())
    most = float(np.abs(steps.output).max())
    assert found["sum"] == pytest.approx(sums[channel], abs=CLOSE * largest)
    assert found["others"] == pytest.approx(sums.sum() - sums[channel], abs=CLOSE * largest)
    assert found["bias"] == (None if steps.bias is None else pytest.approx(steps.bias, abs=CLOSE * largest))
    assert found["total"] == pytest.approx(steps.pre_activation[at], abs=CLOSE * largest)
    assert found["activated"] == pytest.approx(steps.output[at], abs=CLOSE * most)
    assert found["value"] == pytest.approx(steps.output[at], abs=CLOSE * most)
    assert np.dot(found["patch"], found["kernel"]) == pytest.approx(found["sum"], abs=1e-9)
    np.testing.assert_allclose(found["products"], np.multiply(found["patch"], found["kernel"]))
    np.testing.assert_allclose(found["kernel"], steps.kernel[..., channel].ravel(), atol=1e-7)
    shown = [step for step in (steps.activation, *steps.further) if step.rule != "linear"]
    for value, step in zip(found["made"][1:], shown, strict=True):
        assert value == pytest.approx(step.values[at], abs=CLOSE * float(np.abs(step.values).max()))


@pytest.mark.parametrize(("layer", "unit"), [("conv1", 3), ("conv2", 7)])
def test_every_number_is_the_networks_own(app: App, networks: dict[str, Network], layer: str, unit: int) -> None:
    network = networks["mnist-cnn"]
    found = nnviz.trace(network, digit(4)[0])
    steps = convolution_steps(network, found, layer, unit)
    rows, columns = steps.place.size
    app.open("convolution", image="test-4", layer=layer, unit=unit)
    for row, column in [(0, 0), (rows - 1, columns - 1), (rows // 2, 3), (2, columns // 2)]:
        app.page.locator(f"{ROOT} .output canvas").click(position=over(app, row, column))
        app.until(row=row, column=column)
        shown = until(app, row, column)
        assert_right(shown, steps)
        assert shows(app.caption, steps.pre_activation[row, column])
        numbers = app.page.locator(f"{ROOT} .numbers").inner_text()
        assert shows(numbers, steps.output[row, column], 2)


def test_another_channel_has_its_own_sum(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    steps = convolution_steps(network, nnviz.trace(network, digit(0)[0]), "conv2", 5)
    app.open("convolution", layer="conv2", unit=5, channel=3, row=7, column=7)
    assert_right(cell(app), steps)
    assert cell(app)["channel"] == 3
    app.press("channel", "ArrowRight")
    app.until(channel=4)
    assert cell(app)["channel"] == 4
    assert_right(cell(app), steps)
    strip = app.page.locator(f"{ROOT} .channels canvas")
    width = strip.evaluate("canvas => (canvas.clientWidth - 8) / 16")
    strip.click(position={"x": 4 + 9.5 * width, "y": 10})
    app.until(channel=9, row=7, column=7)
    assert_right(cell(app), steps)


def test_it_stands_still_until_it_is_played_and_then_fills_in(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=0, column=0)
    app.page.wait_for_timeout(700)
    assert (cell(app)["row"], cell(app)["column"], cell(app)["playing"]) == (0, 0, False)
    app.page.get_by_label("Speed", exact=True).fill("6")
    press(app, "Play")
    app.page.wait_for_function(
        "() => JSON.parse(window.nn.canvases().find((n) => n.closest('.conv')).closest('.conv').dataset.cell).row >= 1",
        timeout=SECONDS,
    )
    press(app, "Pause")
    found = cell(app)
    assert not found["playing"]
    app.until(row=found["row"], column=found["column"])
    assert cell(app)["row"] == found["row"]


def test_it_plays_to_the_last_cell_and_then_from_the_first(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=27, column=20)
    app.page.get_by_label("Speed", exact=True).fill("4")
    press(app, "Play")
    found = until(app, 27, 27)
    app.until(row=27, column=27)
    assert not cell(app)["playing"]
    assert found["total"] == cell(app)["total"]
    press(app, "Play")
    app.page.wait_for_function(
        "() => JSON.parse(window.nn.canvases().find((n) => n.closest('.conv')).closest('.conv').dataset.cell).row < 2",
        timeout=SECONDS,
    )
    press(app, "Pause")
    app.still()


def test_single_steps_scrubbing_and_keys(app: App) -> None:
    app.open("convolution", layer="conv1", unit=1, row=5, column=26)
    press(app, "One cell on")
    press(app, "One cell on")
    app.until(row=6, column=0)
    press(app, "One cell back")
    app.until(row=5, column=27)
    scrub = app.page.get_by_label("Cell of the output", exact=True)
    scrub.focus()
    scrub.press("Home")
    app.until(row=0, column=0)
    scrub.press("ArrowRight")
    app.until(row=0, column=1)
    app.page.locator(f"{ROOT} .output canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        app.page.keyboard.press(key)
    app.until(row=1, column=2)
    app.page.keyboard.press("End")
    app.until(row=27, column=27)
    app.page.keyboard.press("ArrowRight")
    app.page.keyboard.press("ArrowLeft")
    app.until(row=27, column=26)
    app.page.get_by_label("Speed", exact=True).fill("0")
    app.page.locator(f"{ROOT} .output canvas").focus()
    app.page.keyboard.press("Space")
    assert cell(app)["playing"]
    app.page.keyboard.press("Space")
    assert not cell(app)["playing"]
    app.still()


def test_hovering_shows_a_cell_and_leaving_goes_back(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    steps = convolution_steps(network, nnviz.trace(network, digit(0)[0]), "conv1", 1)
    app.open("convolution", layer="conv1", unit=1, row=5, column=5)
    app.page.locator(f"{ROOT} .output canvas").hover(position=over(app, 11, 13))
    assert_right(until(app, 11, 13), steps)
    app.page.mouse.move(2, 2)
    until(app, 5, 5)
    assert (app.address["row"], app.address["column"]) == ("5", "5")
    # A pixel of the input shows the place whose kernel has its middle there: no padding moves it.
    canvas = app.page.locator(f"{ROOT} .input canvas")
    size = canvas.evaluate("canvas => (canvas.clientWidth - 8) / 34")
    canvas.hover(position={"x": 4 + (3 + 9.5) * size, "y": 4 + (3 + 20.5) * size})
    assert_right(until(app, 20, 9), steps)
    canvas.click(position={"x": 4 + (3 + 9.5) * size, "y": 4 + (3 + 20.5) * size})
    app.until(row=20, column=9)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_does_what_it_says(app: App, networks: dict[str, Network], preset: str) -> None:
    kernel = np.reshape(PRESETS[preset], (3, 3))
    text = ",".join(f"{value:.6g}" for value in kernel.ravel())
    pixels = digit(0)[0][..., None].astype(np.float32)
    steps = own_steps(pixels, kernel, stride=2, padding=1, dilation=1)
    app.open("convolution", view="own", kernel=text, stride=2, pad=1, spot=5 * steps.place.size[1] + 7)
    found = cell(app)
    assert (found["row"], found["column"]) == (5, 7)
    assert_right(found, steps)
    assert shows(app.caption, steps.output[5, 7])
    near = nearest_filter(networks["mnist-cnn"], kernel)
    assert f"filter {near.filter}" in app.main.inner_text()
    assert shows(app.main.inner_text(), near.cosine)
    assert "(28 + 2\u00b71 \u2212 1\u00b7(3 \u2212 1) \u2212 1) / 2\u230b + 1 = 14" in app.main.inner_text()


def test_a_kernel_is_typed_and_enlarged(app: App) -> None:
    pixels = digit(0)[0][..., None].astype(np.float32)
    app.open("convolution", view="own")
    app.page.get_by_role("button", name="Type it").click()
    field = app.page.get_by_label("Weight of row 0, column 2", exact=True)
    field.fill("-3.5")
    field.press("Enter")
    app.until(kernel="-1,0,-3.5,-2,0,2,-1,0,1")
    app.page.keyboard.press("Escape")
    app.page.get_by_role("radio", name="5x5").or_(app.page.get_by_role("button", name="5x5", exact=True)).first.click()
    app.until(kernel="0,0,0,0,0,0,-1,0,-3.5,0,0,-2,0,2,0,0,-1,0,1,0,0,0,0,0,0")
    kernel = np.pad(np.array([[-1, 0, -3.5], [-2, 0, 2], [-1, 0, 1]]), 1)
    assert_right(cell(app), own_steps(pixels, kernel))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, fixed_weights: Any) -> Path:
    """A network with a convolution of every kind in it."""
    given = keras.Input((28, 28, 3), name="picture")
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="strided")(given)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(6.0, name="relu6")(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="tanh", name="depthwise")(x)
    x = layers.Conv2D(6, 3, groups=2, activation="relu", name="grouped")(x)
    x = layers.Conv2D(5, 3, dilation_rate=2, padding="same", activation="elu", name="dilated")(x)
    x = layers.SeparableConv2D(4, 3, padding="same", activation="sigmoid", name="separable")(x)
    x = layers.Conv2D(8, 1, activation="softmax", name="mixed")(x)
    x = layers.Reshape((144, 8), name="steps")(x)
    x = layers.Conv1D(3, 5, strides=3, padding="causal", activation="relu", name="row")(x)
    x = layers.Dense(3, activation="softmax", name="answer")(layers.Flatten(name="flatten")(x))
    path = tmp_path_factory.mktemp("many") / "many.keras"
    fixed_weights(keras.Model(given, x, name="many"), 9).save(path)
    return path


@pytest.fixture(scope="module")
def many_url(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serving(tmp_path_factory.mktemp("server") / "log.txt", "--model", str(many)) as started:
        yield started.url


KINDS = [
    *[(name, "") for name in ("strided", "depthwise", "grouped", "dilated", "mixed", "row")],
    *[("separable", stage) for stage in ("depthwise", "pointwise")],
]


def test_all_kinds_of_convolution(viewer: Open, many_url: str, many: Path) -> None:
    """Every kind, in both stages, at a corner with padding and in the middle."""
    network = load(many)
    app = viewer(many_url)
    found = nnviz.trace(network, digit(0)[0])
    for name, stage in KINDS:
        steps = convolution_steps(network, found, name, 2, stage)
        rows, columns = steps.place.size
        for row, column in [(0, 0), (rows // 2, columns // 2)]:
            where = {"row": row, "column": column} if rows > 1 else {"spot": column}
            app.open("convolution", layer=name, unit=2, **({"stage": stage} if stage else {}), **where)
            shown = cell(app)
            assert (shown["row"], shown["column"]) == (row, column), name
            assert_right(shown, steps)


FILES = ("raster/layout.js", "raster/paint.js", "convolution/arithmetic.js")


def test_what_is_too_much_to_send_is_summed_before(viewer: Open) -> None:
    """One channel, and what the others add: the same numbers."""
    generator = np.random.default_rng(2)
    channels = 10
    maps = generator.normal(size=(400, 400, channels)).astype(np.float32)
    assert maps.size > MOST_VALUES
    kernel = generator.normal(size=(3, 3, channels)).astype(np.float32)
    rest = generator.normal(size=(398, 398)).astype(np.float32)
    sliding = Sliding(
        maps, kernel, 0.5, (1, 1), (1, 1), (0, 0), (398, 398), [Stage("ReLU", "clip", own=True)], 4, rest=rest
    )
    folder = Path(nnviz.__file__).parent / "components"
    script = "\n".join((folder / name).read_text() for name in FILES)
    app = viewer("")
    app.page.add_script_tag(content=script)
    body = """(text) => {
      const { header, values } = unpack(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
      const maps = allMaps(header, values), at = arithmeticAt(header, values, maps, 4, 7 * 398 + 11);
      return [at.sum, at.others, at.made, maps[1].values[7 * 398 + 11], header.panels.length];
    }"""
    buffer = packed(sliding, {"alt": "", "cell": [0, 0], "below": 0, "seen": 0})
    own, others, made, value, panels = app.page.evaluate(body, base64.b64encode(buffer).decode())
    wanted = float((maps[7:10, 11:14, 4] * kernel[..., 4]).sum())
    assert own == pytest.approx(wanted, abs=1e-4)
    assert others == pytest.approx(rest[7, 11] - 0.5, abs=1e-5)
    assert made == pytest.approx([wanted + rest[7, 11], max(wanted + rest[7, 11], 0)], abs=1e-4)
    assert value == pytest.approx(made[1])
    assert panels == 3
