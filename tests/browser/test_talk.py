"""The talk, given with keys alone; the links to its scenes; the speaker's window."""

from __future__ import annotations

import re
from collections.abc import Callable

from app import SECONDS, App
from server import Server
from talking import TALK, TOTAL, progress, shows

SCROLLS = """() => {
  const found = [];
  const page = document.scrollingElement;
  if (page.scrollHeight > page.clientHeight || page.scrollWidth > page.clientWidth) found.push("page");
  for (const node of document.querySelectorAll("[data-testid=stMain], [data-testid=stAppViewContainer]")) {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = node;
    if (scrollHeight > clientHeight + 1) found.push(`${node.dataset.testid} ${scrollHeight} > ${clientHeight} high`);
    if (scrollWidth > clientWidth + 1) found.push(`${node.dataset.testid} ${scrollWidth} > ${clientWidth} wide`);
  }
  return found;
}"""
SMALL = """least => {
  const found = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      const own = [...node.childNodes].filter((child) => child.nodeType === 3);
      const text = own.map((child) => child.data.trim()).join("");
      const box = node.getBoundingClientRect();
      if (!text || !box.width || !box.height || node.matches("style, script")) continue;
      const size = parseFloat(getComputedStyle(node).fontSize);
      if (size < least - 0.1) found.push(`${size}: ${text.slice(0, 40)}`);
    }
  };
  walk(document.body);
  return found;
}"""
"""Text below so many pixels."""


LEAST = {(1280, 720): 16, (1920, 1080): 18}
"""The smallest text on the wall, in pixels, by the size of the wall."""


def test_the_talk_from_first_to_last_with_keys_alone(app: App) -> None:
    app.open("talk")
    for at, scene in enumerate(TALK.scenes, 1):
        shows(app, at)
        assert progress(app) == f"{at}/{TOTAL}"
        for (width, height), least in LEAST.items():
            app.page.set_viewport_size({"width": width, "height": height})
            app.still()
            assert app.page.evaluate(SCROLLS) == [], f"scene {at} on {width}x{height}: {scene.say}"
            assert app.page.evaluate(SMALL, least) == [], f"scene {at} on {width}x{height}: {scene.say}"
        assert app.alerts == [], f"scene {at}"
        assert app.element("stException").count() == 0
        assert app.element("stSidebar").count() == 0 or not app.sidebar.is_visible()
        assert app.page.locator(".st-key-menu").count() == 0
        assert app.element("nnCaption").count() == 1, f"scene {at}: one caption"
        assert {name: app.address.get(name) for name in scene.parameters} == dict(scene.parameters)
        if at < TOTAL:
            app.page.keyboard.press("PageDown")
    app.page.keyboard.press("PageDown")
    shows(app, TOTAL)  # there is nothing behind the last one
    app.page.keyboard.press("Home")
    shows(app, 1)
    app.page.keyboard.press("End")
    shows(app, TOTAL)


def test_ten_quick_presses_are_ten_scenes(app: App) -> None:
    app.open("talk", scene=1)
    for _ in range(10):
        app.page.keyboard.press("PageDown")
    assert progress(app) == f"11/{TOTAL}"
    shows(app, 11)
    for key in ("PageUp", "ArrowLeft", "ArrowUp"):
        app.page.keyboard.press(key)
    shows(app, 8)


def test_a_slider_keeps_its_keys_but_not_those_of_the_remote(app: App) -> None:
    at = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "mlp-vs-cnn")
    app.open("talk", scene=at)
    shift = app.page.locator(".st-key-mlp-vs-cnn-dx").get_by_role("slider")
    before = int(app.address["dx"])
    shift.focus()
    app.page.keyboard.press("ArrowRight")
    app.until(dx=before + 1)
    assert progress(app) == f"{at}/{TOTAL}"
    shift.focus()
    app.page.keyboard.press("PageDown")
    shows(app, at + 1)
    app.page.keyboard.press("PageUp")
    shows(app, at)
    assert app.address["dx"] == str(before)  # a scene comes back as its file has it
    shift.focus()
    app.page.keyboard.press("Escape")
    app.page.keyboard.press("ArrowRight")
    shows(app, at + 1)


def test_the_picture_keeps_the_arrows_while_it_has_the_focus(app: App) -> None:
    at = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "maps")
    app.open("talk", scene=at)
    unit = app.address["unit"]
    canvas = app.main.locator("canvas[role=application]").first
    canvas.focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_function("unit => new URLSearchParams(location.search).get('unit') !== unit", arg=unit)
    app.still()
    assert progress(app) == f"{at}/{TOTAL}"
    canvas.focus()
    app.page.keyboard.press("PageDown")
    shows(app, at + 1)


def test_blank_screen_and_keys(app: App) -> None:
    app.open("talk", scene=2)
    blank, keys = app.page.locator(".keys .blank"), app.page.get_by_role("dialog", name="Keys of the talk")
    app.page.keyboard.press("b")
    box = blank.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1920, 1080)
    assert blank.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(0, 0, 0)"
    app.page.keyboard.press("b")
    assert not blank.is_visible()
    app.page.keyboard.press("?")
    assert keys.is_visible()
    assert "Page Down" in keys.inner_text()
    app.page.keyboard.press("PageDown")
    shows(app, 3)
    app.page.keyboard.press("Escape")
    assert not keys.is_visible()


def test_a_link_to_a_scene_opens_it_as_it_was_left(app: App) -> None:
    at = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "maps")
    app.open("talk", scene=at)
    shows(app, at)
    link = app.page.url
    other = app.open("talk", scene=at, net="mnist-cnn", image="test-8", layer="conv2", unit=5)
    assert {name: other.address[name] for name in ("image", "layer", "unit")} == {
        "image": "test-8",
        "layer": "conv2",
        "unit": "5",
    }
    app.page.goto(link)
    shows(app.still(), at)
    app.open("talk", scene=99)
    assert progress(app) == f"{TOTAL}/{TOTAL}"
    assert "99" in app.alerts[0]


def test_the_speakers_window_follows_its_own_talk(viewer: Callable[..., App], server: Server) -> None:
    first, second = viewer(server.url).open("talk", scene=1), viewer(server.url).open("talk", scene=4)
    with first.page.context.expect_page() as opened:
        first.page.keyboard.press("s")
    notes = opened.value
    assert f"talk={first.address['talk']}" in notes.url
    assert first.address["talk"] != second.address["talk"]
    say = notes.locator(".nn-speaker h1")
    say.get_by_text(TALK.scenes[0].say).wait_for(timeout=SECONDS)
    second.page.keyboard.press("PageDown")
    shows(second, 5)
    first.page.bring_to_front()
    first.page.keyboard.press("PageDown")
    shows(first, 2)
    say.get_by_text(TALK.scenes[1].say).wait_for(timeout=SECONDS)
    words = notes.locator(".nn-speaker").inner_text()
    assert TALK.scenes[1].note.splitlines()[0] in words
    assert f"Next: {TALK.scenes[2].say}" in words
    assert re.search(r"since the start\s*\d+:\d\d", words)


def test_a_speaker_without_a_talk_is_told_so(app: App) -> None:
    app.open("speaker", talk="nobody")
    assert "no window shows the talk" in app.alerts[0]
    app.page.get_by_role("link", name="Start the talk")


def test_the_first_page_starts_the_talk_and_leaves_no_trace_of_it(app: App) -> None:
    app.open("", image="test-8")
    app.page.get_by_role("link", name="Start the talk").click()
    shows(app, 1)
    assert app.address["image"] == TALK.scenes[0].parameters["image"]
    app.page.keyboard.press("?")
    app.page.get_by_role("link", name="Leave the talk here").click()
    app.page.wait_for_url(lambda url: "scene=" not in url and "/talk" not in url)
    app.still()
    assert app.main.locator("h1").inner_text() == "Network"
    assert "talk" not in app.address
