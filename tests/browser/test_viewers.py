"""Several viewers at once, what a page cannot do, and the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from app import App, Open, shows
from PIL import Image
from server import ROOT, Server

import nnviz
from nnviz.analysis.attribution import method_named
from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.network import Network, load

Serve = Callable[..., Server]


def test_two_viewers_do_not_disturb_each_other(viewer: Open, server: Server, networks: dict[str, Network]) -> None:
    first, second = viewer(server.url), viewer(server.url)
    maps = nnviz.trace(networks["mnist-cnn"], digit(0)[0]).activations["conv1"]
    units = nnviz.trace(networks["mnist-mlp"], digit(18)[0]).activations["dense2"]
    first.open("maps", net="mnist-cnn", layer="conv1", unit=0)
    second.open("maps", net="mnist-mlp", image="test-18", layer="dense2", unit=0)
    for step in (1, 2, 3):
        first.click("maps", tile=2 * step)
        second.canvas("maps").focus()
        second.page.keyboard.press("ArrowRight")
        first.until(net="mnist-cnn", image="test-0", layer="conv1", unit=2 * step)
        second.until(net="mnist-mlp", image="test-18", layer="dense2", unit=step)
        assert shows(first.caption, maps[..., 2 * step].max())
        assert f"Unit {step} of dense2" in second.caption
        assert shows(second.caption, units[step]) if units[step] else "silent" in second.caption
    second.press("dx", "ArrowRight", 2)
    second.until(dx=2)
    assert "dx" not in first.address
    first.page.reload(wait_until="commit")
    first.still()
    assert shows(first.caption, maps[..., 6].max())


def test_a_method_that_does_not_fit_says_so_and_the_page_goes_on(app: App, networks: dict[str, Network]) -> None:
    reason = method_named("grad-cam").unfit(networks["mnist-mlp"])
    assert reason
    app.open("saliency", net="mnist-mlp", method="grad-cam").worked()
    assert reason in app.main.inner_text()
    assert app.element("stException").count() == 0
    values = nnviz.explain(networks["mnist-mlp"], digit(0)[0], "integrated-gradients", 7).over_image()
    assert shows(app.caption, values.flat[np.abs(values).argmax()])
    app.click("methods", panel=1)
    app.until(method="gradient")
    assert reason in app.main.inner_text()


def overflowing() -> keras.Model:
    """Finite scores on a dark picture, infinite ones on a bright one."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            keras.layers.Conv2D(3, 5, activation="relu", name="look"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(4, activation="softmax", name="answer"),
        ],
        name="overflowing",
    )
    generator = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(generator.normal(0, 0.2, weight.shape))
    kernel = model.get_layer("look").kernel
    kernel.assign(np.abs(kernel.numpy()))
    answer = model.get_layer("answer").kernel
    answer.assign(np.abs(answer.numpy()) * 1.5e36)
    return model


def test_one_s_own_model_and_picture(viewer: Open, serve: Serve, tmp_path: Path) -> None:
    """From the command line; and what this model cannot score is said, while the last picture stays."""
    model = overflowing()
    model.save(tmp_path / "mine.keras")
    picture = np.zeros((28, 28), np.uint8)
    picture[10:14, 8:20] = 40
    Image.fromarray(picture).save(tmp_path / "dash.png")
    network = load(tmp_path / "mine.keras")
    found = nnviz.trace(network, picture)
    own = serve("--model", str(tmp_path / "mine.keras"), "--image", str(tmp_path / "dash.png"))
    app = viewer(own.url)
    app.open("maps")
    assert (app.address["net"], app.address["image"], app.address["layer"]) == ("mine", "dash", "look")
    unit = int(app.address["unit"])
    assert unit == found.activations["look"].max(axis=(0, 1)).argmax()
    assert shows(app.caption, found.activations["look"][..., unit].max())
    assert "dash.png" in app.sidebar.inner_text()
    assert network.assumed in app.page.locator("body").inner_text()
    app.menu("Network")
    assert app.says == network.classes[found.winner]
    before = app.address
    app.press("dx", "ArrowRight")
    app.until(dx=1)
    app.sidebar.locator(".st-key-invert label").click()
    app.element("stAlert").wait_for()
    app.still()
    assert len(app.alerts) == 1
    assert "Finite scores were expected" in app.alerts[0]
    assert app.element("stException").count() == 0
    assert app.address == {**before, "dx": "1"}
    assert app.says == network.classes[nnviz.trace(network, np.roll(picture, 1, axis=1)).winner]
    app.press("dx", "ArrowRight")
    app.until(dx=2)
    assert app.alerts == []
    # Who opens such a link has nothing to fall back on: the reason alone, once.
    other = viewer(own.url).open("maps", invert=1)
    assert len(other.alerts) == 1
    assert "Finite scores were expected" in other.alerts[0]


def test_a_missing_file_ends_the_start_with_a_sentence() -> None:
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
    ended = subprocess.run(
        [*command, "--", "--model", "nothere.keras"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "--model: an existing file was expected. Received: nothere.keras" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
