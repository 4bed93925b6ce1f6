"""The evidence beside a map in the browser: each piece comes after its bar, says its sentence, and can be stopped."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from app import SECONDS, App, shows
from draining import drained
from playwright.sync_api import Locator

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


def player(app: App) -> Locator:
    return app.page.locator(".st-key-deletion-evidence canvas")


def standing(app: App) -> dict[str, Any]:
    """Where the pictures and the points stand."""
    found: dict[str, Any] = json.loads(player(app).get_attribute("data-at") or "")
    return found


def scrub(app: App, step: int) -> None:
    app.page.locator(".st-key-deletion-evidence .scrub").evaluate(
        """(bar, step) => {
          bar.value = step;
          for (const name of ["input", "change"]) bar.dispatchEvent(new Event(name));
        }""",
        step,
    )


def played(app: App) -> list[dict[str, Any]]:
    """All that is seen while it plays to its end at four times the speed."""
    found: list[dict[str, Any]] = app.page.locator(".st-key-deletion-evidence .deletion").evaluate(
        """async (root) => {
          const canvas = root.querySelector("canvas"), speed = root.querySelector(".speed input"), seen = [];
          speed.value = speed.max;
          root.querySelector(".play").click();
          do {
            await new Promise(requestAnimationFrame);
            seen.push(JSON.parse(canvas.dataset.at));
          } while (root.querySelector(".play").title === "Pause");
          return seen;
        }"""
    )
    return found


def check(app: App, curves: evidence.Curves, step: int, way: int) -> None:
    """Numbers, points and pixels are those that were measured."""
    at, places = standing(app), json.loads(player(app).get_attribute("data-places") or "")
    assert (at["position"], at["way"]) == (step, way)
    lines = [
        (curves.deletion, curves.random_deletion[curves.middle]),
        (curves.insertion, curves.random_insertion[curves.middle]),
    ]
    np.testing.assert_allclose(at["values"], [line[step] for line in lines[way]], atol=1e-5)
    for plot, points, pair in zip(places["plots"], at["points"], lines, strict=True):
        for (x, y), line in zip(points, pair, strict=True):
            assert x == pytest.approx(plot["x"] + plot["w"] * curves.shares[step], abs=0.5)
            assert y == pytest.approx(plot["y"] + plot["h"] * (1 - line[step]), abs=0.5)
    erased = curves.erased
    for box, ranks in zip(places["pictures"], erased.ranks[[0, 1 + curves.middle]], strict=True):
        gone = (ranks < erased.until[step]) == (way == 0)
        wanted = 255 * np.where(gone[..., None], erased.fill, erased.picture)[..., 0]
        seen = player(app).evaluate(
            """(canvas, box) => {
              const ratio = canvas.width / parseFloat(canvas.style.width);
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              const middle = (from, side, at) => Math.floor(ratio * (from + ((at + 0.5) * side) / 28));
              const all = Array.from({ length: 28 }, (_, at) => at);
              return all.map((row) => all.map((column) => {
                const [x, y] = [middle(box.x, box.w, column), middle(box.y, box.h, row)];
                return data[4 * (y * canvas.width + x)];
              }));
            }""",
            box,
        )
        np.testing.assert_allclose(seen, wanted, atol=1)


def test_pixels_go_and_come_as_they_were_measured_and_the_points_run_down_the_curves(
    app: App, curves: evidence.Curves
) -> None:
    opened(app, "deletion", "As its pixels go", method="gradient")
    assert shows(app.caption, curves.deletion_area)
    assert shows(app.caption, curves.insertion_area)
    # It stands still on arrival, at the whole picture.
    check(app, curves, 0, 0)
    for step in (5, 28):
        scrub(app, step)
        check(app, curves, step, 0)
    app.until(gone=28)
    app.page.locator(".st-key-deletion-evidence").get_by_role("button", name="Give").click()
    app.until(pixels="given")
    check(app, curves, 28, 1)
    # From the end it plays from the beginning; between two steps the answer is the one that was measured last.
    seen = played(app)
    positions = [at["position"] for at in seen]
    assert positions == sorted(positions)
    assert positions[-1] == 28
    between = [at for at in seen if at["position"] % 1]
    assert between
    for at in between:
        assert at["values"][0] == pytest.approx(curves.insertion[int(at["position"])], abs=1e-5)
    player(app).press("ArrowLeft")
    app.until(gone=27)
    check(app, curves, 27, 1)
    # Who asked for less motion gets jumps.
    app.page.emulate_media(reduced_motion="reduce")
    player(app).press("Home")
    app.until(gone=None)
    assert all(at["position"] % 1 == 0 for at in played(app))
    app.page.emulate_media(reduced_motion="no-preference")
    app.until(gone=28)


def test_another_measure_and_another_baseline_give_another_curve(app: App) -> None:
    opened(app, "deletion", "the probability of 7", method="gradient", gone=5)
    before = standing(app)["values"]
    settings(app)
    app.page.locator(".st-key-switch-measure").get_by_text("Logit").click()
    app.until(measure="score")
    app.page.locator('[data-testid="nnCaption"]', has_text="the logit of 7").wait_for(timeout=LONG)
    measured = standing(app.still())["values"]
    assert measured != before
    app.page.locator(".st-key-evidence-baseline").get_by_role("combobox").click()
    app.page.get_by_role("option", name="white").click()
    app.until(baseline="white")
    app.page.locator('[data-testid="stMain"]', has_text="a pixel that is gone is white").wait_for(timeout=LONG)
    assert standing(app.still())["values"] != measured


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
    assert player(app).evaluate("canvas => window.nn.colours(canvas)") > 500
