"""What it sees: the likeliest classes as bars, of which a click takes one to be explained."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from nnviz.figures.words import probability
from nnviz.pages.cats.subject import take
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import style, write_html
from nnviz.shell.session import Session
from nnviz.views import answer

COUNT = 5
CNN, MLP = "rgba(47, 111, 181, 0.4)", "rgba(217, 112, 10, 0.45)"
"""Colours of the two kinds of network, light enough to write on."""


def shown(session: Session) -> list[int]:
    """The classes that have a bar: the likeliest, and the one that is explained in the place of the last."""
    order = [int(index) for index in np.argsort(-session.trace.logits, kind="stable")[:COUNT]]
    if session.class_index not in order:
        order[-1] = session.class_index
    return order


def draw(session: Session) -> None:
    """What it says in large letters, and the bars."""
    trace = session.trace
    if trace.logits.size == 1:
        said = answer.said(session)
        write_html('<div class="nn-small">The net says</div><div class="nn-big">{}</div>', said)
        return
    name = session.class_name(trace.winner)
    write_html('<div class="nn-small">The net says</div><div class="nn-cats-big">{}</div>', name)
    order = shown(session)
    # The bars are buttons, filled as far as the class is likely: a button has no share of its own.
    convolutional = any(layer.convolution for layer in session.network.layers)
    rules = [f".st-key-cats-classes {{ --nn-net: {CNN if convolutional else MLP}; }}"]
    for rank, index in enumerate(order):
        filled = f"{100 * float(trace.probabilities[index]):.1f}%"
        rules.append(f".st-key-cats-class-{rank} button {{ --nn-filled: {filled}; }}")
        if index == session.class_index:
            rules.append(f".st-key-cats-class-{rank} button {{ box-shadow: 0 0 0 0.16rem #e6007e; }}")
    style(" ".join(rules))
    with st.container(key="cats-classes", gap=None):
        for rank, index in enumerate(order):
            st.button(
                f"**{escape_markdown(session.class_name(index))}** {probability(float(trace.probabilities[index]))}",
                key=f"cats-class-{rank}",
                width="stretch",
                on_click=partial(_explain, session, index),
            )


def _explain(session: Session, index: int) -> None:
    take(session, target=None if index == session.trace.winner else index)
