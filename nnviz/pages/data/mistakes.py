"""The mistakes: which digits are taken for which, counted over the whole test set, and the surest of them."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.data.confusion import Answers
from nnviz.components.raster import Panel, Place, raster
from nnviz.figures.words import probability
from nnviz.pages.data import results
from nnviz.pages.data.opening import number_of, open_digit
from nnviz.shell import address
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session

SHOWN = 20
Pair = tuple[int | None, int | None]


def pair() -> Pair:
    """The class and what it was read as, of the digits that are shown; None stands for any."""
    found = re.fullmatch(r"([0-9]|any)-([0-9]|any)", address.read().get("pair", "any-any"))
    if found is None:
        return None, None
    label, said = (None if text == "any" else int(text) for text in found.groups())
    return label, said


def render(session: Session) -> None:
    """Draw the view."""
    found = results.counted(session)
    if found is None:
        caption(_instead(session))
        results.bars(results.ANSWERS)
        return
    label, said = pair()
    right = label is not None and label == said
    numbers = found.read_as(label, said) if right else found.mistakes(label, said)  # type: ignore[arg-type]
    left, other = st.columns([0.5, 0.5], gap="medium")
    with left:
        _matrix(session, found, (label, said))
    with other:
        _gallery(session, found, numbers, _which(label, said))
    caption(_sentence(session, found))
    small(
        "Rows: what it is. Columns: what it is read as. Blue is right, orange wrong. Last column: recall, last row: "
        "precision, in percent. Pick a cell or a class, then a digit to open it."
    )
    results.bars(results.ANSWERS)


def cells(found: Answers) -> tuple[np.ndarray, list[str], list[str], float]:
    """The matrix with its margins: values (12, 12), what stands in the cells and what they are called, and the most
    mistakes of one kind. Right answers are below zero, so that they are blue and mistakes orange."""
    counts = found.matrix
    wrong = counts * (1 - np.eye(10, dtype=int))
    most = float(max(wrong.max(), 1))
    values = np.zeros((12, 12), np.float32)
    texts, names = [[""] * 12 for _ in range(12)], [["" for _ in range(12)] for _ in range(12)]
    texts[0][11], texts[11][0], texts[0][0] = "%", "%", "all"
    names[0][0] = "all mistakes"
    for a in range(10):
        texts[0][a + 1] = texts[a + 1][0] = str(a)
        names[0][a + 1], names[a + 1][0] = f"all that is wrongly read as {a}", f"all {a}s that are read wrongly"
        for column, share, what in ((True, found.recall[a], "recall"), (False, found.precision[a], "precision")):
            row, at = (a + 1, 11) if column else (11, a + 1)
            texts[row][at] = "" if np.isnan(share) else f"{100 * share:.1f}"
            names[row][at] = f"{what} of {a}, percent"
        for b in range(10):
            values[a + 1, b + 1] = -most * (counts[a, a] / max(counts[a].sum(), 1)) if a == b else counts[a, b]
            texts[a + 1][b + 1] = str(counts[a, b]) if counts[a, b] else ""
            names[a + 1][b + 1] = f"{counts[a, b]} {a}s read as {b}"
    return values, [*chain(*texts)], [*chain(*names)], most


def _matrix(session: Session, found: Answers, chosen: Pair) -> None:
    values, texts, names, most = cells(found)
    number = number_of(session.picture.name)
    marks = []
    if number is not None:
        marks = [Place(0, 0, int(found.labels[number]) + 1, int(found.said[number]) + 1)]
    row, column = (0 if each is None else each + 1 for each in chosen)
    raster(
        [
            Panel(
                values[None],
                "diverging",
                (-most, most),
                title=f"{len(found.labels):,} test digits",
                names=names,
                units=144,
                texts=texts,
                numbers=True,
                most=760,
                pick="cell",
            )
        ],
        key="data-confusion",
        alt=f"Confusion matrix: {found.correct:,} of {len(found.labels):,} test digits are read rightly",
        picked=Place(0, 0, row, column),
        marks=marks,
        height=0.66,
        least=40,
        on_pick=_choose,
    )


def _choose(place: Place) -> None:
    row, column = place.row or 0, place.column or 0
    if row > 10 or column > 10:
        return
    label, said = ("any" if at == 0 else str(at - 1) for at in (row, column))
    address.write(pair=None if (label, said) == ("any", "any") else f"{label}-{said}")


def _gallery(session: Session, found: Answers, numbers: np.ndarray, which: str) -> None:
    if not len(numbers):
        small(f"None of the {len(found.labels):,} test digits is {which}.")
        return
    shown = numbers[:SHOWN]
    right = bool((found.labels[shown] == found.said[shown]).all())
    how = f"all {len(numbers)}"
    if len(numbers) > len(shown):
        how = f"the {'least sure' if right else 'surest'} {len(shown)} of {len(numbers):,}"
    number = number_of(session.picture.name)
    raster(
        [
            Panel(
                digits.test_set()[0][shown].astype(np.float32),
                "grey",
                (0, 255),
                title=f"{which.capitalize()}: {how}",
                labels=[f"{found.labels[i]} → {found.said[i]}, {_short(float(found.sure[i]))}" for i in shown],
                names=[f"test digit {i}" for i in shown],
                most=168,
                columns=5,
                pick="tile",
            )
        ],
        key="data-mistakes",
        alt=f"Test digits {which}, {how}",
        picked=next((Place(0, at, 0, 0) for at, each in enumerate(shown) if each == number), None),
        height=0.7,
        least=40,
        on_pick=lambda place: open_digit(int(shown[place.tile])),
    )


def _short(share: float) -> str:
    return "> 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _which(label: int | None, said: int | None) -> str:
    if label is not None and label == said:
        return f"{label}s read rightly"
    who = "mistakes" if label is None else f"{label}s"
    return f"{who} read as {said}" if said is not None else who if label is None else f"{who} read wrongly"


def _sentence(session: Session, found: Answers) -> str:
    counts = found.matrix
    wrong = counts * (1 - np.eye(10, dtype=int))
    label, said = np.unravel_index(wrong.argmax(), wrong.shape)
    text = f"{session.name} reads {found.correct:,} of {len(found.labels):,} test digits"
    if not wrong.any():
        return text + " and makes no mistake."
    surest = int(found.mistakes()[0])
    text += (
        f"; most often it takes a {label} for a {said} ({wrong[label, said]} times). Its surest mistake: test digit "
    )
    text += f"{surest}, a {found.labels[surest]} that it calls a {found.said[surest]}"
    return f"{text} ({probability(float(found.sure[surest]))})."


def _instead(session: Session) -> str:
    names = session.network.classes
    if digits.read_by(session.network):
        return f"{session.name} is reading the 10,000 test digits."
    what = "one output that is no class" if len(names) == 1 else f"{len(names):,} classes of its own"
    return (
        f"{session.name} has {what}, so it cannot take one of the 10,000 test digits for another; "
        "the map and the neighbours show how it sees them."
    )
