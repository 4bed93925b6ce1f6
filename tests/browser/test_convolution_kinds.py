"""The convolution page with every kind of convolution, with more maps than are sent, and with one's own kernel."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from app import App, Open, shows
from convolving import ROOT, assert_right, cell, over, until
from keras import layers
from playwright.sync_api import BrowserContext
from scripted import blank_page, run
from server import serving

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.layer.convolution import convolution_steps
from nnviz.analysis.layer.own_kernel import PRESETS, nearest_filter, own_steps
from nnviz.analysis.network.network import Network, load
from nnviz.components.convolution import MOST_VALUES, KernelGeometry, Stage
from nnviz.components.convolution.convolution import packed


def test_a_kernel_in_the_address_is_slid(app: App, networks: dict[str, Network]) -> None:
    kernel = np.reshape(PRESETS["sobel-x"], (3, 3))
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


@pytest.mark.long
def test_all_kinds_of_convolution(viewer: Open, many_url: str, many: Path) -> None:
    """Every kind, in both stages, at a corner with padding and in the middle."""
    network = load(many)
    app = viewer(many_url).open("convolution", image="test-0")
    found = nnviz.trace(network, digit(0)[0])
    for name, stage in KINDS:
        steps = convolution_steps(network, found, name, 2, stage)
        rows, columns = steps.place.size
        corner = {"row": 0, "column": 0} if rows > 1 else {"spot": 0}
        app.go("convolution", image="test-0", layer=name, unit=2, **({"stage": stage} if stage else {}), **corner)
        shown = cell(app)
        assert (shown["row"], shown["column"]) == (0, 0), name
        assert_right(shown, steps)
        app.page.locator(f"{ROOT} .output canvas").click(position=over(app, rows // 2, columns // 2))
        assert_right(until(app, rows // 2, columns // 2), steps)
        app.still()


def test_what_is_too_much_to_send_is_summed_before(context: BrowserContext, files: str) -> None:
    """One channel, and what the others add: the same numbers."""
    generator = np.random.default_rng(2)
    channels = 10
    maps = generator.normal(size=(400, 400, channels)).astype(np.float32)
    assert maps.size > MOST_VALUES
    kernel = generator.normal(size=(3, 3, channels)).astype(np.float32)
    rest = generator.normal(size=(398, 398)).astype(np.float32)
    sliding = KernelGeometry(
        maps, kernel, 0.5, (1, 1), (1, 1), (0, 0), (398, 398), [Stage("ReLU", "clip", own=True)], 4, rest=rest
    )
    body = """
      const { header, values } = unpack(bytes(a[0]));
      const maps = allMaps(header, values), at = arithmeticAt(header, values, maps, 4, 7 * 398 + 11);
      return [at.sum, at.others, at.made, maps[1].values[7 * 398 + 11], header.panels.length];
    """
    buffer = packed(sliding, {"alt": "", "cell": [0, 0], "below": 0, "seen": 0})
    with blank_page(context, files, "common/packed.js", "convolution/arithmetic.js") as page:
        own, others, made, value, panels = run(page, body, base64.b64encode(buffer).decode())
    wanted = float((maps[7:10, 11:14, 4] * kernel[..., 4]).sum())
    assert own == pytest.approx(wanted, abs=1e-4)
    assert others == pytest.approx(rest[7, 11] - 0.5, abs=1e-5)
    assert made == pytest.approx([wanted + rest[7, 11], max(wanted + rest[7, 11], 0)], abs=1e-4)
    assert value == pytest.approx(made[1])
    assert panels == 3
