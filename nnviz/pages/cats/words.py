"""What the page says of a photograph, with its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from markupsafe import Markup

from nnviz.analysis.evidence import Sharp
from nnviz.analysis.network.trace import trace
from nnviz.analysis.visualization import Visualization
from nnviz.figures.words import number
from nnviz.pages.cats.depths import Depth
from nnviz.shell.markup import html
from nnviz.shell.session import Session
from nnviz.views import answer
from nnviz.views.attribution.panels import state
from nnviz.views.attribution.request import Found
from nnviz.views.attribution.zero_map import cause_of_zero


def sentence(session: Session, found: Found, left: Sharp | None) -> Markup:
    """What one sees, and so what."""
    return html("It says {}{}. {}", answer.said(session), _second(session), _where(session, found, left))


def _second(session: Session) -> str:
    """The class that comes next, where there are several."""
    if session.trace.logits.size < 3:
        return ""
    index = int(np.argsort(-session.trace.logits, kind="stable")[1])
    share = answer.percent(float(session.trace.probabilities[index]))
    return f", before {session.class_name(index)} ({share})"


def _where(session: Session, found: Found, left: Sharp | None) -> str:
    title, name = found.method.title, session.class_name(session.class_index)
    if left is None:
        if found.state == "done":
            return f"{title} is zero everywhere for {name}. {cause_of_zero(session, found.method)}".rstrip()
        return found.reason or f"Where it looks: {state(found)}."
    probability = session.trace.logits.size > 1
    say = answer.percent if probability else number
    return html(
        "Blur all but the third of the picture where the map is brightest, and {} gets <b>{}</b>; "
        "all but the third where it is dimmest, {}.",
        name,
        say(left.brightest),
        say(left.dimmest),
    )


def of_dream(session: Session, depth: Depth, dreamt: Visualization, stopped: str) -> str:
    """What the net says of the dream, and at which step it was stopped where it was."""
    says = answer.said(replace(session, trace=trace(session.network, dreamt.fitted())))
    if stopped:
        return f"The dream of its {depth.name} layer was stopped at {stopped}; of what there is it says {says}."
    return f"As its {depth.name} layer dreams it, it says {says}."
