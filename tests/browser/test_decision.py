"""The Decision page in the browser: filters off by a click and by keys, two viewers at once, and predict first."""

from __future__ import annotations

import json
import re

from app import SECONDS, App, Open, shows
from server import Server

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.intervention.knockout import knocked_out
from nnviz.analysis.network.network import Network


def check(app: App, network: Network, layer: str, off: tuple[int, ...]) -> None:
    """The numbers on the page are those of the analysis with these units off."""
    found = knocked_out(network, digit(0)[0], layer, off)
    assert shows(app.caption, found.logits[7])
    table = app.page.locator(".nn-knock").inner_text()
    assert all(shows(table, logit) for logit in found.logits)
    if off:
        assert f"Without filter{'s' * (len(off) > 1)} {', '.join(map(str, off))} of {layer}" in app.caption


def test_filters_are_switched_by_a_click_and_by_keys(app: App, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    before = nnviz.trace(network, digit(0)[0])
    app.open("decision", view="knock", layer="conv1", unit=0)
    check(app, network, "conv1", ())
    app.click("knockout", tile=5)
    app.until(off="5@conv1", unit=5)
    check(app, network, "conv1", (5,))
    assert shows(app.caption, before.logits[7])
    app.click("knockout", tile=3)
    app.until(off="3,5@conv1")
    check(app, network, "conv1", (3, 5))
    # The same again switches it on; arrows only move, Enter switches.
    app.click("knockout", tile=5)
    app.until(off="3@conv1")
    check(app, network, "conv1", (3,))
    app.canvas("knockout").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "Enter"):
        app.page.keyboard.press(key)
    app.until(off="3,4@conv1", unit=4)
    check(app, network, "conv1", (3, 4))
    # Clicks that come faster than the page is drawn are all heard.
    for tile in (9, 10, 11):
        app.canvas("knockout").click(position=app.point("knockout", 0, tile))
    app.until(off="3,4,9,10,11@conv1")
    check(app, network, "conv1", (3, 4, 9, 10, 11))
    app.page.get_by_role("button", name="All on").click()
    app.until(off=None)
    check(app, network, "conv1", ())


def test_test_digits_are_counted_on_demand_and_sorted(app: App) -> None:
    app.open("decision", view="knock", layer="conv1", off=5)
    app.page.get_by_role("button", name="Count test digits").click()
    dots = app.page.locator(".st-key-dots-knock .dots > canvas[data-at]")
    dots.wait_for(timeout=SECONDS)
    # It moves from one heap, once, since it was asked for.
    positions = dots.evaluate(
        """async (canvas) => {
          const seen = [];
          do {
            seen.push(JSON.parse(canvas.dataset.at).position);
            await new Promise(requestAnimationFrame);
          } while (seen.at(-1) < 2);
          return seen;
        }"""
    )
    assert positions == sorted(positions)
    assert positions[0] < 1
    said = app.still().page.locator(".nn-small").filter(has_text="of 10,000 test digits").inner_text()
    after, before, changed = re.findall(
        r"reads ([\d,]+) of 10,000 test digits, ([\d,]+) as trained; .* ([\d,]+) oth", said
    )[0]
    assert before == "9,934"
    assert int(after.replace(",", "")) < 9934
    right, wronged, righted, wrong = json.loads(dots.get_attribute("data-at") or "")["counts"]
    assert f"{right + wronged:,}" == before
    assert f"{right + righted:,}" == after
    assert right + wronged + righted + wrong == 10_000
    assert int(changed.replace(",", "")) >= wronged + righted
    # One that was right and is not: what it is, and both answers; a click shows it.
    places = json.loads(dots.get_attribute("data-wronged") or "")
    dots.hover(position=places)
    tip = app.page.locator(".st-key-dots-knock .tip:not([hidden])")
    number, digit, was, now = re.findall(r"test digit (\d+), (\d): read as (\d) before, as (\d) now", tip.inner_text())[
        0
    ]
    assert was == digit != now
    assert tip.locator("canvas").evaluate("canvas => window.nn.colours(canvas)") > 10
    dots.click(position=places)
    app.until(image=f"test-{number}")
    assert f"says {now} instead of {was}" in app.caption
    # Another picture of the same count: it stands still.
    assert json.loads(dots.get_attribute("data-at") or "")["position"] == 2


def test_two_viewers_with_different_filters_off(viewer: Open, server: Server, networks: dict[str, Network]) -> None:
    network = networks["mnist-cnn"]
    first, second = viewer(server.url), viewer(server.url)
    first.open("decision", view="knock", layer="conv2", off=19)
    second.open("decision", view="knock", layer="conv2", off="1,2")
    check(first, network, "conv2", (19,))
    check(second, network, "conv2", (1, 2))
    first.click("knockout", tile=8)
    second.click("knockout", tile=1)
    first.until(off="8,19@conv2")
    second.until(off="2@conv2")
    check(first, network, "conv2", (8, 19))
    check(second, network, "conv2", (2,))
    plain = viewer(server.url).open("decision")
    logits = nnviz.trace(network, digit(0)[0]).logits
    assert all(shows(plain.page.locator(".nn-answer").inner_text(), logit) for logit in logits)


WIDE = """svg => Math.max(...[...svg.querySelectorAll('.ribbon')].map((ribbon) => {
  const box = ribbon.getAttribute('d').match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
  const wide = Math.abs(box[9] - box[7]), flows = Number(svg.dataset.unit) * Math.abs(Number(ribbon.dataset.value));
  return Math.abs(wide - Math.max(flows, 0.6));
}))"""
"""How far the width of a ribbon is from what flows in it at most, CSS pixels; below 0.6 none could be seen."""


def test_the_answer_is_hidden_until_it_is_revealed(app: App, networks: dict[str, Network]) -> None:
    app.open("decision", predict=1, image="test-0")

    def secret() -> None:
        text = app.page.locator("body").inner_text()
        for word in ("wins", "logit", "softmax", "is right", "wrong", ", a 7"):
            assert word not in text, word
        assert not re.search(r"test digit 0, a|\d%\s*$", app.main.inner_text(), re.M)
        assert app.page.locator(".nn-versus .big.net").inner_text() == "?"
        assert app.page.locator(".nn-versus i.net").evaluate_all("bars => bars.every(bar => bar.offsetWidth === 0)")
        assert not app.page.locator(".st-key-digit-class").is_visible()
        assert not app.page.locator(".st-key-raster-gallery").is_visible()
        assert "7" not in app.page.title()

    secret()
    # A button, and the digit's own key.
    app.page.locator(".st-key-guess-2 button").click()
    app.element("nnCaption").filter(has_text="1 vote").wait_for()
    app.page.keyboard.press("7")
    app.element("nnCaption").filter(has_text="2 votes").wait_for()
    app.page.keyboard.press("7")
    app.element("nnCaption").filter(has_text="3 votes, most for 7 (2)").wait_for()
    secret()
    before = app.address
    reveal = app.page.get_by_role("button", name="Reveal")
    reveal.focus()
    app.page.keyboard.press("Enter")
    app.until(predict=0)
    assert app.address == {**before, "predict": "0"}
    assert app.caption.startswith("The net says 7 (> 99.9%) and is right.")
    assert "2 of 3 foresaw" in app.caption
    assert app.page.locator(".nn-versus .big.net").inner_text() == "7"
    # Another picture from the sidebar hides its answer.
    app.click("gallery", tile=1)
    app.until(predict=1)
    assert app.page.locator(".nn-versus .big.net").inner_text() == "?"
    app.page.locator(".st-key-decision-view").get_by_text("Why", exact=True).click()
    app.until(predict=None, view=None)
    assert "speaks most for 7" in app.caption
    # The units that flow into the logit can be picked, by a click and by keys; a ribbon is as wide as what flows.
    flow = app.page.locator(".flow svg")
    flow.locator(".pickable").first.wait_for()
    number = int(app.address["image"].removeprefix("test-"))
    logits = nnviz.trace(networks["mnist-cnn"], digit(number)[0]).logits
    assert shows(flow.locator(".net").first.text_content() or "", logits.max())
    assert flow.evaluate(WIDE) < 0.02
    unit = flow.locator(".pickable").nth(1).get_attribute("data-id")
    flow.locator(".pickable").nth(1).click()
    app.until(layer="dense", unit=unit.removeprefix("u"))
    app.page.keyboard.press("ArrowDown")
    following = flow.locator(".pickable").nth(2).get_attribute("data-id")
    app.until(layer="dense", unit=following.removeprefix("u"))
