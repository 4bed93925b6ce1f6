"""The digits nearest to the chosen picture, in the layer under study and by its pixels alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.embedding import vectors
from nnviz.components.raster import Panel, raster
from nnviz.figures.words import number
from nnviz.pages.data import results
from nnviz.pages.data.opening import number_of, open_digit
from nnviz.shell.page import caption, small
from nnviz.shell.session import Session
from nnviz.views import scales

COUNT = 12


@dataclass(frozen=True, eq=False)
class Near:
    """The digits nearest to a picture: numbers in the test set, classes and distances, each (n,)."""

    numbers: np.ndarray
    labels: np.ndarray
    distances: np.ndarray


def nearest_to(vector: np.ndarray, values: np.ndarray, numbers: np.ndarray, without: int | None) -> Near:
    """The digits whose vectors have the smallest Euclidean distance from one; of equals the lower number.

    Args:
        vector: (size,).
        values: (n, size) of the digits.
        numbers: (n,) in the test set.
        without: one that does not count: the picture itself.
    """
    distances = np.linalg.norm(values - vector, axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[numbers[order] != -1 if without is None else numbers[order] != without][:COUNT]
    return Near(numbers[order], digits.test_set()[1][numbers[order]].astype(int), distances[order])


def render(session: Session) -> None:
    """Draw the view."""
    first = session.network.layers[0].name
    layer = results.layer_of(session)
    values = results.vectors_of(session, tuple(dict.fromkeys((layer, first))))
    found = {name: _near(session, name, each) for name, each in values.items()}
    shown = {name: near for name, near in found.items() if near is not None}
    panels = [scales.picture_panel(session, title=session.picture.title, most=420, scale=3)]
    for name, near in shown.items():
        title = f"nearest in {session.layer.name}" if name == layer and layer != first else "nearest by pixels"
        panels.append(
            Panel(
                digits.test_set()[0][near.numbers].astype(np.float32),
                "grey",
                (0, 255),
                title=title,
                labels=[f"{label}: {number(far)}" for label, far in zip(near.labels, near.distances, strict=True)],
                names=[f"test digit {each}" for each in near.numbers],
                columns=3 if len(found) > 1 else 4,
                most=196,
                pick="tile",
            )
        )
    order = list(shown.values())
    raster(
        panels,
        key="data-neighbours",
        alt=f"{session.picture.title} and the {COUNT} test digits nearest to it",
        height=0.68,
        least=40,
        wide=True,
        on_pick=lambda place: open_digit(int(order[place.panel - 1].numbers[place.tile])),
    )
    caption(_sentence(session, found, values[layer], layer, first))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="data-said"):
        small(_notes(session))
        results.bars(results.VECTORS)


def _near(session: Session, name: str, values: np.ndarray | None) -> Near | None:
    """The nearest in a layer; None while the digits are on their way, or where the picture's vector is longer."""
    vector = vectors.as_vector(session.trace.activations[name])
    if values is None or values.shape[1:] != vector.shape:
        return None
    return nearest_to(vector, values, results.chosen(session)[0], number_of(session.picture.name))


def _sentence(
    session: Session, found: dict[str, Near | None], values: np.ndarray | None, layer: str, first: str
) -> str:
    own = found[layer]
    size, name = len(results.chosen(session)[0]), session.layer.name
    if own is None:
        long = vectors.as_vector(session.trace.activations[layer]).size
        if values is not None and values.shape[1] != long:
            return (
                f"The picture leaves {long:,} numbers in {name}, a test digit {values.shape[1]:,}: "
                "pictures of another size cannot be compared there."
            )
        return f"{size:,} test digits on their way to {name}."
    label = session.picture.label
    where = "by pixels" if layer == first else f"in {name}"
    if label not in list("0123456789"):
        classes, counts = np.unique(own.labels, return_counts=True)
        most = int(counts.argmax())
        return f"Of the {COUNT} test digits nearest {where} {counts[most]} are {classes[most]}s."
    same = {key: int((near.labels == int(label)).sum()) for key, near in found.items() if near is not None}
    text = f"Of the {COUNT} test digits nearest to this {label} {where} {same[layer]} are {label}s"
    if layer != first and first in same:
        text += f", by pixels {same[first]}: "
        text += (
            f"{name} brings its class together"
            if same[layer] > same[first]
            else "no more than there"
            if same[layer] == same[first]
            else "fewer than there"
        )
    return text + f". The nearest stands at {number(float(own.distances[0]))}."


def _notes(session: Session) -> str:
    size = len(results.chosen(session)[0])
    return f"Below each digit its class and its Euclidean distance, among {size:,} test digits. Pick one to open it."
