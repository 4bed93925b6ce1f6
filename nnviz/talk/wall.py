"""The talk on the wall: one scene on one screen, turned by keys; each is drawn by the page that it shows."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from nnviz.components.keys import kept_name, keys
from nnviz.pages import registry
from nnviz.shell import address, page
from nnviz.talk import prerender, stage, talks
from nnviz.talk.scenes import Scene, Talk

_KEYS = "talk-keys"
_NAME = "name of the wall"
_SAID = "said of the scene"


def draw() -> None:
    """Draw the talk: everything stands in one fragment, so that nothing is loaded anew between scenes."""
    st.fragment(_scene)()


def parameters(talk: Talk, scene: int) -> dict[str, str]:
    """Of the address that shows a scene (from 1) of the talk."""
    return {address.SCENE: str(scene), **talk.scenes[scene - 1].parameters}


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


def _scene() -> None:
    talk = talks.current()
    total = len(talk.scenes)
    wall = name()
    at, replaced = address.whole(address.SCENE, 1, 1, total)
    scene = talk.scenes[at - 1]
    received = address.read().get(address.SCENE)
    # A link names the scene alone; once it is shown, the address says all that can be seen. Without a scene it is
    # that of the page before, which may write it a last time while it is left.
    if replaced or received is None or "net" not in address.read():
        address.replace(parameters(talk, at))
    # Sent to the audience, it must not name this wall.
    address.write(**{address.TALK: None})
    stage.show(wall, at)
    keys(
        at,
        total,
        key=_KEYS,
        wall=wall,
        session=talks.own_id(),
        sure=talks.handed_out(),
        page=_page(scene),
        speaker=f"speaker?{urlencode({address.TALK: wall})}",
        on_change=lambda to: address.replace(parameters(talk, to)),
    )
    with st.container():
        if replaced:
            reason = f"Scenes run from 1 to {total} here, so {at} is shown. Received: {str(received)[:20]!r}."
            st.session_state[_SAID] = at, reason
        # It stands while the scene does: a window that takes its old name is drawn again at once.
        if st.session_state.get(_SAID, (at,))[0] != at:
            del st.session_state[_SAID]
        if _SAID in st.session_state:
            page.inform(st.session_state[_SAID][1])
    after = talk.scenes[at] if at < total else None
    # Before this scene is drawn: what was computed ahead would work beside it.
    prerender.pass_over(after)
    st.session_state[page.ON_WALL] = scene.say
    try:
        page.draw(registry.page(scene.page), stand=True)
    finally:
        st.session_state.pop(page.ON_WALL, None)
    prerender.prepare(after)


def _page(scene: Scene) -> str:
    """Address of the ordinary page, as what is on the wall now says it."""
    shown = {name: text for name, text in address.read().items() if name not in (address.TALK, address.SCENE)}
    slug = "" if scene.page == registry.FIRST.slug else scene.page
    return f"./{slug}?{urlencode(shown)}"
