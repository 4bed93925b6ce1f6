"""What a digit is written on, and with: the shades of paper and ink, and the picture with both at the range's ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_LEAST = 24.0
"""Of 255, by which ink differs from its paper; less is a sheet with nothing on it."""
_SHEET = 0.55
"""Share of a picture that is paper at least; with less it is a photograph of something else."""
_INK = 2.0
"""Percent of a picture that are ink at least, of a thin stroke too."""
_FAINT, _END = 128.0, 32.0
"""Of 255: contrast below which ink is faint, and how far paper may stand from the end of the range."""


@dataclass(frozen=True, eq=False)
class Paper:
    """Paper and ink of a drawing.

    Attributes:
        dark: whether the ink is darker than the paper.
        paper, ink: their shades, 0..255, each the median of its pixels.
        strokes: how much each pixel is ink, 0 to 1: (H, W). A shadow on the paper is none, nor is its grain.
    """

    dark: bool
    paper: float
    ink: float
    strokes: NDArray[np.float32]

    @property
    def faint(self) -> bool:
        """Whether paper and ink use a part of the range only."""
        end = 255 - self.paper if self.dark else self.paper
        return abs(self.ink - self.paper) < _FAINT or end > _END

    @property
    def words(self) -> str:
        """Both in words: dark on light (ink 20 on paper 118)."""
        return f"{'dark on light' if self.dark else 'light on dark'} (ink {self.ink:.0f} on paper {self.paper:.0f})"

    @property
    def stretched(self) -> NDArray[np.float32]:
        """The drawing with paper and ink at the ends of the range, the dark one dark: (H, W), 0..255."""
        return 255 * (1 - self.strokes if self.dark else self.strokes)


def paper_and_ink(pixels: NDArray[np.float32]) -> Paper | None:
    """Paper and ink of a drawing; None where a picture is none: nothing on it, or no sheet around it.

    Paper is what the border and most of the picture lie on: a smooth surface (of the second degree, fitted to what is
    near it), so that a shadow or a lamp beside it is paper too. Ink is what differs most from it.

    Args:
        pixels: (H, W, C), 0..255.
    """
    grey = pixels @ _LUMA if pixels.shape[2] == 3 else pixels.mean(axis=2)
    if min(grey.shape) < 5:
        return None
    sheet = _sheet(grey)
    rest = grey - sheet
    below, above = -np.percentile(rest, _INK), np.percentile(rest, 100 - _INK)
    dark, contrast = bool(below > above), float(max(below, above))
    if contrast < _LEAST or np.mean(np.abs(rest) < 0.35 * contrast) < _SHEET:
        return None
    # Under a shadow ink and paper get darker by the same factor.
    depth = -rest / np.maximum(sheet, 1) if dark else rest
    inked = (-rest if dark else rest) > 0.7 * contrast
    full = float(np.median(depth[inked]))
    grain = min(0.3, 4 * _deviation(depth[np.abs(rest) < 0.35 * contrast]) / full)
    strokes = np.clip((depth / full - grain) / (1 - grain), 0, 1).astype(np.float32)
    return Paper(dark, float(np.median(sheet)), float(np.median(grey[inked])), strokes)


def _sheet(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shade of the paper under every pixel."""
    rows, columns = (np.linspace(-1, 1, size) for size in grey.shape)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    edge = np.ones(grey.shape, bool)
    edge[1:-1, 1:-1] = False
    near, found = edge, np.full(grey.shape, np.median(grey[edge]))
    for terms in ((1, 1), (1, 1, 2), (1, 1, 2), (1, 1, 2)):
        basis = [np.ones_like(x), x, y] + ([x * x, x * y, y * y] if len(terms) == 3 else [])
        rest = grey - found
        near = (edge if len(terms) == 2 else np.ones_like(edge)) & (
            np.abs(rest) <= max(6.0, 2.5 * _deviation(rest[near]))
        )
        if near.sum() < 4 * len(basis):
            break
        columns_of = np.stack([each[near] for each in basis], axis=1)
        weights = np.linalg.lstsq(columns_of, grey[near], rcond=None)[0]
        found = sum(weight * each for weight, each in zip(weights, basis, strict=True))
    return found.astype(np.float32)


def _deviation(values: NDArray[np.float32]) -> float:
    """The standard deviation of most of the values, whatever the others are."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
