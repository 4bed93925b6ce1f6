"""The talk, given with keys alone, and the links to its scenes."""

from __future__ import annotations

import json

import pytest
from app import LOOK, SECONDS, App
from filming import SEEN, alike, film, picture
from playwright.sync_api import Browser
from server import Server
from talking import TALK, TOTAL, after, counter, opening, progress, shows, stands
from wire import wire

from nnviz.shell import address

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


@pytest.mark.long
def test_the_talk_from_first_to_last_with_keys_alone(app: App) -> None:
    app.open("talk")
    shows(app, 1)
    app.page.evaluate(SEEN)
    for stop in TALK.stops:
        stands(app, stop)
        at, scene = f"scene {stop.scene}, step {stop.step}", stop.shown
        # Steps change what is shown, not how it is laid out.
        for (width, height), least in LEAST.items() if not stop.step else ():
            app.page.set_viewport_size({"width": width, "height": height})
            app.still()
            assert app.page.evaluate(SCROLLS) == [], f"{at} on {width}x{height}: {scene.say}"
            assert app.page.evaluate(SMALL, least) == [], f"{at} on {width}x{height}: {scene.say}"
        assert app.alerts == [], at
        assert app.element("stException").count() == 0
        assert app.element("stSidebar").count() == 0 or not app.sidebar.is_visible()
        assert app.page.locator(".st-key-menu").count() == 0
        assert app.element("nnCaption").count() == 1, f"{at}: one caption"
        # What plays moves on, and may have ended.
        stays = ("net", "image") if address.PLAY in scene.parameters else tuple(scene.parameters)
        said = {name: value for name, value in scene.parameters.items() if name in stays}
        assert {name: app.address.get(name) for name in said} == said, at
        app.page.keyboard.press("PageDown")  # there is nothing behind the last one
    app.page.keyboard.press("PageUp")
    stands(app, TALK.stops[-2])
    app.page.keyboard.press("Home")
    shows(app, 1)
    app.page.keyboard.press("End")
    shows(app, TOTAL)
    whole = [json.dumps([counter(stop), [stop.shown.say]]) for stop in TALK.stops]
    seen = [json.dumps(json.loads(found)) for found in app.page.evaluate("seen")]
    assert set(seen) == set(whole)


def test_a_transition_shows_the_scene_before_or_the_next(app: App) -> None:
    """Every picture that the projector gets, of slow and quick presses, there and back, digits and photograph."""
    first = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "pooling")
    # A scene that works for long is shown with its bar first. Here all of that is done before.
    shows(app.open("talk", scene=TOTAL), TOTAL)
    shows(app.open("talk", scene=first), first)
    stills = {first: picture(app.page.screenshot())}
    stop = TALK.stop(3, 0)
    steps = [(["PageDown"], TALK.stop(first, 0) + 1), (["End"], TALK.stop(TOTAL, 0)), (["Enter"], stop)]
    steps += [(["PageDown"] * 2, stop + 2), (["PageUp"], stop + 1)]
    for keys, goal in [*steps, (["PageDown", "PageUp"], stop + 1)]:
        before = [stills.popitem()[1]]
        if keys == ["Enter"]:
            # The number that is typed stands in the place of the counter until the jump.
            app.page.keyboard.press("3")
            before.append(picture(app.frames(3).page.screenshot()))
        with film(app) as frames:
            for key in keys:
                app.page.keyboard.press(key)
            stands(app, TALK.stops[goal])
        stills[goal] = picture(app.page.screenshot())
        named = [*(("before", still) for still in before), ("next", stills[goal])]
        found = [next((name for name, still in named if alike(frame, still)), "neither") for frame in frames]
        # Where nothing moved the browser may have had nothing to put together.
        assert found or alike(before[0], stills[goal]), keys
        assert found == sorted(found, key=("before", "next", "neither").index), (keys, found)
        assert "neither" not in found, (keys, found)


def test_while_the_connection_is_gone_no_key_turns_the_page(browser: Browser, server: Server) -> None:
    lost = "The connection to the app is gone"
    with wire(int(server.url.rsplit(":", 1)[1])) as between:
        # Not the house's own window: that a request fails is what is tried here.
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        context.add_init_script(LOOK)
        app = App(context.new_page(), between.url)
        try:
            app.open("talk", scene=2)
            shows(app, 2)
            said = app.page.get_by_text(lost)
            assert not said.is_visible()
            between.cut()
            said.wait_for(timeout=SECONDS)
            for _ in range(3):
                app.page.keyboard.press("PageDown")
            assert progress(app) == counter(opening(2))
            between.mend()
            said.wait_for(state="hidden", timeout=SECONDS)
            shows(app, 2)
            app.page.keyboard.press("PageDown")
            first = after(opening(2))
            stands(app, first)
            # What is under way when the connection goes: nobody knows whether the server heard of it.
            between.deaf = True
            app.page.keyboard.press("PageDown")
            assert between.lost.wait(SECONDS / 1000)
            between.cut()
            said.wait_for(timeout=SECONDS)
            assert progress(app) == counter(first)
            between.mend()
            said.wait_for(state="hidden", timeout=SECONDS)
            app.still()
            at = next(stop for stop in (first, after(first)) if counter(stop) == progress(app))
            stands(app, at)
            app.page.keyboard.press("PageDown")
            stands(app, after(at))
        finally:
            context.close()


def test_ten_quick_presses_are_ten_stops(app: App) -> None:
    app.open("talk", scene=1)
    for _ in range(10):
        app.page.keyboard.press("PageDown")
    stands(app, TALK.stops[10])
    for key in ("PageUp", "ArrowLeft", "ArrowUp"):
        app.page.keyboard.press(key)
    stands(app, TALK.stops[7])


def test_a_slider_keeps_its_keys_but_not_those_of_the_remote(app: App) -> None:
    at = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "mlp-vs-cnn")
    app.open("talk", scene=at)
    shift = app.page.locator(".st-key-mlp-vs-cnn-dx").get_by_role("slider")
    before = int(app.address["dx"])
    shift.focus()
    app.page.keyboard.press("ArrowRight")
    app.until(dx=before + 1)
    assert progress(app) == counter(opening(at))
    shift.focus()
    app.page.keyboard.press("PageDown")
    stands(app, after(opening(at)))
    app.page.keyboard.press("PageUp")
    shows(app, at)
    assert app.address["dx"] == str(before)  # a scene comes back as its file has it
    shift.focus()
    app.page.keyboard.press("Escape")
    app.page.keyboard.press("ArrowRight")
    stands(app, after(opening(at)))


def test_the_picture_keeps_the_arrows_while_it_has_the_focus(app: App) -> None:
    at = next(number for number, scene in enumerate(TALK.scenes, 1) if scene.page == "maps")
    app.open("talk", scene=at)
    unit = app.address["unit"]
    canvas = app.main.locator("canvas[role=application]").first
    canvas.focus()
    app.page.keyboard.press("ArrowRight")
    app.page.wait_for_function("unit => new URLSearchParams(location.search).get('unit') !== unit", arg=unit)
    app.still()
    assert progress(app) == counter(opening(at))
    canvas.focus()
    app.page.keyboard.press("PageDown")
    stands(app, after(opening(at)))


def test_blank_screen_and_keys(app: App) -> None:
    app.open("talk", scene=2)
    shows(app, 2)
    blank, keys = app.page.locator(".keys .blank"), app.page.get_by_role("dialog", name="Keys of the talk")
    app.page.keyboard.press("b")
    box = blank.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1920, 1080)
    assert blank.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(0, 0, 0)"
    app.page.keyboard.press("b")
    assert not blank.is_visible()
    for key in ("PageDown", "PageUp", "ArrowRight", "End", "Home", "?", ".", "Escape"):
        app.page.keyboard.press("b")
        assert blank.is_visible()
        app.page.keyboard.press(key)
        assert not blank.is_visible(), key
        assert not keys.is_visible(), key
    shows(app, 2)
    app.page.keyboard.press("?")
    assert keys.is_visible()
    assert "Page Down" in keys.inner_text()
    app.page.keyboard.press("PageDown")
    stands(app, after(opening(2)))
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
    # A link to a step is one, and a step that there is not is the nearest.
    far = max(TALK.stops, key=lambda stop: stop.step)
    stands(app.open("talk", scene=far.scene, step=far.step), far)
    stands(app.open("talk", scene=far.scene, step=99), far)
    assert "99" in app.alerts[0]
    app.open("talk", scene=99)
    assert progress(app) == counter(opening(TOTAL))
    assert "99" in app.alerts[0]


def test_the_first_page_starts_the_talk_and_leaves_no_trace_of_it(app: App) -> None:
    app.open("", image="test-8")
    app.page.get_by_role("link", name="Start the talk").click()
    shows(app, 1)
    assert app.address["image"] == TALK.scenes[0].parameters["image"]
    app.page.keyboard.press("?")
    app.page.get_by_role("link", name="Leave the talk here").click()
    app.page.wait_for_url(lambda url: "scene=" not in url and "/talk" not in url)
    app.still()
    assert app.main.locator("h1").inner_text() == "nnviz"
    assert "talk" not in app.address
