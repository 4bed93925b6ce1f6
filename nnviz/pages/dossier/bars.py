"""Each class beside the unit: what its pictures excite it to, and what its score loses without it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from nnviz.figures.answers import ANSWER
from nnviz.figures.colour import NEGATIVE, POSITIVE
from nnviz.figures.words import number
from nnviz.pages.dossier.facts import UnitFacts
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import small
from nnviz.shell.session import Session

_ALL, _ENDS = 12, 5
"""Classes that are all shown, and of more how many at each end."""


def rows_of(session: Session, known: UnitFacts) -> list[int]:
    """The classes that are shown: all in their order, or of many those that it speaks for and against most."""
    count = len(session.network.classes)
    if count <= _ALL:
        return list(range(count))
    drops = known.effects.drops if known.effects is not None else np.zeros(count)
    order = np.argsort(-drops, kind="stable")
    return [int(index) for index in (*order[:_ENDS], *order[-_ENDS:])]


def classes(session: Session, known: UnitFacts) -> None:
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
    cells = [Markup("<b></b>")]
    if read is not None:
        cells.append(Markup("<b>mean answer</b>"))
    cells.append(Markup("<b>speaks for + or against \u2212</b>"))
    for index in shown:
        cells.append(html('<span class="name">{}</span>', names[index]))
        if read is not None and not read[1].counts[index]:
            cells.append(Markup("<span></span><span></span>"))
        elif read is not None:
            mean = float(means[index])
            cells.append(_two_sided(mean / top) if (means < 0).any() else _bar(0.0, mean / top, ANSWER))
            cells.append(html('<span class="number">{}</span>', number(mean)))
        if drops is None:
            cells.append(Markup('<span class="bar two"></span><span></span>'))
            continue
        drop = float(drops[index])
        cells.append(_two_sided(drop / largest))
        cells.append(html('<span class="number">{}</span>', f"{drop:+.{places}f}".replace("-", "\u2212")))
    _table("three" if read is not None else "two", f"Each class, and what unit {session.unit} has to do with it", cells)


def one_by_one(names: Sequence[str], values: np.ndarray, marked: int | None) -> None:
    """The answers to a few pictures, a bar each."""
    largest = max(float(np.abs(values).max()), 1e-9)
    signed = bool((values < 0).any())
    cells = []
    for at, (name, value) in enumerate(zip(names, values.tolist(), strict=True)):
        cells.append(html('<span class="name{}">{}</span>', " on" if at == marked else "", name))
        cells.append(_two_sided(value / largest) if signed else _bar(0.0, value / largest, ANSWER))
        cells.append(html('<span class="number">{}</span>', number(value)))
    _table("two", "Its answers, a bar each", cells)


def _table(columns: str, label: str, cells: list[Markup]) -> None:
    inner = Markup().join(cells)
    write_html('<div class="nn-speaks {}" role="img" aria-label="{}">{}</div>', columns, label, inner)


def _bar(start: float, width: float, colour: str, kind: str = "") -> Markup:
    bar = '<span class="bar{}"><i style="left:{:.1f}%;width:{:.1f}%;background:{}"></i></span>'
    return html(bar, kind, 100 * start, 100 * width, colour)


def _two_sided(share: float) -> Markup:
    """A bar from the middle: to the right and orange what speaks for the class, to the left and blue what against."""
    width = abs(share) / 2
    start = 0.5 if share >= 0 else 0.5 - width
    return _bar(start, width, POSITIVE if share >= 0 else NEGATIVE, " two")
