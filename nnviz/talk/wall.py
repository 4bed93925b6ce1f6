"""The talk on the wall: one scene on one screen, turned by keys; each is drawn by the page that it shows."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from nnviz.components.keys import keys
from nnviz.pages import registry
from nnviz.shell import address, page
from nnviz.shell.markup import style
from nnviz.talk import prerender, stage, talks
from nnviz.talk.scenes import Scene, Talk

_STYLE = Path(__file__).parent / "wall.css"


def draw() -> None:
    """Draw the talk: everything stands in one fragment, so that nothing is loaded anew between scenes."""
    style(_STYLE.read_text())
    st.fragment(_scene)()


def parameters(talk: Talk, scene: int, name: str) -> dict[str, str]:
    """Of the address that shows a scene (from 1) of the talk with that id."""
    return {address.TALK: name, address.SCENE: str(scene), **talk.scenes[scene - 1].parameters}


def _scene() -> None:
    talk = talks.current()
    total = len(talk.scenes)
    name = address.read().get(address.TALK) or talks.own_id()
    at, replaced = address.whole(address.SCENE, 1, 1, total)
    scene = talk.scenes[at - 1]
    received = address.read().get(address.SCENE)
    # A link names the scene alone; once it is shown, the address says all that can be seen. Without a scene it is
    # that of the page before, which may write it a last time while it is left.
    if replaced or received is None or "net" not in address.read():
        address.replace(parameters(talk, at, name))
    stage.show(name, at)
    keys(
        at,
        total,
        key="talk-keys",
        page=_page(scene),
        speaker=f"speaker?{urlencode({address.TALK: name})}",
        on_change=lambda to: address.replace(parameters(talk, to, name)),
    )
    with st.container():
        if replaced:
            page.inform(f"Scenes run from 1 to {total} here, so {at} is shown. Received: {str(received)[:20]!r}.")
    st.session_state[page.ON_WALL] = scene.say
    try:
        page.draw(registry.page(scene.page))
    finally:
        st.session_state.pop(page.ON_WALL, None)
    if at < total:
        prerender.prepare(talk.scenes[at])


def _page(scene: Scene) -> str:
    """Address of the ordinary page, as what is on the wall now says it."""
    shown = {name: text for name, text in address.read().items() if name not in (address.TALK, address.SCENE)}
    slug = "" if scene.page == registry.FIRST.slug else scene.page
    return f"./{slug}?{urlencode(shown)}"
