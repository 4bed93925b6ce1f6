"""How many pictures the network reads with units off and as trained: counted on demand, and sorted as dots.

They are the test digits, or, of a network that reads none, those of one's own folder whose sub-folders are its classes.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits
from nnviz.analysis.intervention.readings import ReadTwice, read_twice
from nnviz.analysis.network.network import Network
from nnviz.components.dots import Readings, dots
from nnviz.pages.decision.units_off import UnitsOff
from nnviz.shell import address, caches, jobs, library
from nnviz.shell.jobs import Job
from nnviz.shell.page import small
from nnviz.shell.session import Session
from nnviz.views.search.image_sets import DIGITS, ImageSet, of_folder

_NAME = "knock-out accuracy"
_COUNTED = "counted"
"""In the address: 1 shows what was counted in place of the scores."""
_PRESSED = "knock-count-pressed"
"""Where the session keeps how often Count was pressed, and for which count last."""
_HEIGHT = 0.36


def button(session: Session, chosen: UnitsOff) -> None:
    """Begin to count, or go back to the scores, or why nothing can be counted."""
    network = session.network
    images = _images(network)
    if images is None:
        classes = len(network.classes)
        chooses = network.output.chooses
        its = f"its {classes:,} classes are others" if chooses else "what it gives is no class"
        more = "; a folder with its classes as sub-folders can be counted" if network.output.kind == "classes" else ""
        small(f"No accuracy: the test pictures are digits, {its}{more}.", width="content")
        return
    if shown(session, chosen) is not None:
        st.button(
            "Back to the scores",
            icon=":material/arrow_back:",
            key="knock-scores",
            on_click=partial(address.write, **{_COUNTED: None}),
        )
        return
    count = _job(session, chosen, images)
    mine = jobs.look(_NAME, count)
    st.button(
        f"Count {_nouns(images)}",
        icon=":material/fact_check:",
        key="knock-count",
        disabled=not chosen.off or (mine is not None and mine.busy),
        on_click=partial(_begin, count),
    )


def _images(network: Network) -> ImageSet | None:
    """The pictures whose classes are the network's; None where there are none."""
    if digits.read_by(network):
        return DIGITS
    own = library.folder()
    if own is None or network.output.kind != "classes" or not set(own.labels) & set(network.classes):
        return None
    return of_folder(own)


def _labels(network: Network, images: ImageSet) -> np.ndarray:
    """The class of each picture (n,), -1 of one that is of none."""
    if images is DIGITS:
        return digits.labelled(network)[1]
    places = {name: at for at, name in enumerate(network.classes)}
    names = [] if images.labels is None else images.labels.tolist()
    return np.array([places.get(name, -1) for name in names])


def _nouns(images: ImageSet) -> str:
    return "test digits" if images is DIGITS else "the folder's pictures"


def _begin(count: Job) -> None:
    """Count them, unless somebody has, and have what was counted move when it is there: once for each press."""
    if caches.results.get(count.key) is None:
        jobs.again(_NAME, count)
    before, _ = st.session_state.get(_PRESSED, (0, None))
    st.session_state[_PRESSED] = before + 1, count.key
    address.write(**{_COUNTED: 1})


def shown(session: Session, chosen: UnitsOff) -> tuple[ImageSet, ReadTwice] | None:
    """The pictures and what was counted of them, where the address asks for it and it is there."""
    images = _images(session.network)
    if images is None or not chosen.off or address.read().get(_COUNTED) != "1":
        return None
    found = caches.results.get(_key(session, chosen, images))
    return None if found is None else (images, found)


def sort_dots(session: Session, chosen: UnitsOff, images: ImageSet, found: ReadTwice) -> None:
    """Every picture that was counted as a dot, sorted into right and wrong; a click on one shows that picture."""
    pressed, key = st.session_state.get(_PRESSED, (0, None))
    numbers = found.numbers.tolist()
    dots(
        Readings(
            found.labels,
            found.before,
            found.now,
            session.network.classes,
            titles=None if images is DIGITS else [images.title(number) for number in numbers],
            noun="test digit",
            pictures=digits.test_set()[0] if images is DIGITS else None,
        ),
        key="knock",
        alt=f"{len(numbers):,} pictures as dots, sorted into right and wrong: {counted(chosen, images, found)}",
        play=pressed if key == _key(session, chosen, images) else 0,
        picked=next((at for at, number in enumerate(numbers) if images.name(number) == session.picture.name), None),
        height=_HEIGHT,
        on_pick=lambda at: address.write(image=images.name(numbers[at])),
    )


def accuracy_line(session: Session, chosen: UnitsOff) -> None:
    """What was counted; the bar while it is counted, and how far it came where it was stopped."""
    jobs.progress_bar(_NAME)
    images = _images(session.network)
    if images is None:
        return
    mine, found = jobs.look(_NAME, _job(session, chosen, images)), caches.results.get(_key(session, chosen, images))
    if found is not None:
        small(counted(chosen, images, found))
    elif mine is not None and mine.state == "stopped" and mine.progress is not None:
        small(f"Stopped at {mine.progress.done:,} of {mine.progress.total:,}.")
    elif mine is not None and mine.state == "failed":
        small(mine.reason)


def counted(chosen: UnitsOff, images: ImageSet, found: ReadTwice) -> str:
    """What was counted, in words."""
    before, after = found.correct
    what = "test digits" if images is DIGITS else "pictures of the folder"
    text = f"With{chosen.who} the net reads {after:,} of {len(found.numbers):,} {what}, "
    text += f"{'as' if before == after else f'{before:,} as'} trained"
    return f"{text}; it reads {found.changed:,} otherwise than before." if found.changed else f"{text}."


def _key(session: Session, chosen: UnitsOff, images: ImageSet) -> tuple[object, ...]:
    return _NAME, session.key, images.key, chosen.layer.name, chosen.off


def _job(session: Session, chosen: UnitsOff, images: ImageSet) -> Job:
    network = session.network
    return Job(
        f"{_nouns(images).capitalize()}, as trained and now",
        _key(session, chosen, images),
        lambda: read_twice(network, images.pictures, _labels(network, images), chosen.layer.name, chosen.off),
    )
