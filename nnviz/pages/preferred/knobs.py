"""The controls of the page of preferred pictures: each shows what the address says, and writes what is chosen to it."""

from __future__ import annotations

import streamlit as st

from nnviz.shell import address, controls
from nnviz.shell.session import Session
from nnviz.views.visualization.request import (
    BETWEEN,
    DREAMS,
    KINDS,
    MOST_OCTAVES,
    MOST_RATE,
    MOST_SEED,
    MOST_STEPS,
    SUBJECTS,
    WAYS,
    VisualizationRequest,
    choices,
)


def subject(what: VisualizationRequest) -> None:
    """Whether the picture is made for a unit or for a class."""
    controls.switch("What", "preferred.of", tuple(SUBJECTS), what.subject, titles=SUBJECTS)


def study(session: Session, what: VisualizationRequest) -> None:
    """The layer and the unit that the picture is made for, or the class."""
    if what.subject == "class":
        controls.classes(session)
        return
    options = [layer for layer in session.network.layers if layer.index]
    controls.study(session, options, count=choices(session, "unit", session.layer.name))


def knobs(session: Session, what: VisualizationRequest) -> None:
    """The way, and its parameters."""
    _switch("Pictures", "preferred.way", WAYS, what.way)
    if what.way == "between":
        one, other = st.columns(2, gap="small")
        if what.subject == "unit":
            _other_layer(session, what)
        with one:
            most = choices(session, what.subject, what.other_layer) - 1
            _slider("To " + what.subject, "preferred.other", what.other, 0, most)
        with other:
            _slider("Picture", "preferred.shown", what.shown, 0, BETWEEN - 1, format=_share(what.shown))
    if what.way == "dream" and what.subject == "unit":
        _switch("What is to grow", "preferred.dream", DREAMS, what.dream_of)
    one, other = st.columns(2, gap="small")
    with one:
        _slider("Steps", "preferred.steps", what.steps, 1, MOST_STEPS)
    with other:
        _slider("Rate (%)", "preferred.rate", what.rate, 1, MOST_RATE)
    if what.way == "dream":
        _slider("Octaves", "preferred.octaves", what.octaves, 1, MOST_OCTAVES)
    else:
        _switch("Parametrisation", "preferred.as", KINDS, what.kind)
        _switch("Jitter, scale, rotate", "preferred.moved", {"1": "On", "0": "Off"}, "1" if what.moved else "0")
    _slider("Seed", "preferred.seed", what.seed, 0, MOST_SEED)


def _other_layer(session: Session, what: VisualizationRequest) -> None:
    """The layer of the unit that a blend leads to: by default that of the unit under study."""
    names, key = [layer.name for layer in session.network.layers if layer.index], "preferred-layer"

    def write() -> None:
        chosen = st.session_state[key]
        own = chosen == session.layer.name
        address.write(**{"preferred.layer": None if own else chosen, "preferred.other": None, "preferred.shown": None})

    controls.listed("To a unit of", key, names, what.other_layer, write)


def _share(shown: int) -> str:
    """The slider's own number is the picture's; what it stands for is a share of the other."""
    return f"{shown * 100 // (BETWEEN - 1)}%%"


def _switch(label: str, name: str, titles: dict[str, str], value: str) -> None:
    key = f"switch-{name}"
    # Another way has another steps and rate by default, and other pictures to choose from.
    follows = ("shown", "steps", "rate") if name == "preferred.way" else ("shown",)
    cleared = {f"preferred.{each}": None for each in follows}
    address.bound(key, value)
    st.segmented_control(
        label,
        list(titles),
        default=value,
        format_func=lambda option: titles[option],
        key=key,
        required=True,
        on_change=lambda: address.write(**cleared, **{name: st.session_state[key]}),
        width="stretch",
    )


def _slider(label: str, name: str, value: int, low: int, high: int, format: str | None = None) -> None:
    controls.slider(label, name, value, low, high, format=format)
