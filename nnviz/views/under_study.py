"""Which layer and which unit a page studies that has something to say of some layers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnviz.analysis.network.influence import leads_to
from nnviz.analysis.network.layers import LayerInfo
from nnviz.shell.session import Session


def nearest(session: Session, options: Sequence[LayerInfo], *, later: bool = True) -> LayerInfo | None:
    """The layer under study where it is one of the options, else the next one on its way, or the one before it.

    Args:
        session: whose layer.
        options: in the order of the network.
        later: whether the one that follows comes before the one that went.
    """
    here, network = session.layer, session.network
    if any(option.name == here.name for option in options):
        return here
    after = next((one for one in options if leads_to(network, here.name, one.name)), None)
    before = next((one for one in reversed(options) if leads_to(network, one.name, here.name)), None)
    found = [after, before] if later else [before, after]
    return next((one for one in found if one is not None), options[0] if options else None)


def channel_of(session: Session, maps: np.ndarray) -> int:
    """The unit of the address where the layer under study has as many as the maps, else the strongest map."""
    if session.activations.shape[-1] == maps.shape[-1]:
        return min(session.unit, maps.shape[-1] - 1)
    return int(np.abs(maps).max(axis=(0, 1)).argmax())
