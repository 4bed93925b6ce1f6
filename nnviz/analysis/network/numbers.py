"""Numbers that one gives a network on vectors or tokens: their ranges, and how they are read from text and tables."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import numpy as np

from nnviz.analysis.network.input_format import InputFormat
from nnviz.errors import NnvizError

MOST_BYTES, MOST_ROWS = 5_000_000, 10_000
"""Of a table."""
_SPREADS = 3
"""Standard deviations to either side of the mean that a number is chosen from."""
_BETWEEN = re.compile(r"[\s,;]+")


def ranges(takes: InputFormat, said: bool) -> list[tuple[float, float]]:
    """Least and greatest value to choose for each of a vector's numbers.

    Args:
        takes: what the network takes.
        said: whether a card says how its range is drawn.
    """
    count = len(takes.default)
    if takes.spread:
        return [
            (mean - _SPREADS * spread, mean + _SPREADS * spread)
            for mean, spread in zip(takes.default, takes.spread, strict=True)
        ]
    if said:
        low, high = takes.offset[0], takes.offset[0] + 255 * takes.scale[0]
        return [(min(low, high), max(low, high))] * count
    return [(-float(_SPREADS), float(_SPREADS))] * count


def listed(text: str, takes: InputFormat) -> tuple[float, ...]:
    """The numbers in a text, with blanks, commas or semicolons between them, as the network takes them.

    Raises:
        NnvizError: other than finite numbers; not as many as it takes; for tokens others than there are.
    """
    found = []
    for word in filter(None, _BETWEEN.split(text.strip())):
        number = _number(word)
        if number is None:
            raise NnvizError(f"{_expected(takes)} were expected. Received: {word[:30]!r}.")
        found.append(number)
    return checked(found, takes)


def checked(numbers: Sequence[float], takes: InputFormat) -> tuple[float, ...]:
    """Those numbers, where a network takes so many and such. Raises NnvizError as `listed`."""
    count = takes.shape[1]
    if not numbers or (count is not None and len(numbers) != count):
        raise NnvizError(f"{_expected(takes)} were expected. Received: {len(numbers)}.")
    whole = all(number == int(number) and 0 <= number < takes.vocabulary for number in numbers)
    if takes.kind == "tokens" and not whole:
        raise NnvizError(f"{_expected(takes)} were expected. Received: {', '.join(f'{n:g}' for n in numbers[:6])}.")
    return tuple(float(number) for number in numbers)


def table(content: bytes, takes: InputFormat) -> np.ndarray:
    """The rows (n, numbers) of a table with commas, semicolons, tabs or blanks between its columns.

    Where its first row is no numbers it names the columns, and those with the vector's names are taken, in its order;
    else the first columns that are numbers. A row with a gap is left out.

    Raises:
        NnvizError: too large, or no row of so many numbers.
    """
    count = takes.shape[1] or 1
    expected = f"A table with {count} numbers a row, at most {MOST_BYTES / 1e6:.0f} MB,"
    if len(content) > MOST_BYTES:
        raise NnvizError(f"{expected} was expected. Received: {len(content) / 1e6:,.1f} MB.")
    text = content.decode("utf-8-sig", "replace").replace("\0", "")
    first = text.lstrip().partition("\n")[0]
    # A comma may be a decimal one, a blank may stand in a name.
    between = next((sign for sign in "\t;," if sign in first), " ")
    if between in "\t;":
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=between, skipinitialspace=True) if any(row)]
    except csv.Error as error:
        raise NnvizError(f"{expected} was expected. Received: {error}.") from error
    heads = [] if not rows or any(_number(cell) is not None for cell in rows[0]) else rows.pop(0)
    found: list[list[float]] = []
    for row in rows[:MOST_ROWS]:
        numbers = [_number(cell) for cell in row]
        if heads and set(takes.names) <= set(heads):
            given = [numbers[at] if (at := heads.index(name)) < len(numbers) else None for name in takes.names]
        else:
            given = [*filter(lambda number: number is not None, numbers)][:count]
        if len(given) == count and None not in given:
            found.append([float(number or 0) for number in given])
    if not found:
        shown = ", ".join(rows[0] if rows else heads)[:60]
        raise NnvizError(f"{expected} was expected. Received: {len(rows):,} rows such as {shown!r}.")
    return np.array(found)


def series(rows: np.ndarray, takes: InputFormat) -> np.ndarray:
    """The rows (n, columns) of a table as a series: the first of them, where more than a network takes.

    Raises:
        NnvizError: fewer than it takes.
    """
    steps = takes.shape[0] or len(rows)
    if len(rows) < steps:
        raise NnvizError(f"A table of {steps:,} rows was expected, one a step. Received: {len(rows):,}.")
    return rows[:steps]


def _number(word: str) -> float | None:
    try:
        found = float(word)
    except ValueError:
        return None
    return found if abs(found) <= float(np.finfo(np.float32).max) else None


def _expected(takes: InputFormat) -> str:
    count = takes.shape[1]
    if takes.kind == "tokens":
        return f"{count or 'Some'} tokens, whole numbers from 0 to {takes.vocabulary - 1:,},"
    return f"{count} numbers"
