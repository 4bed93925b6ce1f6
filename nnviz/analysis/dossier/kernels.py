"""The weights that make a unit what it is: its own layer's filter, or that of the layer whose channels it passes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.analysis.layer.filters import FilterBank, filter_bank, stages
from nnviz.analysis.network.network import Network

_PASSING = ("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D")


@dataclass(frozen=True, eq=False)
class Kernels:
    """The filters behind the units of a layer: filter u makes what becomes unit u.

    Attributes:
        bank: the filters.
        layer: the layer that has them: the unit's own, or one before it.
    """

    bank: FilterBank
    layer: str

    def slices(self, unit: int) -> np.ndarray:
        """The input channels of one filter, those of the largest norm first: (channels,) int64."""
        weights = self.bank.weights[unit].astype(np.float64)
        norms = np.sqrt((weights**2).sum(axis=(0, 1)))
        return np.argsort(-norms, kind="stable")


def kernels(network: Network, layer: str) -> Kernels | None:
    """The filters behind the units of a layer, through all that works on each channel by itself: activation functions,
    batch normalisation, pooling, dropout, padding. Of a separable convolution those of its second stage.

    None where there are none: at the input, behind a flattening, and where several layers are joined.

    Raises:
        NnvizError: no such layer.
    """
    found = network.layer(layer)
    units = found.output_shape[-1] if found.output_shape else None
    while True:
        known = stages(found)
        if known:
            bank = filter_bank(network, found.name, known[-1])
            return Kernels(bank, found.name) if len(bank.weights) == units else None
        passes = found.pointwise or "Pooling" in found.kind or found.kind in _PASSING
        if not passes or len(found.inputs) != 1:
            return None
        found = network.layer(found.inputs[0])
        if not found.output_shape or found.output_shape[-1] != units:
            return None
