"""What it sees: the likeliest classes as bars, of which a click takes one to be explained."""

from __future__ import annotations

import html
from functools import partial

import numpy as np
import streamlit as st

from nnviz.figures.words import number
from nnviz.pages import views
from nnviz.pages.cats.subject import take
from nnviz.pages.markdown import plain
from nnviz.pages.session import Session

COUNT = 5


def shown(seen: Session) -> list[int]:
    """The classes that have a bar: the likeliest, and the one that is explained in the place of the last."""
    order = [int(index) for index in np.argsort(-seen.trace.logits, kind="stable")[:COUNT]]
    if seen.class_index not in order:
        order[-1] = seen.class_index
    return order


def draw(seen: Session) -> None:
    """What it says in large letters, and the bars."""
    trace = seen.trace
    if trace.logits.size == 1:
        st.html(f'<div class="nn-small">The net says</div><div class="nn-big">{number(float(trace.logits[0]))}</div>')
        return
    name = seen.class_name(trace.winner)
    st.html(f'<div class="nn-small">The net says</div><div class="nn-cats-big">{html.escape(name)}</div>')
    order = shown(seen)
    # The bars are buttons, filled as far as the class is likely: a button has no share of its own.
    rules = []
    for rank, index in enumerate(order):
        filled = f"{100 * float(trace.probabilities[index]):.1f}%"
        rules.append(f".st-key-cats-class-{rank} button {{ --nn-filled: {filled}; }}")
        if index == seen.class_index:
            rules.append(f".st-key-cats-class-{rank} button {{ box-shadow: 0 0 0 0.16rem #e6007e; }}")
    st.html(f"<style>{' '.join(rules)}</style>")
    with st.container(key="cats-classes", gap=None):
        for rank, index in enumerate(order):
            st.button(
                f"**{plain(seen.class_name(index))}** {views.percent(float(trace.probabilities[index]))}",
                key=f"cats-class-{rank}",
                width="stretch",
                on_click=partial(_explain, seen, index),
            )


def _explain(seen: Session, index: int) -> None:
    take(seen, target=None if index == seen.trace.winner else index)
