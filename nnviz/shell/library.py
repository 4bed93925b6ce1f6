"""What there is to look at: the networks and the pictures by their names in the address, and what is cached of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.data.folder import Folder
from nnviz.analysis.image.decode import Decoded, decode
from nnviz.analysis.image.images import Fitted, Transform, rescale
from nnviz.analysis.image.paper import Paper
from nnviz.analysis.network.fitting import stand_in, suits
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace, forward_all, shown_to, trace
from nnviz.errors import NnvizError
from nnviz.shell import address, caches, models, options, own_cards, uploads
from nnviz.shell.models import Source

DEFAULT_IMAGE = "test-0"
UPLOAD, NUMBERS = "upload", "numbers"
_UPLOADED = "uploaded picture"
_FOLDER = "uploaded folder"


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture before it meets a network: its name in the address, uint8 pixels, the class, where known, and whether
    it is a test digit.

    `note` says what was done to the values of its file, in a sentence, or "". `identity` stands for it in the keys of
    what is made of it, which need not hold its pixels.
    """

    name: str
    title: str
    pixels: np.ndarray
    label: str | None = None
    digit: bool = False
    note: str = ""
    identity: object = field(default_factory=object, repr=False)


def sources() -> dict[str, Source]:
    """Where the networks come from that this viewer can choose, by name: his uploads, and what there is for all."""
    return {**uploads.of_viewer(), **models.for_all()}


def source(name: str) -> Source:
    """Where the network of that name comes from. Raises NnvizError where there is none."""
    found = sources().get(name)
    if found is None:
        raise NnvizError(f"A network was expected: {', '.join(network_names()[:12])}. Received: {name[:40]!r}.")
    return found


def is_own(name: str) -> bool:
    """Whether a network does not ship."""
    found = sources().get(name)
    return found is not None and found.own


def network_names() -> tuple[str, ...]:
    """Names of the networks that can be chosen: one's own first, then the bundled ones."""
    return tuple(sources())


def first_network() -> str:
    """The command line's, else the first that ships."""
    return next(name for name, found in models.for_all().items() if found.origin in ("given", "ships"))


def safe() -> dict[str, str]:
    """The address of what is shown where neither what was asked for nor what was there before can be: a network and a
    picture that ship, whatever one's own files are called."""
    network = next(name for name, found in models.for_all().items() if not found.own)
    image = options.given.image
    return {"net": network, "image": "test-1" if image and image.stem == DEFAULT_IMAGE else DEFAULT_IMAGE}


def network(name: str) -> Network:
    """The network of that name, by the viewer's own card where he made one."""
    return models.opened(source(name), own_cards.of_viewer(name))


def bundled_network(name: str) -> Network:
    """A network that ships, also where the viewer's own file has its name."""
    return models.opened(models.ships(name))


def content_key(name: str) -> str:
    """What a network is kept under: its name and the content of its file."""
    return models.key(source(name), own_cards.of_viewer(name))


def bundled_key(name: str) -> str:
    """The same of a network that ships, also where the viewer's own file has its name."""
    return models.key(models.ships(name))


def warm(found: Network) -> None:
    """Compile the first picture's functions, so that the first viewer need not wait for them."""
    if None not in found.image_shape:
        forward_all(found)
        trace(found, shown_to(found, np.zeros((28, 28), np.uint8)))


def picture(name: str) -> Picture:
    """The picture of that name in the address. Raises NnvizError where there is none."""
    own = options.given.image
    if name == UPLOAD and _UPLOADED in st.session_state:
        return st.session_state[_UPLOADED]
    if own is not None and name == own.stem:
        return _own(own)
    kind, _, number = name.partition("-")
    if kind == "test" and number.isascii() and number.isdigit() and len(number) <= 9:
        return _test_digit(number)
    photo = next((entry for entry in photographs.gallery() if entry.name == name), None)
    if photo is not None:
        return _photograph(photo)
    folders = folder()
    # Looked up in the list: what the address says is never a path.
    at = None if folders is None else folders.number(name)
    if folders is not None and at is not None:
        return _of_folder(folders, at)
    shown = ", ".join(entry.name for entry in photographs.gallery())
    if folders is not None:
        shown += f", or one of the {len(folders):,} of the folder ({folders.entries[0].name}, ...)"
    raise NnvizError(f"A picture was expected: test-0 to test-9999, {shown}. Received: {name[:80]!r}.")


# One object for one picture: what is made of it is kept by it.
def _own(path: Path) -> Picture:
    key = (path, models.stamp(path))
    return caches.pictures.made(key, lambda: _read(path.stem, path.name, decode(path.read_bytes(), path.name)))


def _read(name: str, title: str, found: Decoded, label: str | None = None) -> Picture:
    return Picture(name, title, found.pixels, label, note=found.note)


def _test_digit(number: str) -> Picture:
    def make() -> Picture:
        pixels, label = digits.digit(int(number))
        return Picture(f"test-{number}", f"test digit {number}", pixels, str(label), digit=True)

    return caches.pictures.made(("test digit", number), make)


def _photograph(photo: photographs.Photograph) -> Picture:
    return caches.pictures.made(
        ("photograph", photo.name), lambda: Picture(photo.name, photo.title, photographs.photograph(photo.name))
    )


def folder() -> Folder | None:
    """The viewer's own folder of pictures: the one that he uploaded, else the one listed at the start, or None."""
    return st.session_state.get(_FOLDER, options.given.folder)


def uploaded_folder() -> Folder | None:
    """The folder that the viewer uploaded, or None."""
    return st.session_state.get(_FOLDER)


def keep_folder(own: Folder) -> str:
    """Take an uploaded folder in, and give the name of its first picture that can be read. Raises NnvizError, and keeps
    the one before, where none can."""
    first = own.entries[own.first].name
    st.session_state[_FOLDER] = own
    return first


def forget_folder() -> None:
    """Let go of the uploaded folder."""
    st.session_state.pop(_FOLDER, None)


def _of_folder(own: Folder, number: int) -> Picture:
    entry = own.entries[number]
    return caches.pictures.made(
        (own.key, number), lambda: _read(entry.name, entry.title, own.decoded(number), entry.label)
    )


def first_picture(found: Network) -> str:
    """The picture that a network opens on: one's own, else the first of those that it reads; of a folder of one's own
    where it reads no digits."""
    if found.input.kind != "picture":
        return NUMBERS
    if options.given.image:
        return options.given.image.stem
    own = folder()
    if own is not None and not digits.read_by(found):
        return own.entries[own.first].name
    return photographs.gallery()[0].name if photographs.read_by(found) else DEFAULT_IMAGE


def fits(name: str, found: Network) -> bool:
    """Whether a network reads such pictures: no photographs where it reads digits, and the other way round."""
    if found.input.kind != "picture" or name == NUMBERS:
        return found.input.kind != "picture" and name == NUMBERS
    if name == UPLOAD:
        return upload_for(found) is not None
    if name in {entry.name for entry in photographs.gallery()}:
        return not digits.read_by(found)
    return not name.startswith("test-") or not photographs.read_by(found)


def label_in(found: Network, chosen: Picture) -> str | None:
    """A picture's class where it is one of this network's; that of a test digit only where the network reads digits."""
    own = chosen.label in found.classes and (not chosen.digit or digits.read_by(found))
    return chosen.label if own else None


def keep_upload(content: bytes, name: str) -> None:
    """Take an uploaded picture in. Raises NnvizError, and keeps the one before, where it is none."""
    _keep(_read(UPLOAD, name, decode(content, name)))


def numbers(found: Network, values: Sequence[float] | None) -> Picture:
    """What a network is given that takes no picture: those numbers, else what stands in for them."""
    if values is None:
        given = stand_in(found.input, found.name)
        return Picture(NUMBERS, "what stands in", given.image, note=given.note, identity=("stand-in", found.name))
    array = np.array(values, np.float32)
    return Picture(NUMBERS, f"{len(values):,} numbers of your own", array, identity=("numbers", array.tobytes()))


def keep_numbers(values: np.ndarray) -> None:
    """Take numbers in that are too many for the address, as the uploaded picture."""
    _keep(Picture(UPLOAD, f"{values.size:,} numbers of your own", values.astype(np.float32)))


def upload_for(found: Network) -> Picture | None:
    """What the viewer uploaded or kept, where a network takes it as it is or fits it; None where there is none."""
    own = st.session_state.get(_UPLOADED)
    if own is None or not suits(found.input, own.pixels):
        return None
    # Numbers that were kept for another network are no picture.
    return own if found.input.kind != "picture" or own.pixels.dtype == np.uint8 else None


def keep_digit(pixels: np.ndarray) -> None:
    """Take a drawn digit in, white on black, (28, 28) uint8, as the uploaded picture."""
    _keep(Picture(UPLOAD, "your drawing", pixels))


def _keep(own: Picture) -> None:
    st.session_state[_UPLOADED] = own
    address.hide_answer()


def has_upload() -> bool:
    return _UPLOADED in st.session_state


def fitted(found: Network, chosen: Picture, transform: Transform) -> Fitted:
    """The picture as the network takes it, moved and turned as asked; one object, whose digest is made once."""
    key = (chosen.identity, found.name, found.input, transform)
    return caches.fitted.made(key, lambda: _fitted(found, chosen, transform))


def _fitted(found: Network, chosen: Picture, transform: Transform) -> Fitted:
    plain = shown_to(found, chosen.pixels)
    note = f"{chosen.note} {plain.note}".strip()
    if transform == Transform():
        return Fitted(plain.image, plain.pixels, note)
    pixels = transform.apply(plain.pixels)
    image = rescale(pixels, found.scale, found.offset)
    image.setflags(write=False)
    return Fitted(image, pixels, note)


def paper(found: Network, chosen: Picture, transform: Transform) -> Paper | None:
    """Paper and ink of what a network is shown, before it is moved and noise is added; None where it is no drawing."""
    return fitted(found, chosen, Transform(invert=transform.invert, stretch=transform.stretch)).paper


def traced(found: Network, key: str, image: str, given: Fitted) -> Trace:
    """The trace of a fitted picture; `content_key` and its `digest` are what it is kept under.

    Traces are read-only and shared, so they are kept as they are: a copy of every activation would have to be made
    on each step of a slider.
    """
    return caches.traces.made((key, image), lambda: trace(found, given))
