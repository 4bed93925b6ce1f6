"""The answer: as bars, in large letters, in words, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.figures.words import number
from nnviz.shell.markup import html, write_html
from nnviz.shell.session import Session


def bars(
    names: Sequence[str],
    values: np.ndarray,
    numbers: Sequence[str],
    marked: int | None = None,
    second: tuple[str, Sequence[str]] | None = None,
    heading: str = "",
) -> None:
    """Bars, one a class, from 0 to 1, with their numbers; `second` is one more column of numbers with its title,
    `heading` the title of the numbers."""
    titles, cells = Markup(), [Markup()] * len(names)
    if second is not None:
        titles = html(
            '<span></span><span class="number">{}</span><span></span><span class="number">{}</span>', second[0], heading
        )
        cells = [html('<span class="number">{}</span>', text.replace("-", chr(0x2212))) for text in second[1]]
    rows = [
        html(
            '<span class="name{on}">{name}</span>{cell}'
            '<span class="bar"><div style="width:{share:.1f}%"></div></span><span class="number">{number}</span>',
            on=" on" if index == marked else "",
            name=name,
            cell=cells[index],
            share=100 * min(max(float(value), 0.0), 1.0),
            number=number,
        )
        for index, (name, value, number) in enumerate(zip(names, values, numbers, strict=True))
    ]
    wide = " wide" if second is not None else ""
    inner = titles + Markup().join(rows)
    write_html('<div class="nn-answer{}" role="img" aria-label="Answer as bars">{}</div>', wide, inner)


def says(session: Session) -> None:
    """What the net says in large letters, and the five likeliest classes as bars."""
    trace = session.trace
    name = session.class_name(trace.winner) if trace.logits.size > 1 else number(float(trace.logits[0]))
    long = len(name) > 7
    big, right_side = st.columns([2 if long else 1, 3], gap="small")
    with big:
        size = html(' style="font-size:{}rem"', "2" if len(name) <= 24 else "1.4") if long else ""
        write_html('<div class="nn-small">The net says</div><div class="nn-big"{}>{}</div>', size, name)
        if right := verdict(session):
            write_html('<p class="nn-small">{}.</p>', right)
    with right_side:
        order = np.argsort(-trace.logits, kind="stable")[:5]
        bars(
            [session.network.classes[index] for index in order],
            trace.probabilities[order],
            [percent(trace.probabilities[index]) for index in order],
        )


def said(session: Session) -> str:
    """The answer: the class that wins with its probability, or the number where there is only one output."""
    trace = session.trace
    if trace.logits.size == 1:
        return number(float(trace.logits[0]))
    return f"{session.class_name(trace.winner)} ({percent(float(trace.probabilities[trace.winner]))})"


def verdict(session: Session) -> Markup:
    """Whether the answer is right, where the picture's class is known to the network; else nothing."""
    label = session.picture.label
    if label is None or session.trace.logits.size == 1 or label not in session.network.classes:
        return Markup()
    right = label == session.class_name(session.trace.winner)
    return Markup("and is right") if right else html("and is <b>wrong</b>: it is a {}", label)


def percent(probability: float) -> str:
    """A probability as it is read aloud, never rounded to a certainty that it is not."""
    if 0.9995 <= probability < 1:
        return "> 99.9%"
    return "< 0.1%" if 0 < probability < 0.0005 else f"{probability:.1%}"
