"""Numbers as they are read, two decimals, or two figures where those would say nothing; ranks; and names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

_ROUNDING = 1e-6
"""What float32 leaves of a sum that comes to nought, beside the largest of its kind."""


def number(value: float, sign: bool = False, beside: Any = 0.0) -> str:
    """`value` with two decimals, below 0.1 with two significant figures; with `sign`, + or a true minus in front.

    Args:
        beside: the numbers of its kind, such as those of its layer: what is a rounding error beside them is 0.00.
    """
    if abs(value) < _ROUNDING * float(np.max(np.abs(beside), initial=0.0)):
        value = 0.0
    value += 0.0  # no minus in front of nought
    plus = "+" if sign else ""
    text = f"{value:{plus}.2f}" if value == 0 or abs(value) >= 0.1 else f"{value:{plus}.2g}"
    return text.replace("-", "\u2212")


def signed(value: float) -> str:
    """`number` with its sign, plus as well as minus."""
    return number(value, sign=True)


def percent(share: float, decimals: int = 1) -> str:
    """A share that was counted, as it is read aloud: 100% is all of them and 0% none, never what rounds to it."""
    text, least = f"{share:.{decimals}%}", 10.0**-decimals
    if share < 1 and float(text[:-1]) >= 100:
        return f"> {100 - least:.{decimals}f}%"
    return f"< {least:.{decimals}f}%" if share > 0 and float(text[:-1]) == 0 else text


def probability(value: float) -> str:
    """A probability as it is read aloud: a softmax is never certain, and a 1 or 0 of it is one that float32 rounded."""
    return "> 99.9%" if value >= 1 else "< 0.1%" if value <= 0 else percent(value)


def told_apart(one: float, other: float, sign: bool = False) -> tuple[str, str]:
    """Two numbers that stand side by side, with the decimals that it takes to tell them apart."""
    words = number(one, sign), number(other, sign)
    if one == other or words[0] != words[1]:
        return words
    plus = "+" if sign else ""
    for decimals in range(3, 10):
        first, second = (f"{value:{plus}.{decimals}f}".replace("-", "\u2212") for value in (one, other))
        if first != second:
            return first, second
    return words


def span(low: float, high: float) -> str:
    """The two ends of a range of values or of a colour scale: "\u22120.27 to 0.27"; one where they read alike."""
    ends = number(low), number(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def ordinal(count: int) -> str:
    """A rank as it is written: 1st, 2nd, 3rd, 11th, 1,022nd."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if count % 100 in (11, 12, 13) else ends.get(count % 10, "th")
    return f"{count:,}{end}"


def rank(values: np.ndarray, index: int) -> str | None:
    """Where a value stands among all, from the largest down: "1st of 16"; None where others are equal to it.

    A rank among ties would tell of an order that there is not: of 196 cells that ReLU set to zero none is the 41st.

    Args:
        values: of any shape; they are taken flat.
        index: flat index into them.
    """
    flat = np.asarray(values).ravel()
    if np.count_nonzero(flat == flat[index]) > 1:
        return None
    return f"{ordinal(int(np.count_nonzero(flat > flat[index])) + 1)} of {flat.size:,}"


def standing(values: np.ndarray, index: int) -> str:
    """`rank` where there is one, else how many others are equal: "1st of 16", "equal to 3 others of 16"."""
    flat = np.asarray(values).ravel()
    others = int(np.count_nonzero(flat == flat[index])) - 1
    return rank(flat, index) or f"equal to {others:,} other{'s' if others > 1 else ''} of {flat.size:,}"


def shortened(names: Sequence[str], room: int) -> list[str]:
    """Names in at most `room` letters each, cut where that keeps them apart: at the end, in the middle, or in front.

    Where none of these does, they stand as they are: a name that could be another's is worse than a long one.
    """
    for cut in (_end_cut, _middle_cut, _front_cut):
        found = [name if len(name) <= room else cut(name, room) for name in names]
        if len(set(found)) == len(set(names)):
            return found
    return list(names)


def _end_cut(name: str, room: int) -> str:
    return f"{name[: room - 1]}\u2026"


def _middle_cut(name: str, room: int) -> str:
    left = room // 2
    return f"{name[:left]}\u2026{name[left + 1 - room :]}"


def _front_cut(name: str, room: int) -> str:
    return f"\u2026{name[1 - room :]}"


def with_article(name: str) -> str:
    """A name with its article, as a number is read: an 8, an apple."""
    return f"{'an' if name[:1].lower() in set('aeio8') or name in ('11', '18') else 'a'} {name}"


_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def in_reading_order(text: str) -> str:
    """A name without the marks that turn the direction of reading: they would turn the sentence that it stands in."""
    return _TURNS.sub("", text)


def verbatim(text: str) -> str:
    """A name so that Plotly, which reads a few tags and its own %{fields}, shows it letter by letter; not of Markup."""
    shown = text if isinstance(text, Markup) else escape(in_reading_order(text))
    return str(shown).replace("%{", "%&#123;")
