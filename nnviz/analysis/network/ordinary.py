"""Ordinary pictures, made up: what the statistics of a network's first layers are compared on."""

from __future__ import annotations

import numpy as np


def photographs(count: int, rows: int, columns: int, channels: int) -> np.ndarray:
    """Noise with the statistics of photographs, (n, H, W, C) float32 in 0..255.

    Amplitude falls as 1 over the frequency (Field 1987), light is shared by the colours, and of all pixels the mean
    is 115 and the standard deviation 64, about as in ImageNet.
    """
    generator = np.random.default_rng(7)
    light = _falling(generator, (count, rows, columns, 1))
    colour = _falling(generator, (count, rows, columns, channels))
    mixed = light + 0.35 * colour * (channels > 1) + 0.5 * generator.normal(size=(count, 1, 1, 1))
    return np.clip(115 + 60 * mixed, 0, 255).astype(np.float32)


def drawings(count: int, rows: int, columns: int, channels: int) -> np.ndarray:
    """White strokes on black, as of digits: about an eighth of the pixels, (n, H, W, C) float32 in 0..255."""
    generator = np.random.default_rng(8)
    field = _falling(generator, (count, rows, columns, 1))
    near = np.abs(field - np.median(field, axis=(1, 2), keepdims=True))
    edge = np.quantile(near, 0.12, axis=(1, 2), keepdims=True)
    strokes = np.clip(1.5 - near / np.maximum(edge, 1e-6), 0, 1) * 255
    return np.repeat(strokes, channels, axis=3).astype(np.float32)


def _falling(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise whose amplitude falls with the frequency, each picture with mean 0 and standard deviation 1."""
    rows, columns = shape[1:3]
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns)[None, :])
    falling = 1 / np.maximum(frequency, 1 / max(rows, columns))
    spectrum = np.fft.fft2(generator.normal(size=shape), axes=(1, 2)) * falling[None, :, :, None]
    noise = np.fft.ifft2(spectrum, axes=(1, 2)).real
    noise -= noise.mean(axis=(1, 2), keepdims=True)
    return noise / np.maximum(noise.std(axis=(1, 2), keepdims=True), 1e-6)
