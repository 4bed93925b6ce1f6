"""Pooling: what it keeps of a map, and what a shift changes."""

from __future__ import annotations

from nnviz.pages.pooling import invariance, windows
from nnviz.pages.pooling.subject import subject_of
from nnviz.shell import address, controls
from nnviz.shell.page import Page, Reading, head
from nnviz.shell.session import Session
from nnviz.views import layer_configuration

VIEWS = {"pooling": "Pooling", "invariance": "Invariance"}


def render(session: Session) -> None:
    """Draw the page."""
    view = address.choice("view", tuple(VIEWS), "pooling")
    subject = subject_of(session)
    with head(PAGE, subject.study):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        layer_configuration.popover(subject.layer or subject.source)
    (windows if view == "pooling" else invariance).render(subject)


PAGE = Page(
    "Pooling",
    ":material/compress:",
    "pooling",
    "Convolve",
    render,
    reading=(
        Reading("Shift-invariant again", "Zhang 2019", "https://arxiv.org/abs/1904.11486"),
        Reading("Convolutional networks", "CS231n, Stanford", "https://cs231n.github.io/convolutional-networks/"),
    ),
)
