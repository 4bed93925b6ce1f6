"""What the page says of a photograph, with its numbers."""

from __future__ import annotations

import html
from dataclasses import replace

import numpy as np

from nnviz.analysis.evidence import Sharp
from nnviz.analysis.trace import trace
from nnviz.analysis.visualization import Visualization
from nnviz.figures.words import number
from nnviz.pages import views
from nnviz.pages.attributions import Found
from nnviz.pages.cats.depths import Depth
from nnviz.pages.saliency.drawn import state
from nnviz.pages.saliency.words import cause_of_zero
from nnviz.pages.session import Session


def sentence(seen: Session, found: Found, left: Sharp | None) -> str:
    """What one sees, and so what: HTML."""
    return f"It says {views.said(seen)}{_second(seen)}. {_where(seen, found, left)}"


def _second(seen: Session) -> str:
    """The class that comes next, where there are several."""
    if seen.trace.logits.size < 3:
        return ""
    index = int(np.argsort(-seen.trace.logits, kind="stable")[1])
    share = views.percent(float(seen.trace.probabilities[index]))
    return f", before {html.escape(seen.class_name(index))} ({share})"


def _where(seen: Session, found: Found, left: Sharp | None) -> str:
    title, name = found.method.title, html.escape(seen.class_name(seen.class_index))
    if left is None:
        if found.state == "done":
            return f"{title} is zero everywhere for {name}. {cause_of_zero(seen, found.method)}".rstrip()
        return html.escape(found.reason) or f"Where it looks: {state(found)}."
    probability = seen.trace.logits.size > 1
    say = views.percent if probability else number
    return (
        f"Blur all but the third of the picture where the map is brightest, and {name} gets "
        f"<b>{say(left.brightest)}</b>; all but the third where it is dimmest, {say(left.dimmest)}."
    )


def of_dream(seen: Session, depth: Depth, dreamt: Visualization, stopped: str) -> str:
    """What the net says of the dream, and at which step it was stopped where it was: HTML."""
    answer = views.said(replace(seen, trace=trace(seen.network, dreamt.fitted())))
    if stopped:
        return f"The dream of its {depth.name} layer was stopped at {stopped}; of what there is it says {answer}."
    return f"As its {depth.name} layer dreams it, it says {answer}."
