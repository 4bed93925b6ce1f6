"""Blind maps: as grainy as a given one, and without any knowledge of the network. What a real map is held against.

A smooth map, such as one of Grad-CAM, is easily alike to another smooth one, and a patch that goes at once weighs
otherwise than as many pixels here and there. So chance has to be as smooth as the map is: the phases of the map's
Fourier transform are replaced by random ones, which keeps its power spectrum and forgets its places (Theiler et al.
1992, Testing for nonlinearity in time series: the method of surrogate data, Physica D 58).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def surrogate_map(
    values: np.ndarray,
    generator: np.random.Generator,
    weights: np.ndarray | None = None,
    where: np.ndarray | None = None,
) -> np.ndarray:
    """One blind map (H, W), 0..1, each value between equally likely.

    Args:
        values: (H, W), the map that it is to be as grainy as. Where that is the same everywhere, it is plain noise.
        generator: of the random phases.
        weights: (H, W) from 0 up, what it is multiplied by: what a blind map may know of the picture.
        where: (H, W) bool, the places that count; the graininess is that of the map there. All of them without.
    """
    where = np.ones(values.shape, bool) if where is None else where
    # About its mean there: the outline of the places themselves is no property of the map.
    spectrum = np.abs(np.fft.rfft2(np.where(where, values - values[where].mean(), 0.0)))
    if not np.ptp(values[where]):
        spectrum = np.ones_like(spectrum)
    phases = np.angle(np.fft.rfft2(generator.standard_normal(values.shape)))
    noise = np.fft.irfft2(spectrum * np.exp(1j * phases), values.shape)
    made = np.zeros(values.shape)
    made[where] = (rankdata(noise[where]) - 0.5) / where.sum()
    return made if weights is None else made * weights
