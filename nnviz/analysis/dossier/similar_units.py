"""The units of a layer that are most like one: by what they answer to the same pictures, and by their weights.

Both are cosines: Pearson's correlation is that of the answers less their means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.analysis.dossier.answers import column
from nnviz.analysis.dossier.kernels import kernels
from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class Correlations:
    """How the answers of a layer's units go with those of one of them.

    Attributes:
        values: (units,) float64, Pearson's r, -1..1; 0 with a unit that is constant, where r is not defined.
        constant: (units,) bool, units that give all pictures the same answer: most often 0; or one that is no number.
    """

    values: np.ndarray
    constant: np.ndarray


def correlations(maxima: Any, unit: int) -> Correlations:
    """Pearson's correlation of a unit's answers with those of every unit of its layer, itself among them.

    Args:
        maxima: (m, units), each picture's largest activation of each unit; pictures without a finite answer of any
            unit are left out.
        unit: which of them, from 0.

    Raises:
        NnvizError: no such unit, or fewer than two pictures.
    """
    column(maxima, unit)
    table = np.asarray(maxima, np.float64)
    table = table[np.isfinite(table).any(axis=1)]
    if len(table) < 2:
        raise NnvizError(f"At least two pictures were expected for a correlation. Received: {len(table)}.")
    # A float mean of equal numbers may miss them by a rounding: what is constant is found before it.
    constant = (table == table[0]).all(axis=0) | ~np.isfinite(table).all(axis=0)
    table = np.where(constant, 0.0, table)
    deviations = table - table.mean(axis=0)
    return Correlations(_cosines(deviations.T, unit), constant)


def cosines(network: Network, layer: str, unit: int) -> np.ndarray | None:
    """The cosine between a unit's weights and those of every unit of its layer, (units,) float64, -1..1, itself among
    them; 0 with a filter of zeros. Biases are left out. None where the layer has no weights (see `kernels`).

    Raises:
        NnvizError: no such layer or unit.
    """
    found = kernels(network, layer)
    if found is None:
        return None
    weights = found.bank.weights.reshape(len(found.bank.weights), -1).astype(np.float64)
    if not 0 <= unit < len(weights):
        raise NnvizError(f"A unit of {layer} from 0 to {len(weights) - 1} was expected. Received: {unit}.")
    return _cosines(weights, unit)


def most_alike(values: np.ndarray, unit: int, count: int) -> np.ndarray:
    """The `count` units with the largest values, the unit itself left out; of equals the lower number first."""
    order = np.argsort(-np.asarray(values), kind="stable")
    return order[order != unit][:count]


def _cosines(vectors: np.ndarray, unit: int) -> np.ndarray:
    """Of vectors (n, d) with one of them."""
    norms = np.sqrt((vectors**2).sum(axis=1))
    products = norms * norms[unit]
    found = np.divide(vectors @ vectors[unit], products, out=np.zeros(len(vectors)), where=products > 0)
    found = np.clip(found, -1.0, 1.0)
    found.flags.writeable = False
    return found
