"""The numbers that a network on vectors is given, as a row of names and values."""

from __future__ import annotations

from markupsafe import Markup

from nnviz.figures.words import number
from nnviz.shell.markup import html, write_html
from nnviz.shell.session import Session

_MOST = 24


def row(session: Session) -> None:
    """Each number under its name, as many as have room; the numbers as a network takes them."""
    takes = session.network.input
    values = [float(value) for value in session.fitted.image.ravel()]
    tokens = takes.kind == "tokens"
    names = takes.names or tuple(str(at) for at in range(len(values)))
    cells = [
        html("<span><i>{}</i><b>{}</b></span>", name, f"{value:.0f}" if tokens else number(value))
        for name, value in list(zip(names, values, strict=True))[:_MOST]
    ]
    more = len(values) - _MOST
    rest = html("<span><i>and {} more</i><b>…</b></span>", f"{more:,}") if more > 0 else Markup()
    label = "Tokens" if tokens else "Numbers"
    write_html(
        '<div class="nn-numbers" role="img" aria-label="{} given to the network">{}</div>',
        label,
        Markup().join(cells) + rest,
    )
