"""SmoothGrad: the gradient, averaged over noisy copies of the image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnviz.analysis.attribution.noisy import Noisy


class SmoothGrad(Noisy):
    """mean over n of gradient(image + N(0, sigma^2)), sigma = noise * (max - min of the image)."""

    name = "smoothgrad"
    title = "SmoothGrad"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise, arXiv:1706.03825"
    signed = True
    what = "The gradient, averaged over noisy copies of the image, so that only what is steady remains."

    def gathering(self, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
        total, count = np.zeros(shape, np.float64), 0

        def gather(gradients: np.ndarray) -> np.ndarray:
            nonlocal count
            np.add(total, gradients.sum(axis=0), out=total)
            count += len(gradients)
            return total / count

        return gather
