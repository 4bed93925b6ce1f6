"""The talk on the wall: one scene on one screen, turned by keys; each is drawn by the page that it shows."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from nnviz.components.keys import kept_name, keys
from nnviz.pages import registry
from nnviz.shell import address, page
from nnviz.talk import prerender, shown, stage, talks
from nnviz.talk.scenes import Stop, Talk

_KEYS = "talk-keys"
_NAME = "name of the wall"
_SAID = "said of the scene"
_OF_TALK = (address.TALK, address.SCENE, address.STEP, address.PLAY)


def draw() -> None:
    """Draw the talk: everything stands in one fragment, so that nothing is loaded anew between scenes."""
    st.fragment(_wall)()


def preview() -> None:
    """Draw a wall that the speaker's window turns, as a small picture of what comes next."""
    st.fragment(_preview)()


def place(stop: Stop) -> dict[str, str]:
    """Of the address: the scene, and the step inside it."""
    return {address.SCENE: str(stop.scene)} | ({address.STEP: str(stop.step)} if stop.step else {})


def parameters(stop: Stop) -> dict[str, str]:
    """Of the address that shows a stop of the talk."""
    return {**place(stop), **stop.shown.parameters}


def name() -> str:
    """The name of this viewer's wall: what its window kept of an earlier session, else what a link to a wall that a
    speaker's window waits for has, else a new one."""
    kept, before = kept_name(_KEYS), st.session_state.get(_NAME)
    if kept is not None and kept != before:
        if before is not None:
            stage.drop(before)
        st.session_state[_NAME] = kept
    elif before is None:
        asked = address.read().get(address.TALK)
        waited_for = asked is not None and stage.claim(asked)
        st.session_state[_NAME] = asked if waited_for else talks.own_id()
    return st.session_state[_NAME]


def _wall() -> None:
    talk, wall = talks.current(), name()
    at, reason = _opened(talk)
    stop = talk.stops[at]
    # Sent to the audience, it must not name this wall.
    address.write(**{address.TALK: None})
    stage.show(wall, stop.scene, stop.step)
    keys(
        at + 1,
        [len(scene.steps) for scene in talk.scenes],
        key=_KEYS,
        wall=wall,
        session=talks.own_id(),
        sure=talks.handed_out(),
        page=_page(stop),
        speaker=f"speaker?{urlencode({address.TALK: wall})}",
        on_change=partial(_turn, talk),
    )
    with st.container():
        if reason:
            st.session_state[_SAID] = at, reason
        # It stands while the scene does: a window that takes its old name is drawn again at once.
        if st.session_state.get(_SAID, (at,))[0] != at:
            del st.session_state[_SAID]
        if _SAID in st.session_state:
            page.inform(st.session_state[_SAID][1])
    after = talk.stops[at + 1].shown if at + 1 < len(talk.stops) else None
    # Before this scene is drawn: what was computed ahead would work beside it.
    prerender.pass_over(after)
    with shown.on_wall(stop.shown):
        page.draw(shown.page_of(stop.shown), stand=True)
    prerender.prepare(after)


def _preview() -> None:
    talk = talks.current()
    at, _ = _opened(talk)
    keys(
        at + 1,
        [len(scene.steps) for scene in talk.scenes],
        key=_KEYS,
        on_change=partial(_turn, talk),
    )
    stop = talk.stops[at]
    with shown.on_wall(stop.shown):
        page.draw(shown.page_of(stop.shown), stand=True)


def _opened(talk: Talk) -> tuple[int, str]:
    """The stop (from 0) that the address names, its parameters written where they are not yet, and what had to be
    replaced, in a sentence."""
    total, received = len(talk.scenes), address.read().get(address.SCENE)
    scene, replaced = address.whole(address.SCENE, 1, 1, total)
    step, gone = address.whole(address.STEP, 0, 0, len(talk.scenes[scene - 1].steps))
    at = talk.stop(scene, step)
    reason = ""
    if replaced:
        reason = f"Scenes run from 1 to {total} here, so {scene} is shown. Received: {str(received)[:20]!r}."
    elif gone:
        given = address.read()[address.STEP][:20]
        reason = f"Steps of this scene run from 0 to {len(talk.scenes[scene - 1].steps)}, so {step} is shown."
        reason += f" Received: {given!r}."
    # A link names scene and step alone; once it is shown, the address says all that can be seen. Without a scene it is
    # that of the page before, which may write it a last time while it is left.
    if replaced or gone or received is None or "net" not in address.read():
        address.replace(parameters(talk.stops[at]))
    return at, reason


def _turn(talk: Talk, to: int) -> None:
    address.replace(parameters(talk.stops[to - 1]))


def _page(stop: Stop) -> str:
    """Address of the ordinary page, as what is on the wall now says it; the first one for a page of the talk's own."""
    found = {name: text for name, text in address.read().items() if name not in _OF_TALK}
    slugs = [each.slug for each in registry.PAGES if each is not registry.FIRST]
    slug = stop.shown.page if stop.shown.page in slugs else ""
    return f"./{slug}?{urlencode(found)}"
