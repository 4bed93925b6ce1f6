"""Dossier: all that is known of one unit, on one screen."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.receptive import Field
from nnviz.figures.answers import answer_histogram
from nnviz.figures.words import number, span
from nnviz.pages.dossier import bars, pictures, preferred
from nnviz.pages.dossier.facts import EFFECTS, HITS, LEAST, UnitFacts, unit_facts
from nnviz.shell import controls, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.shell.target_words import score_words, unit_name
from nnviz.views import answer, chart
from nnviz.views.search import index_job
from nnviz.views.search.image_sets import what_for
from nnviz.views.search.patch_panels import gone

COLUMNS = (4.2, 7.3, 5.5)
"""Shares of the width, of both rows: what stands below each other belongs together."""
ABOVE, BELOW, TWO_ROWS = 0.34, 0.335, 0.36
"""Shares of the window's height: the two rows of pictures, and the units alike where these stand in two rows."""
MOST_ROWS, MOST_NAMES = 8, 5
"""Pictures that are told one by one, and classes that are named in the caption."""


def render(session: Session) -> None:
    """Draw the page."""
    options = [layer for layer in controls.informative_layers(session.network.layers) if layer.index]
    with head(PAGE, lambda: controls.study(session, options)):
        pass
    if session.layer.index == 0:
        _picture(session)
        return
    of = index_job.among(session)
    index = index_job.begun(session, of)
    seen = unit_facts(session, of, index)
    liked = preferred.preferred(session, wait=index.busy)
    here, there = pictures.fields(session, of)
    _above(session, seen, here, there)
    _below(session, seen, there, liked, wait=index.busy)
    caption(sentence(session, seen))
    # In one row: a bar that is not there would still take the gap below the line.
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium", key="dossier-said")
    with index_job.beside(session), row:
        busy = index.busy or seen.measuring or (liked is not None and liked.busy)
        lost = gone(session.network, session.key, of, seen.hits)
        small("" if busy else note(session, seen) + lost)
        if liked is not None and liked.halted and liked.found is not None:
            preferred.button(session, liked)
        index_job.bar(index)
        jobs.progress_bar(EFFECTS)
        jobs.progress_bar(preferred.JOB, redraw=1.0)


def _above(session: Session, seen: UnitFacts, here: Field | None, there: Field | None) -> None:
    unit, patches, answers = st.columns(COLUMNS, gap="medium")
    with unit:
        pictures.unit(session, here, ABOVE)
    with patches:
        pictures.patches(session, seen, there, ABOVE)
    with answers:
        _answers(session, seen)


def _answers(session: Session, seen: UnitFacts) -> None:
    """How strongly it answers: to many pictures as a histogram, to a few one by one."""
    if seen.answers is None or seen.found is None:
        return
    small(html("<b>How strongly it answers</b><br>{}", standing(seen)))
    if seen.answers.constant:
        return
    if seen.answers.values.size >= LEAST:
        chart.plot(answer_histogram(seen.answers.values, seen.here, height=300), "dossier-answers")
        return
    values = seen.found.maxima[session.layer.name][:, session.unit]
    order = [int(row) for row in np.argsort(-values, kind="stable")[:MOST_ROWS]]
    names = [seen.of.name(int(seen.found.sampled[row])) for row in order]
    marked = names.index(session.picture.name) if session.picture.name in names else None
    bars.one_by_one(names, values[order], marked)


def _below(session: Session, seen: UnitFacts, there: Field | None, liked: Job | None, wait: bool) -> None:
    best, classes, like = st.columns(COLUMNS, gap="medium")
    with best:
        preferred.draw(session, liked, wait, BELOW)
    with classes:
        if seen.mute:
            small(seen.mute)
        else:
            bars.classes(session, seen)
    with like:
        pictures.alike(session, seen, there, TWO_ROWS)


def _picture(session: Session) -> None:
    """The input: it has no units that have learned anything."""
    pictures.unit(session, None, ABOVE + BELOW)
    rows, columns = session.fitted.pixels.shape[:2]
    caption(
        f"This is the picture as the network gets it, {rows}x{columns} pixels: pick a layer, and a unit of it, "
        "to see what is known of it."
    )


def sentence(session: Session, known: UnitFacts) -> str:
    """What the unit answers to, and what comes of it; plain text."""
    who, of = unit_name(session.network, session.layer.name, session.unit), known.of
    who = who[0].upper() + who[1:]
    if known.answers is None or known.found is None:
        return f"{who} answers to this picture with {number(known.here)}; the {of.noun}s are being searched."
    if not known.hits:
        return f"{who} is silent on all of {known.searched:,} {of.noun}s: it has learned nothing that they have."
    return f"{_excites(who, known)}{_so_what(session, known)}"


def _excites(who: str, known: UnitFacts) -> str:
    """What excites it."""
    of, first = known.of, known.hits[0]
    equal = [hit for hit in known.hits if number(hit.value) == number(first.value)]
    if known.classes is None and len(equal) > 1:
        most = f"{'At least ' * (len(equal) == HITS)}{len(equal)} of {known.searched:,} {of.noun}s"
        return f"{most} excite {who[0].lower()}{who[1:]} alike ({number(first.value)})"
    if known.classes is None:
        return (
            f"Of {known.searched:,} {of.noun}s {of.title(first.image)} excites {who[0].lower()}{who[1:]} most "
            f"({number(first.value)})"
        )
    names, means = known.classes
    alike = means.alike
    reached = span(float(means.means[alike[-1]]), float(means.means[alike[0]]))
    if len(alike) == 1:
        what = f"{names[alike[0]]}s" if len(names[alike[0]]) == 1 else f"pictures of {names[alike[0]]}"
        text = f"{who} answers most to {what}, {number(float(means.means[alike[0]]))} on average"
        return text if means.others is None else f"{text} against {number(means.others)} to the others"
    if means.others is None:
        return f"{who} answers alike to all {len(alike)} classes, {reached} on average"
    text = f"{who} answers alike to {_listed([names[at] for at in alike])}, {reached} on average"
    return f"{text} against {number(means.others)} to the others"


def _listed(names: list[str]) -> str:
    """A few names, and how many more."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _so_what(session: Session, known: UnitFacts) -> str:
    """Which classes it speaks for and against: by how much stands in the bars."""
    if known.mute:
        return f". {known.mute}"
    found = known.effects
    if found is None:
        return "."
    names = session.network.classes
    if found.own is not None:
        return f"; it is itself {score_words(session.network, found.own)}."
    up, down = found.speaks_for, found.speaks_against
    parts = [f"for {names[up]}"] * bool(found.drops[up] > 0) + [f"against {names[down]}"] * bool(found.drops[down] < 0)
    return f"; it speaks most {' and '.join(parts)}." if parts else "; without it no class score changes."


def note(session: Session, known: UnitFacts) -> str:
    """How it was measured; plain text."""
    of, parts = known.of, []
    if known.answers is not None:
        text = f"Answers: the unit's largest activation in each of {known.answers.values.size:,} {of.noun}s"
        silent = f", {answer.percent(known.answers.silent)} exactly 0" if known.answers.silent else ""
        parts.append(f"{text}{silent}.")
    if known.effects is not None and known.effects.own is None:
        pictures = known.effects.pictures
        score = "a logit" if session.network.output.shares else "an output"
        parts.append(
            f"For or against: what {score} loses when it is off, on average over the {pictures} of them "
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
    return " ".join(parts) + index_job.unread(of, known.found) + what_for(session.network, of)


def standing(known: UnitFacts) -> str:
    """Where the present picture stands among those that were searched; plain text."""
    if known.answers is None:
        return f"This picture: {number(known.here)}"
    if known.answers.constant:
        return f"{number(float(known.answers.values[0]))} to all of them"
    if known.here == 0:
        return f"This picture: 0, as {answer.percent(known.answers.silent)} of them"
    share = known.answers.below(known.here)
    return f"This picture: {number(known.here)}, above {answer.percent(share)} of them"


PAGE = Page(
    "Dossier",
    ":material/badge:",
    "dossier",
    "Why?",
    render,
    reading=(
        Reading("Network dissection", "Bau et al. 2017", "https://arxiv.org/abs/1704.05796"),
        Reading("Multimodal neurons", "Goh et al. 2021", "https://distill.pub/2021/multimodal-neurons/"),
    ),
)
