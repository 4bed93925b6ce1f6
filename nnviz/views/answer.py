"""The answer: as bars or numbers, in large letters, in words, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from nnviz.analysis.data import digits
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.figures.curves import COLOURS
from nnviz.figures.words import number, percent, probability, with_article
from nnviz.shell import library
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views import places


def ink(network: Network) -> str:
    """The colour of a net's own answer, as everywhere: orange of an MLP, blue of a CNN."""
    return COLOURS[int(any(layer.convolution for layer in network.layers))]


def bars(
    names: Sequence[str],
    values: np.ndarray,
    numbers: Sequence[str],
    marked: int | None = None,
    second: tuple[str, Sequence[str]] | None = None,
    heading: str = "",
    *,
    colour: str,
) -> None:
    """Bars, one a class, from 0 to 1, with their numbers; `second` is one more column of numbers with its title,
    `heading` the title of the numbers, `colour` that of the bars (see `ink`)."""
    titles, cells = Markup(), [Markup()] * len(names)
    if second is not None:
        titles = html(
            '<span></span><span class="number">{}</span><span></span><span class="number">{}</span>', second[0], heading
        )
        cells = [html('<span class="number">{}</span>', text.replace("-", chr(0x2212))) for text in second[1]]
    rows = [
        html(
            '<span class="name{on}">{name}</span>{cell}'
            '<span class="bar"><div style="width:{share:.1f}%;background:{colour}"></div></span>'
            '<span class="number">{number}</span>',
            colour=colour,
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


def compared(session: Session, now: np.ndarray, titles: tuple[str, str], count: int = 4) -> None:
    """The answer as trained beside another, the strongest classes of both.

    Args:
        now: (K,), the other answer; its bars are drawn.
        titles: of the two columns of numbers.
    """
    network, was = session.network, session.trace.probabilities
    order = np.argsort(-np.maximum(was, now), kind="stable")[:count]
    head = html('<span></span><span class="number">{}</span><span></span><span class="number">{}</span>', *titles)
    cells = [head]
    for i in order:
        wide = 100 * float(now[i]) if network.output.shares else 0.0
        bar = html('<span class="bar"><div style="width:{:.1f}%;background:{}"></div></span>', wide, ink(network))
        share = bar if network.output.shares else Markup("<span></span>")
        cells += [
            html('<span class="name">{}</span>', session.class_name(i)),
            html('<span class="number">{}</span>{}', value(network, float(was[i])), share),
            html('<span class="number">{}</span>', value(network, float(now[i]))),
        ]
    inner = Markup().join(cells)
    write_html('<div class="nn-answer wide" role="img" aria-label="The answer before and after">{}</div>', inner)


def large(session: Session) -> tuple[str, str, str]:
    """What stands in large letters: what is said before it, the answer, and whether it is right."""
    heading = "" if session.network.output.placed else _HEADINGS[session.network.output.kind]
    told = verdict(session)
    return heading, "" if session.network.output.placed else _large(session), f"{told.striptags()}." if told else ""


_HEADINGS = {
    "classes": "The net says",
    "labels": "The net says, each label by itself",
    "number": "The net gives one number",
    "numbers": "The net gives, among others",
}
_ROOM = 40
"""Letters of an answer that a sentence holds."""
_MOST = 12
"""Numbers that are shown of many."""


def few(session: Session) -> None:
    """The five likeliest classes as bars."""
    trace = session.trace
    order = np.argsort(-trace.logits, kind="stable")[:5]
    bars(
        [session.network.classes[index] for index in order],
        trace.probabilities[order],
        [probability(trace.probabilities[index]) for index in order],
        colour=ink(session.network),
    )


def numbers(network: Network, trace: Trace, marked: int | None = None) -> None:
    """The first of several numbers with their names, and the marked one."""
    shown = [*range(min(trace.logits.size, _MOST))]
    if marked is not None and marked not in shown:
        shown[-1] = marked
    cells = [
        html(
            '<span class="name{}">{}</span><span class="number">{}</span>',
            " on" if index == marked else "",
            network.classes[index],
            value(network, float(trace.probabilities[index])),
        )
        for index in shown
    ]
    write_html('<div class="nn-numbers" role="group" aria-label="The numbers">{}</div>', Markup().join(cells))
    if trace.logits.size > len(shown):
        small(f"{len(shown)} of {trace.logits.size:,} numbers.")


def value(network: Network, answer: float) -> str:
    """One number of the answer as it is read: a probability in percent, a number with its unit."""
    if network.output.shares:
        return probability(answer)
    return f"{number(answer)} {network.output.unit}".rstrip()


def said(session: Session) -> str:
    """The answer in a few words: the class that wins with its probability, the labels, the numbers, what is drawn."""
    return said_of(session.network, session.trace)


def said_of(network: Network, trace: Trace) -> str:
    """The same of any trace."""
    kind, found, names = network.output.kind, trace.probabilities, network.classes
    if kind == "number":
        return value(network, float(found[0]))
    if kind == "numbers":
        first = ", ".join(f"{names[at]} {value(network, float(found[at]))}" for at in range(min(3, found.size)))
        return f"{first} and {found.size - 3} more" if found.size > 3 else first
    if kind == "labels":
        return _labels(network, trace)
    if network.output.placed:
        return places.said(network, trace)
    return f"{names[trace.winner]} ({probability(float(found[trace.winner]))})"


def _labels(network: Network, trace: Trace) -> str:
    held = [int(index) for index in np.argsort(-trace.logits, kind="stable") if trace.logits[index] > 0]
    if not held:
        share = probability(float(trace.probabilities[trace.winner]))
        nearest = f"{network.classes[trace.winner]} comes nearest, {share}"
        return f"none of its {trace.logits.size} labels ({nearest})"
    told = [f"{network.classes[index]} ({probability(float(trace.probabilities[index]))})" for index in held[:3]]
    return ", ".join(told) + (f" and {len(held) - 3} more labels" if len(held) > 3 else "")


def _large(session: Session) -> str:
    network, trace = session.network, session.trace
    if network.output.kind == "labels":
        held = [network.classes[int(at)] for at in np.argsort(-trace.logits, kind="stable") if trace.logits[at] > 0]
        return ", ".join(held[:3]) + (f" +{len(held) - 3}" if len(held) > 3 else "") or "none"
    if network.output.kind == "number":
        return value(network, float(trace.probabilities[0]))
    if network.output.kind == "numbers":
        return value(network, float(trace.probabilities[session.class_index]))
    return session.class_name(trace.winner)


def verdict(session: Session) -> Markup:
    """Whether the answer is right, where the picture's class is one of this network's; else nothing."""
    label = library.label_in(session.network, session.picture)
    if label is None or session.network.output.kind != "classes":
        return Markup()
    right = label == session.class_name(session.trace.winner)
    return Markup("and is right") if right else html("and is <b>wrong</b>: it is {}", with_article(label))


def read_as(session: Session) -> str:
    """How the answer is read where no card says it, and on what a verdict rests then; "" where a card does."""
    return " ".join(filter(None, (session.network.output.found, _tried(session))))


def _tried(session: Session) -> str:
    """On what a verdict rests that no card allows."""
    if not session.picture.digit or digits.said(session.network) or not digits.read_by(session.network):
        return ""
    share = digits.found(session.network)
    return f"It has no card that says so, but it reads {percent(share)} of {digits.TRIED} test digits rightly."
