"""Numbers as they are read, two decimals, or two figures where those would say nothing; and names as they are."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from markupsafe import escape

_ROUNDING = 1e-6
"""What float32 leaves of a sum that comes to nought, beside the largest of its kind."""


def number(value: float, sign: bool = False, beside: Any = 0.0) -> str:
    """`value` with two decimals, below 0.1 with two significant figures; with `sign`, + or a true minus in front.

    Args:
        beside: the numbers of its kind, such as those of its layer: what is a rounding error beside them is 0.00.
    """
    if abs(value) < _ROUNDING * float(np.max(np.abs(beside), initial=0.0)):
        value = 0.0
    plus = "+" if sign else ""
    text = f"{value:{plus}.2f}" if value == 0 or abs(value) >= 0.1 else f"{value:{plus}.2g}"
    return text.replace("-", "\u2212")


def signed(value: float) -> str:
    """`number` with its sign, plus as well as minus."""
    return number(value, sign=True)


def percent(probability: float) -> str:
    """A probability as it is read aloud, never rounded to a certainty that it is not."""
    if 0.9995 <= probability < 1:
        return "> 99.9%"
    return "< 0.1%" if 0 < probability < 0.0005 else f"{probability:.1%}"


def with_article(name: str) -> str:
    """A name with its article, as a number is read: an 8, an apple."""
    return f"{'an' if name[:1].lower() in set('aeio8') or name in ('11', '18') else 'a'} {name}"


_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def in_reading_order(text: str) -> str:
    """A name without the marks that turn the direction of reading: they would turn the sentence that it stands in."""
    return _TURNS.sub("", text)


def verbatim(text: str) -> str:
    """A name so that Plotly, which reads a few tags and its own %{fields}, shows it letter by letter; not of Markup."""
    return str(escape(in_reading_order(text))).replace("%{", "%&#123;")
