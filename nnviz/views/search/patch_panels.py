"""Patches of the pictures that were searched as a panel of the raster: each cut out where its unit looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnviz.analysis.data.pictures import as_given, shape_in, size_in
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.receptive import Field
from nnviz.analysis.network.trace import shown_to
from nnviz.analysis.search.patches import Patch, cut
from nnviz.analysis.search.ranking import Hit
from nnviz.components.raster import Panel
from nnviz.errors import NnvizError
from nnviz.figures.words import number
from nnviz.shell import caches
from nnviz.views.search.image_sets import ImageSet

_NOTHING = (226.0, 200.0)
"""The two greys of the chequers that stand where there is nothing to see: beyond the border, or not found yet."""


def given(network: Network, key: str, of: ImageSet, index: int) -> np.ndarray:
    """A picture as the network takes it in the search: (H, W, C), 0..255; kept under the network's content key."""

    def make() -> np.ndarray:
        pixels = as_given(network, of.image(index), size_in(network, of.pictures))
        # Pictures are of whole numbers and stay so when they are fitted: a quarter of the room.
        return pixels.astype(np.uint8)

    # A photograph of a camera takes a tenth of a second to read, and a unit has some twenty on the page.
    return caches.thumbnails.made((key, of.key, index), make).astype(np.float32)


def given_if_read(network: Network, key: str, of: ImageSet, index: int) -> np.ndarray | None:
    """`given`; None of a picture that cannot be read any more."""
    try:
        return given(network, key, of, index)
    except NnvizError:  # `gone` says so
        return None


def gone(network: Network, key: str, of: ImageSet, hits: Iterable[Hit]) -> str:
    """Which of the pictures of the hits cannot be read since they were searched, in a sentence with a blank before;
    empty where all can."""
    lost = [number for number in {hit.image for hit in hits} if given_if_read(network, key, of, number) is None]
    if not lost:
        return ""
    which = "1 file that was" if len(lost) == 1 else f"{len(lost)} files that were"
    return f" {which} searched cannot be read any more: {of.listed(lost)}."


def fitted_note(network: Network, of: ImageSet) -> str:
    """What is done to the pictures so that the network can take them; empty where nothing is, and where they are of
    many sizes."""
    if not isinstance(of.pictures, np.ndarray):
        return ""
    return shown_to(network, of.image(0)).note


def patch_panel(
    network: Network,
    key: str,
    of: ImageSet,
    hits: Sequence[Hit],
    field: Field | None,
    places: int,
    mean: bool = False,
    **more: Any,
) -> Panel:
    """The patches of the hits, with value and label below each; chequered where there are fewer than `places`, and
    where a picture cannot be read any more.

    Args:
        of: the pictures that were searched.
        mean: whether the mean of the patches stands behind them.
        more: of the panel.
    """
    pictures = [given_if_read(network, key, of, hit.image) for hit in hits]
    found = [
        None if pixels is None else cut(pixels, field, hit.cell) for pixels, hit in zip(pictures, hits, strict=True)
    ]
    patches = [patch for patch in found if patch is not None]
    labels = [f"{of.label(hit.image)}{number(hit.value)}" for hit in hits]
    names = [
        of.title(hit.image) + (": cannot be read any more" if patch is None else "")
        for patch, hit in zip(found, hits, strict=True)
    ]
    size = shape_in(network, of.pictures)[:2]
    empty = size if field is None else (min(field[0].size, size[0]), min(field[1].size, size[1]))
    nothing = Patch(np.zeros((*empty, 1)), np.zeros(empty, bool))
    tiles = [_tile(patch or nothing) for patch in [*found, *[None] * (places - len(found))]]
    tiles += [_tile(mean_of(patches) if patches else nothing)] * mean
    labels += [""] * (places - len(hits)) + ["mean"] * mean
    names += ["none"] * (places - len(hits)) + ["their mean"] * mean
    stacked = np.stack(tiles)
    # In colours only where it must be: a grey value is told once under the pointer, not three times.
    grey = len(patches) == places and all(patch.seen.all() and patch.pixels.shape[2] == 1 for patch in patches)
    return Panel(
        stacked[..., 0] if grey else stacked, "grey", (0, 255), labels=labels, names=names, pick="tile", **more
    )


def mean_of(patches: Sequence[Patch]) -> Patch:
    """The mean of the patches, each place over those that see it."""
    seen = np.sum([patch.seen for patch in patches], axis=0)
    total = np.sum([np.where(patch.seen[..., None], patch.pixels, 0) for patch in patches], axis=0)
    return Patch(total / np.maximum(seen, 1)[..., None], seen > 0)


def _tile(patch: Patch) -> np.ndarray:
    """A patch in colours, (rows, columns, 3)."""
    rows, columns = patch.seen.shape
    chequers = np.where(np.add.outer(np.arange(rows), np.arange(columns)) % 2, *_NOTHING)
    pixels = np.broadcast_to(patch.pixels, (rows, columns, 3))
    return np.where(patch.seen[..., None], pixels, chequers[..., None]).astype(np.float32)
