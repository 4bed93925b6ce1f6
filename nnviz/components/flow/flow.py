"""The flow component: columns of nodes, some with a small picture, and between them ribbons as wide as what flows.

What adds is orange, what takes away is blue; all widths are in one scale. What travels is one packed header
(`parts.buffer`) with the pictures as data URLs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from nnviz.components.parts import buffer, component


@dataclass(frozen=True)
class Node:
    """Where flows begin or end.

    Attributes:
        id: by which ribbons name it; the same after a change, so that it moves to its new place.
        label: beside it.
        note: a number or two below the label.
        tip: lines that are said under the pointer.
        picture: data URL of a small square picture, or "".
        kind: "score" has a bar of its own with what all that flows in comes to (`value`).
        value: of a score.
        pick: what is reported when it is picked; None where it cannot be.
        picked: whether it has the outline.
        box: (top, left, rows, columns) that it stands for in the `Whole`, in its cells; None for nothing there.
        sum: of a score how it adds up, in words, the last line of its label.
    """

    id: str
    label: str = ""
    note: str = ""
    tip: Sequence[str] = ()
    picture: str = ""
    kind: Literal["node", "score"] = "node"
    value: float = 0.0
    pick: int | None = None
    picked: bool = False
    box: tuple[float, float, float, float] | None = None
    sum: str = ""


@dataclass(frozen=True)
class Column:
    """Nodes below each other, and the two lines that stand above them."""

    title: str
    note: str
    nodes: Sequence[Node]


@dataclass(frozen=True)
class Ribbon:
    """What flows from one node to another: above zero it adds, below it takes away."""

    start: str
    end: str
    value: float
    tip: str = ""


@dataclass(frozen=True)
class Whole:
    """The picture whose places the first column names: data URL, rows and columns of its cells, and its title."""

    picture: str
    rows: int
    columns: int
    title: str


def flow(
    columns: Sequence[Column],
    ribbons: Sequence[Ribbon],
    *,
    key: str,
    alt: str,
    whole: Whole | None = None,
    height: float = 0.6,
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw the flows.

    Args:
        columns: from the left to the right.
        ribbons: between nodes of neighbouring columns.
        key: of the component, stable over reruns.
        alt: what the picture shows, for who cannot see it.
        whole: stands left of the first column, where there is room.
        height: share of the window's height.
        on_pick: called with `Node.pick` of the node that was picked, before the rerun.
    """
    key = f"flow-{key}"

    def told() -> dict[str, int]:
        return (st.session_state.get(key) or {}).get("pick") or {}

    def report() -> None:
        if on_pick is not None and told():
            on_pick(int(told()["pick"]))

    header = {"alt": alt, "height": height, "seen": told().get("count", 0)}
    component("flow")(key=key, data=packed(columns, ribbons, whole, header), on_pick_change=report)


def packed(columns: Sequence[Column], ribbons: Sequence[Ribbon], whole: Whole | None, header: dict[str, Any]) -> bytes:
    """The buffer that the browser unpacks: a header alone."""
    flows = {
        "columns": [asdict(column) for column in columns],
        "ribbons": [asdict(ribbon) for ribbon in ribbons],
        "whole": None if whole is None else asdict(whole),
    }
    return buffer({**flows, **header})
