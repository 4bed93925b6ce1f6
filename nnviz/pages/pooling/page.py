"""Pooling: what the activation function lets through, what pooling keeps of it, and what a shift changes."""

from __future__ import annotations

from dataclasses import replace

from nnviz.analysis.layer.pooling import pooling_layers
from nnviz.pages.pooling import activation, invariance, windows
from nnviz.pages.pooling.subject import sources, subject_of
from nnviz.shell import address, controls
from nnviz.shell.page import Page, head
from nnviz.shell.session import Session

VIEWS = {"activation": "Activation", "pooling": "Pooling", "invariance": "Invariance"}


def render(session: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "pooling")
    subject = None if view == "activation" else subject_of(session)
    with head(PAGE):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if subject is None:
            activation.choose(session)
        else:
            options = sources(session) if subject.layer is None else pooling_layers(session.network)
            controls.layers(replace(session, layer=subject.layer or subject.source), options)
    if subject is None:
        activation.render(session)
        return
    (windows if view == "pooling" else invariance).render(subject)


PAGE = Page("Pooling", ":material/compress:", "pooling", "Convolve", render)
