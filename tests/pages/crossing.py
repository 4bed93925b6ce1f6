"""Full crosses, of which each run takes a share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest


def crossed(rows: Iterable[str], columns: Sequence[str], each: int) -> Iterator[object]:
    """Parameters (row, columns) of all pairs: `each` columns of a row are tried every time, the others with `-m full`.

    Which ones moves on from row to row, so that every column meets some of the rows.
    """
    for at, row in enumerate(rows):
        now = [columns[(at * each + step) % len(columns)] for step in range(min(each, len(columns)))]
        yield pytest.param(row, now, id=row)
        yield pytest.param(
            row, [column for column in columns if column not in now], id=f"{row}-rest", marks=pytest.mark.full
        )
