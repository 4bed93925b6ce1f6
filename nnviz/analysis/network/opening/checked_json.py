"""JSON from a stranger: its depth and its number of parts are known before it is parsed."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from nnviz.analysis.network.opening.limits import MIB
from nnviz.errors import NnvizError

_DEEPEST = 200
_MOST_PARTS = 2_000_000
"""Lists, objects and commas. Each takes up to 100 bytes as a Python object; the largest network of
`keras.applications` has 100,000."""
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Possessive: what is not given back need not be kept in mind, a hundred bytes a letter."""
_LARGEST = 32 * MIB
_NO_MARKS = bytes(byte for byte in range(256) if byte not in b"[]{},")


def parse(text: bytes) -> dict[str, Any]:
    """The JSON object in a text. Raises NnvizError where it is none, or is deeper or larger than a config can be."""
    if len(text) > _LARGEST:
        raise NnvizError(f"A config of at most {_LARGEST // MIB} MB was expected, and this one is larger.")
    marks = np.frombuffer(_STRING.sub(b"", text).translate(None, _NO_MARKS), np.uint8)
    if len(marks) > _MOST_PARTS:
        raise NnvizError(f"A config of at most {_MOST_PARTS:,} parts was expected, and this one has more.")
    steps = np.isin(marks, tuple(b"[{")).astype(np.int32) - np.isin(marks, tuple(b"]}"))
    if len(steps) and steps.cumsum().max() > _DEEPEST:
        raise NnvizError(f"A config nested at most {_DEEPEST} deep was expected, and this one is deeper.")
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair can be no name
    except NnvizError:
        raise
    except (ValueError, RecursionError) as error:
        raise NnvizError("A config in sound JSON was expected, and this one is damaged.") from error
    if not isinstance(found, dict):
        raise NnvizError(f"A config that is a JSON object was expected, and this one is a {type(found).__name__}.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NnvizError("A config that says each thing once was expected, and this one repeats a key.")
    return found


def _constant(name: str) -> float:
    if name == "NaN":
        raise NnvizError("A config of numbers was expected, and this one holds NaN.")
    return float(name)
