"""The evidence beside a map in the browser: each piece comes after its bar, says its sentence, and can be stopped."""

from __future__ import annotations

import re

import numpy as np
import pytest
from app import SECONDS, App, shows
from draining import drained

from nnviz.analysis import evidence
from nnviz.analysis.attribution import explain
from nnviz.analysis.data import digits
from nnviz.analysis.network.network import Network

LONG = 90_000


def opened(app: App, kind: str, said: str, **parameters: object) -> App:
    """A piece of evidence, when its sentence stands there."""
    app.open("saliency", **{"net": "mnist-cnn", "image": "test-0", "evidence": kind, **parameters})
    app.page.locator('[data-testid="nnCaption"]', has_text=re.compile(said)).wait_for(timeout=LONG)
    app.element("stProgress").wait_for(state="detached", timeout=LONG)
    return app.still()


def chart(app: App, kind: str) -> list[dict[str, list[float]]]:
    """The lines, bars or matrix of a chart, as the browser has them."""
    plot = app.page.locator(f".st-key-plot-evidence-{kind} .js-plotly-plot")
    plot.wait_for(timeout=SECONDS)
    return plot.evaluate(
        """node => node._fullData.filter((one) => one.visible === true).map((one) => ({
          type: one.type, name: one.name || "", dash: one.line ? one.line.dash : "",
          y: Array.from(one.y || []), z: (one.z || []).length,
        }))"""
    )


def settings(app: App) -> None:
    """Open what a measurement takes."""
    app.page.locator(".st-key-saliency-settings button").first.click()


@pytest.fixture(scope="module")
def curves(networks: dict[str, Network]) -> evidence.Curves:
    """The deletion and insertion of the same map, in the test's own process."""
    network, image = networks["mnist-cnn"], digits.digit(0)[0]
    found = explain(network, image, "gradient", 7)
    return drained(evidence.deleting(network, image, found.over_image(), 7, steps=28, maps=10))[0]


def test_the_curves_are_those_of_the_analysis(app: App, curves: evidence.Curves) -> None:
    opened(app, "deletion", "As its pixels go", method="gradient")
    assert shows(app.caption, curves.deletion_area)
    assert shows(app.caption, curves.insertion_area)
    drawn = [np.array(line["y"]) for line in chart(app, "deletion") if len(line["y"]) == len(curves.shares)]
    for wanted in (curves.deletion, curves.insertion):
        assert any(np.allclose(line, wanted, atol=1e-3) for line in drawn)
    # One of the random orders could not be told from the map's own if the range were not there.
    for orders in (curves.random_deletion, curves.random_insertion):
        assert any(np.allclose(line, orders.mean(axis=0), atol=1e-3) for line in drawn)


def test_another_measure_and_another_baseline_give_another_curve(app: App) -> None:
    opened(app, "deletion", "the probability of 7", method="gradient")
    before = chart(app, "deletion")
    settings(app)
    app.page.locator(".st-key-switch-measure").get_by_text("Logit").click()
    app.until(measure="score")
    app.page.locator('[data-testid="nnCaption"]', has_text="the logit of 7").wait_for(timeout=LONG)
    app.still()
    measured = chart(app, "deletion")
    assert measured != before
    app.page.locator(".st-key-evidence-baseline").get_by_role("combobox").click()
    app.page.get_by_role("option", name="white").click()
    app.until(baseline="white")
    app.page.locator('[data-testid="stMain"]', has_text="a pixel that is gone is white").wait_for(timeout=LONG)
    app.still()
    assert chart(app, "deletion") != measured


def test_randomised_weights_say_whether_the_map_depends_on_them(app: App) -> None:
    opened(app, "randomisation", "After randomising output, dense, conv2 and conv1", method="gradient")
    assert re.search(
        r"the map of Gradient is -?[\d.]+ alike, no more than maps that never saw the network reach [\d.]+: it depends",
        app.caption,
    )
    # The trained network, and one map more for each layer that has weights.
    assert len(app.places("evidence-randomised")) == 5
    (likeness,) = [line["y"] for line in chart(app, "randomised") if len(line["y"]) == 5]
    assert likeness[0] == pytest.approx(1)
    assert max(likeness[1:]) < 0.9
    assert app.colours("evidence-randomised") > 50


def test_a_method_that_fails_is_told_by_its_own_map(app: App) -> None:
    opened(app, "randomisation", "After randomising output, dense, conv2 and conv1", method="lrp")
    assert re.search(r"is still [\d.]+ alike; maps .* reach [\d.]+: (part|most) of it does not depend", app.caption)


def test_noise_moves_the_map_by_so_much(app: App) -> None:
    opened(app, "stability", "which leaves the answer 7 in 8 of 8 copies", method="gradient", shake=2)
    (bars,) = [line["y"] for line in chart(app, "stability") if line["type"] == "bar"]
    assert len(bars) == 8
    assert shows(app.caption, float(np.mean(bars)))
    assert shows(app.caption, float(np.max(bars)))
    settings(app)
    app.press("shake", "ArrowRight", 3)
    app.until(shake=5)
    app.page.locator('[data-testid="nnCaption"]', has_text="Under noise of 5%").wait_for(timeout=LONG)


def test_agreement_is_a_matrix_of_all_methods(app: App) -> None:
    opened(app, "agreement", "^On this picture .* agree most")
    assert [line["z"] for line in chart(app, "agreement") if line["type"] == "heatmap"] == [17]


def test_a_stop_ends_it_and_a_button_takes_it_up(app: App) -> None:
    # On a photograph all methods together take long enough to be stopped on the way.
    query = "net=photo-cnn&image=coffee&evidence=agreement"
    app.page.goto(f"{app.url}/saliency?{query}", wait_until="commit")
    app.page.locator(".st-key-stop-evidence button").click(timeout=LONG)
    again = app.page.locator(".st-key-again-evidence button")
    again.wait_for(timeout=LONG)
    app.page.locator(".st-key-stop-evidence").wait_for(state="detached", timeout=LONG)
    again.click()
    app.page.locator(".st-key-stop-evidence button").click(timeout=LONG)
    again.wait_for(timeout=LONG)


def test_a_photograph_has_its_curves_too(app: App) -> None:
    opened(app, "deletion", "As its pixels go", net="photo-cnn", image="cat", method="grad-cam")
    assert re.search(r"better than \d+ of 10", app.caption)
    assert len(chart(app, "deletion")) > 2
