"""The speaker's window: it follows its own wall and turns it, and says when nobody hears it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from app import SECONDS, App
from playwright.sync_api import Browser, Page
from server import Server
from talking import TALK, TOTAL, after, counter, opening, progress, shows, stands

FITS = """frame => {
  const box = frame.parentElement, { width, height } = frame.getBoundingClientRect();
  return Math.abs(width - box.clientWidth) < 1 && Math.abs(height - box.clientHeight) < 2;
}"""
"""Whether a frame is as large as the box around it."""


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
    soon.get_by_text(after(opening(2)).shown.say).wait_for(timeout=SECONDS)
    frame = notes.locator(".keys iframe")
    for width in (1440, 1920):
        notes.set_viewport_size({"width": width, "height": 810})
        notes.wait_for_function(FITS, arg=frame.element_handle(), timeout=SECONDS)
    # Scene 2 has steps, each a stop of its own.
    stop, end = TALK.stop(2, 0), TALK.stop(3, 0) - 1
    turns = [("PageDown", stop + 1), ("ArrowRight", stop + 2), ("PageUp", stop + 1), ("End", -1), ("Home", 0)]
    for keys, goal in [*[([key], goal) for key, goal in turns], (["2", "Enter"], stop)]:
        for key in keys:
            notes.keyboard.press(key)
        # The talk's end is the opening of its last scene.
        reached = opening(TOTAL) if goal == -1 else TALK.stops[goal]
        stands(walls[0], reached)
        notes.locator(".nn-speaker h1").get_by_text(reached.shown.say).wait_for(timeout=SECONDS)
    soon.get_by_text(after(opening(2)).shown.say).wait_for(timeout=SECONDS)
    notes.get_by_label("Jump to a scene").select_option(index=3)
    shows(walls[0], 3)
    notes.keyboard.press("PageUp")
    stands(walls[0], TALK.stops[end])
    notes.get_by_role("button", name="Set the clock to 0").click()
    notes.locator("header", has_text=re.compile(r"since the start\s*0:0\d")).wait_for(timeout=SECONDS)
    blank, keys = walls[0].page.locator(".keys .blank"), walls[0].page.get_by_role("dialog", name="Keys of the talk")
    for key, what, state in [
        *(("b", blank, "visible"), ("PageDown", blank, "hidden"), ("b", blank, "visible"), ("b", blank, "hidden")),
        *(("?", keys, "visible"), ("Escape", keys, "hidden")),
    ]:
        notes.keyboard.press(key)
        what.wait_for(state=state, timeout=SECONDS)
    stands(walls[0], TALK.stops[end])
    words = notes.locator(".nn-speaker").inner_text()
    assert TALK.stops[end].shown.note.splitlines()[0] in words
    assert f"Next: {TALK.scenes[2].say}" in words
    assert re.search(r"since the start\s*\d+:\d\d", words)
    assert re.search(r"planned for\s*\d+:\d\d\s*to\s*\d+:\d\d\s*of", words)

    # Both survive being loaded anew.
    walls[0].page.reload()
    stands(walls[0], TALK.stops[end])
    notes.reload()
    notes.locator(".nn-speaker h1").get_by_text(TALK.stops[end].shown.say).wait_for(timeout=SECONDS)
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
