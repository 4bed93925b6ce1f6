"""What is optimised in place of the pixels, and how a picture is made of it.

A parametrisation turns parameters (n, ...) float32 into pictures (n, H, W, C) in 0..1 through a sigmoid, so that a
picture never leaves what the network's input can be. All of them are plain values: equal ones compile to one function.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.errors import NnvizError

Tensor = Any

_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
"""Square root (by SVD) of the covariance of red, green and blue over ImageNet: Olah et al. 2017, as in Lucid."""

COLOURS = _COLOURS / np.linalg.norm(_COLOURS, axis=0).max()
"""Decorrelated colours (the three columns) to red, green and blue: pixels = decorrelated @ COLOURS.T."""

_SPREAD = 0.01
_EDGE = 1e-4


@dataclass(frozen=True)
class Parametrization(ABC):
    """How parameters make a picture of so many rows, columns and channels."""

    height: int
    width: int
    channels: int

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameters of one picture."""

    @abstractmethod
    def values(self, parameters: Tensor) -> Tensor:
        """What the sigmoid is applied to: (n, H, W, C)."""

    @abstractmethod
    def inverse(self, images: np.ndarray) -> np.ndarray:
        """Parameters (n, *shape) float32 of pictures (n, H, W, C) in 0..1, kept off the very ends."""

    def images(self, parameters: Tensor) -> Tensor:
        """Pictures (n, H, W, C) in 0..1."""
        return tf.sigmoid(self.values(parameters))

    def start(self, seed: int, count: int, alike: bool = False) -> np.ndarray:
        """Parameters to begin with (n, *shape): a little noise about grey, the same for all where `alike`."""
        noise = np.random.default_rng(seed).normal(0, _SPREAD, (1 if alike else count, *self.shape))
        return np.ascontiguousarray(np.broadcast_to(noise, (count, *self.shape)), np.float32)


@dataclass(frozen=True)
class Pixels(Parametrization):
    """Each pixel by itself."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, self.width, self.channels)

    def values(self, parameters: Tensor) -> Tensor:
        return parameters

    def inverse(self, images: np.ndarray) -> np.ndarray:
        return _logit(images)


@dataclass(frozen=True)
class Fourier(Parametrization):
    """The picture's spectrum, each frequency f scaled by 1/f as in photographs, in decorrelated colours.

    values = irfft2(sqrt(H W) spectrum / max(f, 1 / max(H, W))) / 4, then mixed by `COLOURS` where there are three
    channels. Olah et al. 2017, Feature Visualization, Distill (preconditioning).
    """

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.channels, self.height, self.width // 2 + 1, 2)

    def values(self, parameters: Tensor) -> Tensor:
        spectrum = tf.complex(parameters[..., 0], parameters[..., 1]) * self._scale()
        waves = tf.signal.irfft2d(spectrum, [self.height, self.width]) / 4.0
        values = tf.ensure_shape(tf.transpose(waves, (0, 2, 3, 1)), (None, self.height, self.width, self.channels))
        return tf.einsum("nhwc,dc->nhwd", values, COLOURS) if self.channels == 3 else values

    def inverse(self, images: np.ndarray) -> np.ndarray:
        values = _logit(images)
        if self.channels == 3:
            values = values @ np.linalg.inv(COLOURS).T
        spectrum = np.fft.rfft2(4.0 * values.transpose(0, 3, 1, 2), axes=(2, 3)) / self._scale()
        return np.stack([spectrum.real, spectrum.imag], axis=-1).astype(np.float32)

    def _scale(self) -> np.ndarray:
        rows, columns = np.fft.fftfreq(self.height)[:, None], np.fft.rfftfreq(self.width)[None]
        frequency = np.maximum(np.hypot(rows, columns), 1.0 / max(self.height, self.width))
        return (np.sqrt(self.height * self.width) / frequency).astype(np.complex64)


PARAMETRIZATIONS: dict[str, type[Parametrization]] = {"fourier": Fourier, "pixels": Pixels}


def parametrization_named(name: str) -> type[Parametrization]:
    """The parametrisation of that name. Raises NnvizError, listing those there are."""
    if not isinstance(name, str) or name not in PARAMETRIZATIONS:
        raise NnvizError(f"A parametrization was expected: {' or '.join(PARAMETRIZATIONS)}. Received: {name!r}.")
    return PARAMETRIZATIONS[name]


def _logit(images: np.ndarray) -> np.ndarray:
    inner = np.clip(np.asarray(images, np.float64), _EDGE, 1 - _EDGE)
    return np.log(inner / (1 - inner)).astype(np.float32)
