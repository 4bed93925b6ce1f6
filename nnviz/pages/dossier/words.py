"""The sentences of the dossier."""

from __future__ import annotations

from nnviz.analysis.image.images import Transform
from nnviz.figures.words import number
from nnviz.pages.dossier.facts import LEAST, Known
from nnviz.shell.session import Session
from nnviz.views import answer
from nnviz.views.search import index_job


def sentence(session: Session, known: Known) -> str:
    """What the unit answers to, and what comes of it; plain text."""
    who, of = f"Unit {session.unit} of {session.layer.name}", known.of
    if known.answers is None or known.found is None:
        return f"{who} answers to this picture with {number(known.here)}; the {of.noun}s are being searched."
    if not known.hits:
        return f"{who} is silent on all of {known.searched:,} {of.noun}s: it has learned nothing that they have."
    return f"{_answers(who, known)}{_so_what(session, known)}"


def _answers(who: str, known: Known) -> str:
    """What excites it."""
    of, first = known.of, known.hits[0]
    if known.classes is None:
        return (
            f"Of {known.searched:,} {of.noun}s {of.name(first.image)} excites {who[0].lower()}{who[1:]} most "
            f"({number(first.value)})"
        )
    names, means = known.classes
    best = means.best
    what = f"{names[best]}s" if len(names[best]) == 1 else f"pictures of {names[best]}"
    text = f"{who} answers most to {what}, {number(float(means.means[best]))} on average"
    return text if means.others is None else f"{text} against {number(means.others)} to the others"


def _so_what(session: Session, known: Known) -> str:
    """What the scores lose without it."""
    if known.mute:
        return f". {known.mute}"
    found = known.effects
    if found is None:
        return "."
    names = session.network.classes
    if found.own is not None:
        return f"; it is itself the logit of {names[found.own]}."
    up, down = found.speaks_for, found.speaks_against
    changes = [(up, "falls"), (down, "rises")]
    parts = [
        f"of {names[index]} {what} by {number(abs(float(found.drops[index])))}"
        for index, what in changes
        if (found.drops[index] > 0) == (what == "falls") and found.drops[index] != 0
    ]
    if not parts:
        return "; without it no class score changes."
    return f"; without it the logit {', that '.join(parts)}."


def note(session: Session, known: Known) -> str:
    """How it was measured; plain text."""
    of, parts = known.of, []
    if known.answers is not None:
        text = f"Answers: the unit's largest activation in each of {known.answers.values.size:,} {of.noun}s"
        parts.append(text + f", {answer.percent(known.answers.silent)} exactly 0.")
    if known.effects is not None and known.effects.own is None:
        pictures = known.effects.pictures
        parts.append(
            f"For or against: what a logit loses when it is off, on average over the {pictures} of them "
            + ("that excite it most." if pictures > 1 else "that excites it.")
        )
    if known.answering is not None and known.answering.constant.any():
        count = int(known.answering.constant.sum())
        parts.append(f"{count} unit{'s' if count > 1 else ''} of the layer never change{'s' if count == 1 else ''}.")
    if known.found is not None and known.answering is None:
        parts.append(f"Units are compared by their answers from {LEAST} pictures on.")
    if known.weighing is None:
        parts.append(f"{session.layer.name} has no filters of its own to compare.")
    if session.transform != Transform(shuffle=session.network.shuffle):
        parts.append(f"The {of.noun}s are searched as they are.")
    return " ".join(parts) + index_job.unread(of, known.found)


def standing(known: Known) -> str:
    """Where the present picture stands among those that were searched; plain text."""
    if known.answers is None:
        return f"This picture: {number(known.here)}"
    if known.answers.constant:
        return f"{number(float(known.answers.values[0]))} to all of them"
    if known.here == 0:
        return f"This picture: 0, as {answer.percent(known.answers.silent)} of them"
    share = known.answers.below(known.here)
    return f"This picture: {number(known.here)}, above {answer.percent(share)} of them"
