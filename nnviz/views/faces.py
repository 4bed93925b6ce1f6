"""The face of a unit beside its number: the patch of the picture that excites it most, and what it speaks for here.

Of the networks that ship they are bundled, of any other they come from the search that all pages share
(`views.search.index_job`), as far as it has come; no page waits for it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from PIL import Image

from nnviz.analysis.data import photographs
from nnviz.analysis.data.pictures import output_shapes, taken_by
from nnviz.analysis.layer.flattening import place_of
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import outputs_of
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.receptive import Field, receptive_fields
from nnviz.analysis.search.faces import Face, Faces, bundled, faces
from nnviz.analysis.search.patches import Cell, middle
from nnviz.analysis.search.ranking import Hit
from nnviz.figures.words import number, signed, with_article
from nnviz.shell import caches, library
from nnviz.shell.jobs import Job
from nnviz.shell.markup import html
from nnviz.shell.session import Session
from nnviz.views.search import index_job
from nnviz.views.search.image_sets import DIGITS, PHOTOGRAPHS, ImageSet, sets
from nnviz.views.search.patch_panels import given_if_read, patch_panel

PHOTOGRAPH = 96
"""Rows from which on a unit that sees the whole picture is shown by the half of it around its strongest cell."""
_SPOKEN = 3
"""Classes that are named of a unit."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A face as it is drawn.

    Attributes:
        pixels: (rows, columns) or (rows, columns, 3) uint8; None where there is nothing to show.
        words: what it is, in words: which picture excites the unit, and how strongly; or that it is silent.
    """

    pixels: np.ndarray | None
    words: str

    def png(self, side: int) -> str:
        """The picture as a data URL, at most `side` pixels large where it must be made smaller, else by a whole number
        larger; empty where there is nothing to show."""
        return "" if self.pixels is None else png(self.pixels, side)


@dataclass(frozen=True, eq=False)
class Gallery:
    """The faces of a session's network, as far as they are known.

    Attributes:
        session: whose network.
        of: the pictures that they come from; None where the network takes none.
        known: the faces; None where none are known yet.
        job: the search that is under way for them, or has ended; None where there is none.
    """

    session: Session
    of: ImageSet | None
    known: Faces | None
    job: Job | None = None

    def portrait(self, layer: str, unit: int) -> Portrait | None:
        """The face of a unit, channel or slot; None where it is not known (yet)."""
        info, which = self.session.network.layer(layer), ""
        if info.kind.startswith("Global") and len(info.inputs) == 1:
            # It has no place of its own: where its map is strongest is where to look.
            layer, which = info.inputs[0], f"its map of {info.inputs[0]}: "
        face = None if self.known is None else self.known.of(layer, unit)
        if face is None or self.of is None:
            return None
        if face.hit is None:
            return Portrait(None, f"{which}silent on all of {face.searched:,} {self.of.noun}s")
        return Portrait(self._pixels(self.of, layer, unit, face.hit), which + _words(self.of, face, face.hit))

    def _pixels(self, of: ImageSet, layer: str, unit: int, hit: Hit) -> np.ndarray | None:
        network, key = self.session.network, self.session.key
        maps, cell = _on_maps(network, layer, unit, hit.cell)
        field = None if maps is None else _fields(network, of).get(maps)
        whole = given_if_read(network, key, of, hit.image)
        if whole is None:
            return None
        if whole.shape[0] >= PHOTOGRAPH and (field is None or field[0].size >= whole.shape[0]):
            return _around(whole, field, cell)
        tile = patch_panel(network, key, of, [Hit(hit.value, hit.image, cell)], field, 1).tiles[0]
        return np.clip(np.round(tile), 0, 255).astype(np.uint8)


def gallery(session: Session, *, search: bool = False) -> Gallery:
    """The faces that there are of the session's network.

    Args:
        search: where none are kept, begin to search them in the background; the page then has to draw the `bar`.
    """
    network = session.network
    if not taken_by(network):
        return Gallery(session, None, None)
    ships = not library.is_own(session.name) and session.key == library.bundled_key(session.name)
    if ships and (known := bundled(session.name)) is not None:
        return Gallery(session, PHOTOGRAPHS if photographs.said(network) else DIGITS, known)
    of = sets(network)[0]
    job = index_job.begun(session, of) if search else None
    found = index_job.kept(session, of) if job is None else job.found
    return Gallery(session, of, None if found is None else faces(found), job)


def bar(found: Gallery) -> None:
    """The bar of the search that is under way for the faces; to be called where `gallery` may have begun it."""
    if found.job is not None:
        index_job.bar(found.job, redraw=None)


def png(pixels: np.ndarray, side: int) -> str:
    """Pixels (rows, columns) or (rows, columns, 3) uint8 as a data URL: see `Portrait.png`."""
    rows, columns = pixels.shape[:2]
    times = side // max(rows, columns)
    if times >= 1:
        picture = Image.fromarray(pixels.repeat(times, axis=0).repeat(times, axis=1))
    else:
        share = side / max(rows, columns)
        picture = Image.fromarray(pixels).resize((max(1, round(columns * share)), max(1, round(rows * share))))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return f"data:image/png;base64,{base64.b64encode(kept.getvalue()).decode()}"


def speaks(names: Sequence[str], adds: np.ndarray) -> str:
    """The classes that a unit speaks for and against on this picture, the strongest first, each with what it adds.

    Args:
        names: of the K classes.
        adds: (K,) what it adds to each score.
    """
    order = np.argsort(-adds, kind="stable")
    up = [f"{names[at]} {signed(adds[at])}" for at in order[:_SPOKEN] if adds[at] > 0]
    down = [f"{names[at]} {signed(adds[at])}" for at in order[::-1][:_SPOKEN] if adds[at] < 0]
    said = [f"for {', '.join(up)}"] * bool(up) + [f"against {', '.join(down)}"] * bool(down)
    return f"speaks {'; '.join(said)}" if said else "adds nothing to any class"


def speaks_here(session: Session, layer: str, unit: int) -> str:
    """`speaks` of any unit on the session's picture, to first order; "" where the answer has a place for each score."""
    network = session.network
    if network.output.placed:
        return ""
    key = ("speaks", session.key, session.fitted.digest, layer, unit)
    adds = caches.results.made(key, lambda: outputs_of(network, session.trace.image, layer, unit, LOGITS))
    return f"Here it {speaks(network.classes, adds)}, to first order"


def markup(portrait: Portrait | None, who: str, more: str = "", side: int = 56) -> Markup:
    """A face as HTML, with its words under the pointer; a blank of its size where there is none."""
    if portrait is None:
        return html('<i class="nn-face" style="width:{0}px;height:{0}px"></i>', side)
    words = ". ".join(filter(None, (f"{who}: {portrait.words}", more)))
    if portrait.pixels is None:
        return html('<i class="nn-face silent" style="width:{1}px;height:{1}px" title="{0}">0</i>', words, side)
    return html('<img class="nn-face" src="{0}" alt="{1}" title="{1}" width="{2}">', portrait.png(side), words, side)


def _on_maps(network: Network, layer: str, unit: int, cell: Cell | None) -> tuple[str | None, Cell | None]:
    """The maps on which a unit stands, and its cell: of a slot of maps that were laid out the one that stands there."""
    info = network.layer(layer)
    if len(info.output_shape) == 3:
        return layer, cell
    shape = info.input_shape
    if info.kind != "Flatten" or len(shape) != 3 or info.keras_layer.data_format != "channels_last":
        return None, cell
    sizes = [size for size in shape if size is not None]
    return (info.inputs[0], place_of(sizes, unit)[:2]) if len(sizes) == 3 else (None, cell)


def _fields(network: Network, of: ImageSet) -> dict[str, Field | None]:
    """What a unit of each layer sees of the pictures of a set."""
    shapes = output_shapes(network, of.pictures)
    return network.compiled(("fields", of.key), lambda: receptive_fields(network.graph, shapes))


def _around(whole: np.ndarray, field: Field | None, cell: Cell | None) -> np.ndarray:
    """Half of the picture (rows, columns, C), around the middle of what a cell sees; all of it without a cell."""
    pixels = np.clip(np.round(whole), 0, 255).astype(np.uint8)
    if field is not None and cell is not None:
        size = whole.shape[0] // 2, whole.shape[1] // 2
        at = [
            int(np.clip(m - s / 2, 0, n - s)) for m, s, n in zip(middle(field, cell), size, whole.shape, strict=False)
        ]
        pixels = pixels[at[0] : at[0] + size[0], at[1] : at[1] + size[1]]
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def _words(of: ImageSet, face: Face, hit: Hit) -> str:
    label = of.label(hit.image).rstrip(": ")
    what = f"{of.title(hit.image)}{f' ({with_article(label)})' if label else ''}"
    if face.equal > 1:
        return f"{what} and {face.equal - 1} or more others excite it alike: {number(hit.value)}"
    return f"of {face.searched:,} {of.noun}s {what} excites it most: {number(hit.value)}"
