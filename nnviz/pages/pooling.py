"""Pooling: what the activation function lets through, what pooling keeps of it, and what a shift changes."""

from __future__ import annotations

from dataclasses import replace

from nnviz.analysis.pooling import pooling_layers
from nnviz.pages import address, controls, pooling_activation, pooling_invariance, pooling_windows
from nnviz.pages.page import Page, head
from nnviz.pages.pooling_subject import sources, subject_of
from nnviz.pages.session import Session

VIEWS = {"activation": "Activation", "pooling": "Pooling", "invariance": "Invariance"}


def render(current: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "pooling")
    subject = None if view == "activation" else subject_of(current)
    with head(PAGE):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if subject is None:
            pooling_activation.choose(current)
        else:
            options = sources(current) if subject.layer is None else pooling_layers(current.network)
            controls.layers(replace(current, layer=subject.layer or subject.source), options)
    if subject is None:
        pooling_activation.render(current)
        return
    (pooling_windows if view == "pooling" else pooling_invariance).render(subject)


PAGE = Page("Pooling", ":material/compress:", "pooling", "Convolve", render)
