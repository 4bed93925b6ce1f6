"""The pictures in which strongest places are searched: the test digits, the photographs that ship, a folder of one's
own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.data.folder import Folder
from nnviz.analysis.data.pictures import Searchable
from nnviz.analysis.network.network import Network
from nnviz.analysis.search.index import pictures_content
from nnviz.shell import library

_NAMED = 3
"""Pictures that are called by their names where there are many."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """A set of pictures.

    Attributes:
        slug: what it is called in the address.
        noun: what one of them is called.
        image: pixels by number, uint8.
        label: what stands below a patch before the unit's value, by number: its class, where it is known.
        title: what it is called under the pointer, by number.
        name: its name in the address, by number.
        make: all of them, as a search takes them; called once.
        classes: the class of each (n,) str, empty of one without; called once. None where none is known.
        left_out: what is not among them, in a sentence; empty where all are.
    """

    slug: str
    noun: str
    image: Callable[[int], np.ndarray]
    label: Callable[[int], str]
    title: Callable[[int], str]
    name: Callable[[int], str]
    make: Callable[[], Searchable]
    classes: Callable[[], np.ndarray | None] = lambda: None
    left_out: str = ""

    @cached_property
    def pictures(self) -> Searchable:
        """All of them, as `nnviz.analysis.search.index.index` takes them."""
        return self.make()

    @cached_property
    def labels(self) -> np.ndarray | None:
        """The name of each one's class (n,) str, empty of one without; None where none is known."""
        return self.classes()

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The names of all classes that there are pictures of."""
        return () if self.labels is None else tuple(sorted({str(name) for name in self.labels} - {""}))

    def listed(self, numbers: Iterable[int]) -> str:
        """What some of them are called, a few by their names."""
        found = sorted(numbers)
        more = len(found) - _NAMED
        return ", ".join(map(self.title, found[:_NAMED])) + (f" and {more:,} more" if more > 0 else "")

    @cached_property
    def key(self) -> str:
        """What stands for their content."""
        return pictures_content(self.pictures)


def _photo(index: int) -> photographs.Photograph:
    return photographs.gallery()[index]


DIGITS = ImageSet(
    "digits",
    "digit",
    lambda index: digits.digit(index)[0],
    lambda index: f"{digits.digit(index)[1]}: ",
    lambda index: f"test digit {index}",
    lambda index: f"test-{index}",
    lambda: digits.test_set()[0],
    lambda: digits.test_set()[1].astype(str),
)

PHOTOGRAPHS = ImageSet(
    "photographs",
    "photograph",
    lambda index: photographs.photograph(_photo(index).name),
    lambda index: "",
    lambda index: _photo(index).title,
    lambda index: _photo(index).name,
    photographs.Gallery,
)

_LABEL = 2
"""Letters of a label that have room below a patch; a longer one stands under the pointer, in the path."""
_KEPT = "set of the folder's pictures"


def of_folder(found: Folder) -> ImageSet:
    """The pictures of a folder. Kept with the viewer alone: an uploaded one is forgotten with his visit."""
    folder, kept = st.session_state.get(_KEPT, (None, None))
    if folder is not found:
        kept = _of_folder(found)
        st.session_state[_KEPT] = found, kept
    return kept


def _of_folder(found: Folder) -> ImageSet:

    def label(index: int) -> str:
        text = found.entries[index].label
        return f"{text}: " if text and len(text) <= _LABEL else ""

    return ImageSet(
        "folder",
        "picture",
        found.picture,
        label,
        lambda index: found.entries[index].title,
        lambda index: found.entries[index].name,
        lambda: found,
        lambda: found.labels if any(found.labels) else None,
        _left_out(found),
    )


def _left_out(found: Folder) -> str:
    links = f"{found.outside:,} link{'s' * (found.outside > 1)} to elsewhere" if found.outside else ""
    closed = f"{found.closed:,} sub-folder{'s' * (found.closed > 1)} that may not be read" if found.closed else ""
    parts = " and ".join(filter(None, [links, closed, found.left_out]))
    return f"Left out: {parts}." if parts else ""


def what_for(network: Network, of: ImageSet) -> str:
    """That a set is not of the kind that a network was made for, or too small to tell, in a sentence with a blank
    before it; "" where it may well do."""
    if of is DIGITS and not digits.read_by(network):
        return " The digits are what ships: a folder of the pictures that this network was made for says more of it."
    if of is PHOTOGRAPHS:
        return " Four photographs ship, to show how it is done: a folder of pictures, chosen in the sidebar, says more."
    return ""


def sets(network: Network) -> tuple[ImageSet, ...]:
    """What there is to search for a network, the first by default: what it reads, and the viewer's own folder, which
    goes first where the network reads no digits."""
    own, ships = library.folder(), PHOTOGRAPHS if photographs.read_by(network) else DIGITS
    if own is None:
        return (ships,)
    found = (ships, of_folder(own)) if digits.read_by(network) else (of_folder(own), ships)
    # A network of somebody's own may read either.
    if not digits.read_by(network) and ships is DIGITS:
        return (*found, PHOTOGRAPHS)
    return found
