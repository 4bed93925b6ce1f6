"""Each class beside the unit: what its pictures excite it to, and what its score loses without it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from nnviz.figures.answers import ANSWER
from nnviz.figures.colour import NEGATIVE, POSITIVE
from nnviz.figures.words import number
from nnviz.pages.dossier.facts import Known
from nnviz.shell.page import small
from nnviz.shell.session import Session

_ALL, _ENDS = 12, 5
"""Classes that are all shown, and of more how many at each end."""


def rows_of(session: Session, known: Known) -> list[int]:
    """The classes that are shown: all in their order, or of many those that it speaks for and against most."""
    count = len(session.network.classes)
    if count <= _ALL:
        return list(range(count))
    drops = known.effects.drops if known.effects is not None else np.zeros(count)
    order = np.argsort(-drops, kind="stable")
    return [int(index) for index in (*order[:_ENDS], *order[-_ENDS:])]


def classes(session: Session, known: Known) -> None:
    """The bars, as a table."""
    if known.effects is None and len(session.network.classes) > _ALL:
        small("The classes that it speaks for and against are being measured.")
        return
    shown = rows_of(session, known)
    names = session.network.classes
    read = known.classes if known.classes is not None and known.classes[0] == tuple(names) else None
    drops = None if known.effects is None else known.effects.drops
    largest = float(np.abs(drops).max()) if drops is not None and drops.any() else 1.0
    # As many places as tell the largest: on a wide scale the smallest need none of their own.
    places = max(2, 1 - math.floor(math.log10(largest)))
    means = np.zeros(0) if read is None else read[1].means
    top = max(float(np.abs(means).max()), 1e-9) if means.size else 1.0
    cells = ["<b></b>"]
    if read is not None:
        cells.append("<b>mean answer</b>")
    cells.append("<b>speaks for + or against \u2212</b>")
    for index in shown:
        cells.append(f'<span class="name">{html.escape(names[index])}</span>')
        if read is not None and not read[1].counts[index]:
            cells.append("<span></span><span></span>")
        elif read is not None:
            mean = float(means[index])
            cells.append(_two_sided(mean / top) if (means < 0).any() else _bar(0.0, mean / top, ANSWER))
            cells.append(f'<span class="number">{number(mean)}</span>')
        if drops is None:
            cells.append('<span class="bar two"></span><span></span>')
            continue
        drop = float(drops[index])
        cells.append(_two_sided(drop / largest))
        cells.append(f'<span class="number">{drop:+.{places}f}</span>'.replace("-", "\u2212"))
    columns = "three" if read is not None else "two"
    label = f"Each class, and what unit {session.unit} has to do with it"
    st.html(f'<div class="nn-speaks {columns}" role="img" aria-label="{html.escape(label)}">{"".join(cells)}</div>')


def one_by_one(names: Sequence[str], values: np.ndarray, marked: int | None) -> None:
    """The answers to a few pictures, a bar each."""
    largest = max(float(np.abs(values).max()), 1e-9)
    signed = bool((values < 0).any())
    cells = []
    for at, (name, value) in enumerate(zip(names, values.tolist(), strict=True)):
        cells.append(f'<span class="name{" on" if at == marked else ""}">{html.escape(name)}</span>')
        cells.append(_two_sided(value / largest) if signed else _bar(0.0, value / largest, ANSWER))
        cells.append(f'<span class="number">{number(value)}</span>')
    st.html(f'<div class="nn-speaks two" role="img" aria-label="Its answers, a bar each">{"".join(cells)}</div>')


def _bar(start: float, width: float, colour: str) -> str:
    return (
        f'<span class="bar"><i style="left:{100 * start:.1f}%;width:{100 * width:.1f}%;background:{colour}"></i></span>'
    )


def _two_sided(share: float) -> str:
    """A bar from the middle: to the right and orange what speaks for the class, to the left and blue what against."""
    width = abs(share) / 2
    start = 0.5 if share >= 0 else 0.5 - width
    bar = _bar(start, width, POSITIVE if share >= 0 else NEGATIVE)
    return bar.replace('class="bar"', 'class="bar two"')
