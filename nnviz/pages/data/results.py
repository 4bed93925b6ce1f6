"""What this page computes of the digits: begun when it is looked at, its results kept for all viewers."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.data.confusion import Answers, answers
from nnviz.analysis.embedding import vectors
from nnviz.analysis.embedding.embedding import Embedding, embedded
from nnviz.analysis.embedding.tsne import tsne
from nnviz.analysis.embedding.umap import umap
from nnviz.analysis.progress import Progress, retold
from nnviz.shell import address, caches, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.session import Session

DEPTH, LAYER, SHAPE, VECTORS, ANSWERS = ("data-depth", "data-layer", "data-shape", "data-vectors", "data-answers")
FEW, READ = "data-few", "data-read"
COUNT = "digits"
METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
_FIRST = 0.4
"""Seconds that work takes at once, before there is a bar."""


def counts(session: Session) -> tuple[str, ...]:
    """How many digits may be looked at, as the address has it: more than one number where more take longer."""
    found = caches.results.made(("counts", session.key), lambda: vectors.counts(session.network))
    return tuple(map(str, found))


def count(session: Session) -> str:
    """How many digits the address asks for."""
    return address.choice(COUNT, counts(session), counts(session)[0])


def chosen(session: Session) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers (n,), pictures (n, 28, 28) uint8 and classes (n,) of the digits that are looked at."""
    numbers = vectors.sample(session.network, int(count(session)))
    images, labels = digits.test_set()
    return numbers, images[numbers], labels[numbers].astype(int)


def few(session: Session) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of every tenth of them, or every fifth of few: what a map shows at once, before all are on it."""
    numbers, images, labels = chosen(session)
    step = 10 if len(numbers) >= 1000 else 5
    return numbers[::step], images[::step], labels[::step]


def layer_of(session: Session) -> str:
    """The layer whose vectors are those of the one under study."""
    return vectors.source(session.network, session.layer.name)


def embeddings(session: Session) -> tuple[dict[str, Embedding], Embedding | None, Answers | None]:
    """By layer: all depths and the layer under study, or what there is of them so far; until the layer under study is
    among them, a few digits there; and once all is there, what the network says of the digits, where it reads them."""
    layers = vectors.depths(session.network)
    own = layer_of(session)
    key = (session.key, count(session))
    # What is under study comes first.
    wanted = [] if own in layers else [_embedding(session, (LAYER, *key, own), (own,))]
    wanted.append(_embedding(session, (DEPTH, *key), tuple(sorted(layers, key=lambda name: name != own))))
    first = _embedding(session, (FEW, *key, own), (own,), few(session))
    if caches.results.get(wanted[0].key) is None:
        wanted.insert(0, first)
    reading = Job("Digits read", (READ, *key), partial(answers, session.network, chosen(session)[0]))
    wanted += [reading] * digits.read_by(session.network)
    found: dict[str, Embedding] = {}
    at_first: Embedding | None = None
    said: Answers | None = None
    for mine in jobs.begin_all(DEPTH, wanted, _FIRST):
        if mine.key == reading.key:
            said = mine.result
        elif mine.key == first.key:
            at_first = (mine.found or {}).get(own)
        else:
            found |= mine.found or {}
    return found, at_first, said


def _embedding(session: Session, key: Any, layers: tuple[str, ...], of: Any = None) -> Job:
    """The work on the embeddings in some layers, of the digits that are looked at or of others."""
    # Not in the work itself: where that is done the address is not known.
    _, images, labels = of or chosen(session)

    def steps() -> Generator[Progress, None, dict[str, Embedding]]:
        return embedded(session.network, layers, images, labels)

    many = f"in {len(layers)} layers" if len(layers) > 1 else f"in {layers[0]}"
    return Job(f"Digits {many}", key, steps)


def shapes(
    session: Session, found: Mapping[str, Embedding], axes: int, method: str
) -> tuple[dict[str, np.ndarray], bool]:
    """By layer where t-SNE or UMAP puts the digits, (n, axes): of the layer under study first, as far as it has come,
    and whether that is its last word; then of the others that are found, when they are done."""
    own = layer_of(session)
    names = [own, *(name for name in found if name != own)]
    wanted = [_shape(session, name, found[name], axes, method) for name in names]
    made = dict(zip(names, jobs.begin_all(SHAPE, wanted, _FIRST), strict=True))
    drawn = {name: mine.found if name == own else mine.result for name, mine in made.items()}
    return {name: places for name, places in drawn.items() if places is not None}, made[own].state == "done"


def _shape(session: Session, layer: str, start: Embedding, axes: int, method: str) -> Job:
    """The work on one of them."""
    key = (SHAPE, session.key, count(session), layer, axes, method)
    _, images, _ = chosen(session)

    def steps() -> Generator[Progress, None, np.ndarray]:
        needed = _vectors(session, layer, images)
        values = caches.vectors.get(needed.key)
        if values is None:
            values = yield from retold(needed.steps(), lambda _: Progress(0, 1))
            caches.vectors.keep(needed.key, values)
        if method == "umap":
            return (yield from umap(values, axes))
        return (yield from tsne(values, start.coordinates[:, :axes]))

    return Job(f"{METHODS[method]} of {layer}", key, steps)


def no_shape() -> None:
    """Neither is wanted now."""
    jobs.begin_all(SHAPE, [])


def vectors_of(session: Session, layers: Sequence[str]) -> dict[str, np.ndarray | None]:
    """The digits' vectors (n, size) by layer; None while they are made."""
    _, images, _ = chosen(session)
    found = jobs.begin_all(VECTORS, [_vectors(session, layer, images) for layer in layers], _FIRST)
    return {layer: mine.result for layer, mine in zip(layers, found, strict=True)}


def _vectors(session: Session, layer: str, images: np.ndarray) -> Job:
    """The work on the vectors in a layer."""
    key = (VECTORS, session.key, len(images), layer)

    def steps() -> Generator[Progress, None, np.ndarray]:
        made = yield from vectors.vectors(session.network, [layer], images)
        made[layer].flags.writeable = False
        return made[layer]

    return Job(f"Digits in {layer}", key, steps, caches.vectors)


def counted(session: Session) -> Answers | None:
    """What the network says of all test digits; None while they are counted."""
    if not digits.read_by(session.network):
        return None
    key = (ANSWERS, session.key)
    return jobs.begin(ANSWERS, Job("Test digits read", key, lambda: answers(session.network)), _FIRST).result


def bars(*names: str, redraw: float | None = None) -> None:
    """The bars of some jobs, and for one that was stopped or failed a button to take it up."""
    # All bars first: a button that comes or goes moves none of them.
    for name in names:
        jobs.progress_bar(name, redraw=redraw)
    for name in names:
        halted = [mine for mine in jobs.queue_of(name).jobs if mine.halted]
        for mine in halted:
            if mine.reason:
                st.caption(escape_markdown(mine.reason))
        if halted:
            jobs.again_button(name, f"{halted[0].title}: take it up")
