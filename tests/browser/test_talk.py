"""The talk, given with keys alone; the links to its scenes; the speaker's window."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from app import LOOK, SECONDS, App
from filming import SEEN, alike, film, picture
from playwright.sync_api import Browser, Page
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
    steps = [(["PageDown"], first + 1), (["End"], TOTAL), (["Enter"], 2), (["PageDown"] * 2, 4), (["PageUp"], 3)]
    for keys, goal in [*steps, (["PageDown", "PageUp"], 3)]:
        before = [stills.popitem()[1]]
        if keys == ["Enter"]:
            # The number that is typed stands in the place of the counter until the jump.
            app.page.keyboard.press(str(goal))
            before.append(picture(app.frames(3).page.screenshot()))
        with film(app) as frames:
            for key in keys:
                app.page.keyboard.press(key)
            shows(app, goal)
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
            shows(app, 3)
            # What is under way when the connection goes: nobody knows whether the server heard of it.
            between.deaf = True
            app.page.keyboard.press("PageDown")
            assert between.lost.wait(SECONDS / 1000)
            between.cut()
            said.wait_for(timeout=SECONDS)
            assert progress(app) == counter(opening(3))
            between.mend()
            said.wait_for(state="hidden", timeout=SECONDS)
            app.still()
            at = int(app.address["scene"])
            assert at in (3, 4)
            shows(app, at)
            app.page.keyboard.press("PageDown")
            stands(app, after(opening(at)))
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
    # A link to a step is one, and a step that there is not is the nearest.
    far = max(TALK.stops, key=lambda stop: stop.step)
    stands(app.open("talk", scene=far.scene, step=far.step), far)
    stands(app.open("talk", scene=far.scene, step=99), far)
    assert "99" in app.alerts[0]
    app.open("talk", scene=99)
    assert progress(app) == counter(opening(TOTAL))
    assert "99" in app.alerts[0]


def listens(notes: Page) -> None:
    """Wait until a speaker's window hears keys: a component's script comes after what it is drawn with."""
    notes.locator(".keys .desk").wait_for(timeout=SECONDS)


@pytest.mark.long
def test_the_speakers_window_follows_its_own_wall_and_turns_it(viewer: Callable[..., App], server: Server) -> None:
    """Two walls with a speaker's window each, and two of the audience: one opens a link, one doubles the wall."""
    other = next(at for at in range(5, TOTAL) if not TALK.scenes[at - 1].steps)
    walls = [shows(viewer(server.url).open("talk", scene=at), at) for at in (2, other)]
    speakers = []
    for wall in walls:
        with wall.page.context.expect_page() as opened:
            wall.page.keyboard.press("s")
        speakers.append(opened.value)
    assert len({notes.url for notes in speakers}) == 2

    def tells(notes: Page, scene: int) -> None:
        notes.locator(".nn-speaker h1").get_by_text(TALK.scenes[scene - 1].say).wait_for(timeout=SECONDS)

    for notes, scene in zip(speakers, (2, other), strict=True):
        tells(notes, scene)
        listens(notes)
    walls[1].page.keyboard.press("PageDown")
    shows(walls[1], other + 1)
    # The wall's own link has nothing of the speaker's window in it; who opens it has a wall of his own.
    assert "talk" not in walls[0].address
    guest = viewer(server.url)
    guest.page.goto(walls[0].page.url)
    shows(guest, 2)
    guest.page.keyboard.press("End")
    shows(guest, TOTAL)
    # So has who opens the speaker's link as one to the wall, as links were before.
    name = dict(parse_qsl(urlsplit(speakers[0].url).query))["talk"]
    guest.open("talk", scene=7, talk=name)
    shows(guest, 7)
    # A window that is doubled takes along what the first keeps in it.
    doubled = App(walls[0].page.context.new_page(), server.url)
    doubled.page.add_init_script(f"sessionStorage.setItem('nnviz-wall', {name!r})")
    doubled.open("talk", scene=9)
    shows(doubled, 9)
    doubled.page.wait_for_function("name => sessionStorage.getItem('nnviz-wall') !== name", arg=name, timeout=SECONDS)
    doubled.page.close()

    notes = speakers[0]
    notes.bring_to_front()
    # The picture of what comes next is a wall of its own, which follows.
    soon = notes.frame_locator(".keys iframe").locator("h1")
    soon.get_by_text(TALK.scenes[2].say).wait_for(timeout=SECONDS)
    turns = [("PageDown", 3), ("ArrowRight", 4), ("PageUp", 3), ("End", TOTAL), ("Home", 1)]
    for keys, scene in [*[([key], scene) for key, scene in turns], (["2", "Enter"], 2)]:
        for key in keys:
            notes.keyboard.press(key)
        shows(walls[0], scene)
        tells(notes, scene)
    soon.get_by_text(TALK.scenes[2].say).wait_for(timeout=SECONDS)
    notes.get_by_label("Jump to a scene").select_option(index=3)
    shows(walls[0], 3)
    notes.keyboard.press("PageUp")
    shows(walls[0], 2)
    notes.get_by_role("button", name="Set the clock to 0").click()
    notes.locator("header", has_text=re.compile(r"since the start\s*0:0\d")).wait_for(timeout=SECONDS)
    blank, keys = walls[0].page.locator(".keys .blank"), walls[0].page.get_by_role("dialog", name="Keys of the talk")
    for key, what, state in [
        *(("b", blank, "visible"), ("PageDown", blank, "hidden"), ("b", blank, "visible"), ("b", blank, "hidden")),
        *(("?", keys, "visible"), ("Escape", keys, "hidden")),
    ]:
        notes.keyboard.press(key)
        what.wait_for(state=state, timeout=SECONDS)
    shows(walls[0], 2)
    words = notes.locator(".nn-speaker").inner_text()
    assert TALK.scenes[1].note.splitlines()[0] in words
    assert f"Next: {TALK.scenes[2].say}" in words
    assert re.search(r"since the start\s*\d+:\d\d", words)
    assert re.search(r"planned for\s*\d+:\d\d\s*to\s*\d+:\d\d\s*of", words)

    # Both survive being loaded anew.
    walls[0].page.reload()
    shows(walls[0], 2)
    notes.reload()
    tells(notes, 2)
    listens(notes)
    notes.keyboard.press("PageDown")
    shows(walls[0], 3)
    tells(notes, 3)
    tells(speakers[1], other + 1)
    assert progress(walls[1]) == counter(opening(other + 1))


@pytest.mark.long
def test_a_talk_that_was_left_hears_no_keys_and_who_is_not_heard_is_told(app: App, browser: Browser) -> None:
    app.open("", image="test-3")
    app.page.get_by_role("link", name="Start the talk").click()
    shows(app, 1)
    with app.page.context.expect_page() as opened:
        app.page.keyboard.press("s")
    notes = opened.value
    listens(notes)
    app.page.bring_to_front()
    app.page.keyboard.press("PageDown")
    stands(app, TALK.stops[1])
    # Back and on again in the same document: there was a wall of that name before.
    while app.slug == "talk":
        app.page.evaluate("history.back()")
        app.frames(10).still()
    app.page.get_by_role("link", name="Start the talk").click()
    shows(app, 1)
    notes.bring_to_front()
    unheard = notes.locator(".keys .unheard")
    end = TALK.stop(TOTAL, 0)
    for key, at in [("PageDown", 1), ("End", end), ("PageUp", end - 1), ("Home", 0), ("PageDown", 1)]:
        notes.keyboard.press(key)
        stands(app, TALK.stops[at])
        assert not unheard.is_visible()
    # The same address in another browser shows the note, and no key arrives.
    context = browser.new_context()
    try:
        elsewhere = context.new_page()
        elsewhere.goto(notes.url)
        listens(elsewhere)
        elsewhere.keyboard.press("PageDown")
        elsewhere.locator(".keys .unheard").wait_for(timeout=SECONDS)
        assert progress(app) == counter(TALK.stops[1])
    finally:
        context.close()


def test_a_speaker_without_a_talk_is_told_so(app: App) -> None:
    app.open("speaker", talk="nobody")
    assert "no window shows the talk" in app.alerts[0]
    with app.page.context.expect_page() as opened:
        app.page.get_by_role("link", name="Start the talk").click()
    wall = App(opened.value, app.url)
    shows(wall, 1)
    assert "talk" not in wall.address
    app.page.bring_to_front()
    listens(app.page)
    app.page.keyboard.press("End")
    shows(wall, TOTAL)
    app.page.locator(".nn-speaker h1").get_by_text(TALK.scenes[-1].say).wait_for(timeout=SECONDS)


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
