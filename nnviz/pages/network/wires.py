"""The wires of the unit under study: what its strongest inputs add to it, and what it adds to what reads it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer, inputs_of, outputs_of
from nnviz.components.stage import ANSWER, PICTURE, Wall, Wire
from nnviz.shell.session import Session

MOST = 8
"""Of each layer, the strongest."""


def wires(session: Session, walls: Sequence[Wall], at: int | None) -> list[Wire]:
    """Those from the walls that the unit's wall reads, and those to what reads it; none where it has no wall.

    Args:
        at: the wall of the layer under study; ANSWER for the layer that answers.
    """
    if at is None:
        return []
    network, layer, unit, found = session.network, session.layer.name, session.unit, list[Wire]()
    last = answer_layer(network)
    target = targets.unit_score(network, layer, unit, last)
    before = walls[at].reads if at >= 0 else [index for index, wall in enumerate(walls) if wall.answers]
    for source in before:
        name = network.layers[0].name if source == PICTURE else walls[source].layer
        values = inputs_of(network, session.trace.image, name, target)
        if source == PICTURE:
            # The picture is one: what all its cells give.
            total = float(values.sum())
            found += [Wire("from", PICTURE, 0, total)] if total else []
        else:
            found += [Wire("from", source, *one) for one in _shown(values, walls[source].units)]
    if at < 0:
        return found
    for sink, wall in enumerate(walls):
        if at in wall.reads:
            effects = outputs_of(network, session.trace.image, layer, unit, wall.layer)
            found += [Wire("to", sink, *one) for one in _shown(effects, wall.units)]
    if walls[at].answers and layer != last:
        effects = outputs_of(network, session.trace.image, layer, unit, LOGITS)
        found += [Wire("to", ANSWER, *one) for one in _shown(effects, np.arange(effects.size))]
    return found


def _shown(values: np.ndarray, units: np.ndarray) -> list[tuple[int, float]]:
    """The strongest of those that are shown, as their number on the wall and what they add."""
    own = values[units]
    order = np.argsort(-np.abs(own), kind="stable")[:MOST]
    return [(int(index), float(own[index])) for index in order if own[index] != 0]
