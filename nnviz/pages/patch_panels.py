"""Patches of the pictures that were searched as a panel of the raster: each cut out where its unit looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.images import fit
from nnviz.analysis.network import Network
from nnviz.analysis.patches import Patch, cut
from nnviz.analysis.receptive import Field
from nnviz.analysis.strongest import Hit, as_given
from nnviz.components.raster import Panel
from nnviz.figures.words import number
from nnviz.pages.searched import for_network

_NOTHING = (226.0, 200.0)
"""The two greys of the chequers that stand where there is nothing to see: beyond the border, or not found yet."""


@st.cache_resource(max_entries=128, show_spinner=False)
def given(_network: Network, key: str, noun: str, index: int) -> np.ndarray:
    """A picture as the network takes it: (H, W, C), 0..255; kept under the network's content key."""
    return as_given(_network, for_network(_network).image(index))


def fitted_note(network: Network) -> str:
    """What is done to the pictures so that the network can take them; empty where nothing is."""
    return fit(for_network(network).image(0), network.image_shape, network.scale, network.offset).note


def patch_panel(
    network: Network,
    key: str,
    hits: Sequence[Hit],
    field: Field | None,
    places: int,
    mean: bool = False,
    **more: Any,
) -> Panel:
    """The patches of the hits, with value and label below each; chequered where there are fewer than `places`.

    Args:
        mean: whether the mean of the patches stands behind them.
        more: of the panel.
    """
    of = for_network(network)
    patches = [cut(given(network, key, of.noun, hit.image), field, hit.cell) for hit in hits]
    labels = [f"{of.label(hit.image)}{number(hit.value)}" for hit in hits]
    names = [of.title(hit.image) for hit in hits]
    if not patches:
        size = given(network, key, of.noun, 0).shape[:2]
        empty = (size[0], size[1]) if field is None else (min(field[0].size, size[0]), min(field[1].size, size[1]))
        blank = Patch(np.zeros((*empty, 1)), np.zeros(empty, bool))
        tiles = [_tile(blank)] * (places + mean)
    else:
        nothing = Patch(np.zeros_like(patches[0].pixels), np.zeros_like(patches[0].seen))
        tiles = [_tile(patch) for patch in [*patches, *[nothing] * (places - len(patches))]]
        tiles += [_tile(mean_of(patches))] * mean
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
