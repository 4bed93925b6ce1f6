"""Save this view as a scene, from any page: what was saved is one talk, to be taken home as a file."""

from __future__ import annotations

import streamlit as st

from nnviz.shell import address
from nnviz.talk import writing
from nnviz.talk.scenes import MOST_LETTERS, Scene
from nnviz.talk.yaml_nodes import MOST_IN_NOTE

_KEPT = "saved scenes"


def popover(page: str) -> None:
    """The button, and behind it what is saved.

    Args:
        page: slug of the page that is shown.
    """
    with st.popover("Save as a scene", icon=":material/bookmark_add:", key="save-scene"):
        st.text_input("The sentence on the wall", key="scene-say", max_chars=MOST_LETTERS)
        st.text_area("Your note", key="scene-note", height=90, max_chars=MOST_IN_NOTE)
        kept: list[Scene] = st.session_state.setdefault(_KEPT, [])
        st.button(
            "Save this view",
            key="scene-save",
            type="primary",
            disabled=not st.session_state.get("scene-say", "").strip(),
            on_click=lambda: kept.append(_scene(page)),
        )
        if not kept:
            st.caption("Saved views become a talk: `streamlit run dashboard.py -- --talk talk.yaml`.")
            return
        text = writing.write("My talk", tuple(kept))
        st.code(text, language="yaml", height=220)
        count = f"{len(kept)} scene{'s' if len(kept) > 1 else ''}"
        title = f"Download the talk ({count})"
        # Written when it is asked for: a file that waits is gone from the server with the run that made it.
        st.download_button(title, lambda: text, "talk.yaml", "text/yaml", key="scene-download", on_click="ignore")
        st.button("Drop the last one", key="scene-drop", on_click=_drop)


def _drop() -> None:
    st.session_state[_KEPT].pop()


def _scene(page: str) -> Scene:
    """The view that the address describes, without what no control of this page asks for."""
    own = (address.TALK, address.SCENE, address.STEP)
    asked = address.asked().difference(own)
    found = {name: text for name, text in address.read().items() if name in asked}
    return Scene(page, st.session_state["scene-say"].strip(), st.session_state["scene-note"].strip(), found)
