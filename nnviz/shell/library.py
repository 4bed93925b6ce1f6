"""What there is to look at: the networks and the pictures by their names in the address, and what is cached of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from nnviz.analysis.data import digits, photographs
from nnviz.analysis.data.folder import Folder, first_readable
from nnviz.analysis.image.drawing import as_digit
from nnviz.analysis.image.images import Fitted, Transform, decode, fit, rescale
from nnviz.analysis.network.network import PRETRAINED, Network, bundled, load
from nnviz.analysis.network.trace import Trace, forward_all, trace
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.shell import address, caches, options

DEFAULT_IMAGE = "test-0"
UPLOAD = "upload"
_UPLOADED = "uploaded picture"


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture before it meets a network: its name in the address, uint8 pixels, the class, where known, and whether
    it is a test digit.

    `identity` stands for it in the keys of what is made of it, which need not hold its pixels.
    """

    name: str
    title: str
    pixels: np.ndarray
    label: str | None = None
    digit: bool = False
    identity: object = field(default_factory=object, repr=False)


def network_names() -> tuple[str, ...]:
    """Names of the networks that can be chosen: one's own first, then the bundled ones."""
    own = (options.given.model.stem,) if options.given.model else ()
    # The convolutional digits open first: they are what the first page is best seen on.
    order = sorted(bundled(), key=lambda name: (name != "mnist-cnn", name.endswith("-shuffled"), name))
    return own + tuple(name for name in order if name not in own)


def first_network() -> str:
    return network_names()[0]


def safe() -> dict[str, str]:
    """The address of what is shown where neither what was asked for nor what was there before can be: a network and a
    picture that ship, whatever one's own files are called."""
    own = {path.stem for path in (options.given.model, options.given.image) if path}
    network = next(name for name in network_names() if name not in own)
    return {"net": network, "image": next(name for name in (DEFAULT_IMAGE, "test-1") if name not in own)}


def network(name: str) -> Network:
    """The network of that name, loaded once for all viewers."""
    path = options.given.model
    if path is None or name != path.stem:
        if name not in bundled():
            raise NnvizError(f"A network was expected: {', '.join(network_names())}. Received: {name!r}.")
        return bundled_network(name)
    with in_one_sentence("A model that can be shown", path.name):
        return _load(path, options.given.card, _stamp(path))


def bundled_network(name: str) -> Network:
    """A network that ships, also where the viewer's own file has its name."""
    path = PRETRAINED / f"{name}.keras"
    return _load(path, None, _stamp(path))


def content_key(name: str) -> str:
    """What a network is kept under: its name and the content of its file."""
    own = options.given.model
    path = own if own is not None and name == own.stem else PRETRAINED / f"{name}.keras"
    return f"{name} {_stamp(path)}"


def bundled_key(name: str) -> str:
    """The same of a network that ships, also where the viewer's own file has its name."""
    return f"{name} {_stamp(PRETRAINED / f'{name}.keras')}"


_LAST_STAMP: dict[Path, str] = {}


def _stamp(path: Path) -> str:
    """Content hash of a file; read again only when its size or time changes, and kept where the file is gone."""
    try:
        state = path.stat()
        _LAST_STAMP[path] = _digest(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        if path not in _LAST_STAMP:
            raise NnvizError(f"A file that can be read was expected. Received: {path.name}.") from error
    return _LAST_STAMP[path]


@lru_cache(maxsize=32)
def _digest(path: Path, size: int, time: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(path: Path, card: Path | None, stamp: str) -> Network:
    return load(path, card)


def warm(name: str) -> None:
    """Compile the first picture's functions, so that the first viewer need not wait for them."""
    found = network(name)
    if None not in found.image_shape:
        forward_all(found)
        trace(found, np.zeros((28, 28), np.uint8))


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
    key = (path, _stamp(path))
    return caches.pictures.made(key, lambda: Picture(path.stem, path.name, decode(path.read_bytes(), path.name)))


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
    """The viewer's own folder of pictures, listed at the start; None where there is none."""
    return options.given.folder


def _of_folder(own: Folder, number: int) -> Picture:
    entry = own.entries[number]
    return caches.pictures.made(
        (own.key, number), lambda: Picture(entry.name, entry.title, own.picture(number), entry.label)
    )


@lru_cache(maxsize=2)
def _opens(own: Folder) -> str:
    return own.entries[first_readable(own)].name


def first_picture(found: Network) -> str:
    """The picture that a network opens on: one's own, else the first of those that it reads; of a folder of one's own
    where it reads no digits."""
    if options.given.image:
        return options.given.image.stem
    own = folder()
    if own is not None and not digits.read_by(found):
        return _opens(own)
    return photographs.gallery()[0].name if photographs.read_by(found) else DEFAULT_IMAGE


def fits(name: str, found: Network) -> bool:
    """Whether a network reads such pictures: no photographs where it reads digits, and the other way round."""
    if name in {entry.name for entry in photographs.gallery()}:
        return not digits.read_by(found)
    return not name.startswith("test-") or not photographs.read_by(found)


def label_in(found: Network, chosen: Picture) -> str | None:
    """A picture's class where it is one of this network's; that of a test digit only where the network reads digits."""
    own = chosen.label in found.classes and (not chosen.digit or digits.read_by(found))
    return chosen.label if own else None


def keep_upload(content: bytes, name: str) -> None:
    """Take an uploaded picture in. Raises NnvizError, and keeps the one before, where it is none."""
    _keep(Picture(UPLOAD, name, decode(content, name)))


def keep_drawing(ink: np.ndarray) -> None:
    """Take a drawing in, white on black, (H, W) uint8, as the uploaded picture."""
    _keep(Picture(UPLOAD, "your drawing", as_digit(ink)))


def _keep(own: Picture) -> None:
    st.session_state[_UPLOADED] = own
    address.hide_answer()


def has_upload() -> bool:
    return _UPLOADED in st.session_state


def fitted(found: Network, chosen: Picture, transform: Transform) -> Fitted:
    """The picture as the network takes it, moved and turned as asked; one object, whose digest is made once."""
    asked = (found.image_shape, found.scale, found.offset, transform)
    return caches.fitted.made((chosen.identity, *asked), lambda: _fitted(chosen, *asked))


def _fitted(
    chosen: Picture,
    shape: tuple[int | None, int | None, int],
    scale: tuple[float, ...],
    offset: tuple[float, ...],
    transform: Transform,
) -> Fitted:
    plain = fit(chosen.pixels, shape, scale, offset)
    if transform == Transform():
        return plain
    pixels = transform.apply(plain.pixels)
    image = rescale(pixels, scale, offset)
    image.setflags(write=False)
    return Fitted(image, pixels, plain.note)


def traced(found: Network, key: str, image: str, given: Fitted) -> Trace:
    """The trace of a fitted picture; `content_key` and its `digest` are what it is kept under.

    Traces are read-only and shared, so they are kept as they are: a copy of every activation would have to be made
    on each step of a slider.
    """
    return caches.traces.made((key, image), lambda: trace(found, given))
