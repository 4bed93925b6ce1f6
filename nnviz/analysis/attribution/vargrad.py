"""VarGrad: how much the gradient varies over noisy copies of the image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnviz.analysis.attribution.noisy import Noisy
from nnviz.analysis.network.passes import ROUNDING


class VarGrad(Noisy):
    """variance over n of gradient(image + N(0, sigma^2)), of the copies that SmoothGrad averages; divided by n."""

    name = "vargrad"
    title = "VarGrad"
    paper = "Adebayo et al. 2018, Local Explanation Methods Lack Sensitivity to Parameter Values, arXiv:1810.03307"
    signed = False
    what = "Where the gradient changes most from one noisy copy of the image to the next: what the net bends around."
    fewest = 2

    def gathering(self, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
        mean, squares, count = np.zeros(shape, np.float64), np.zeros(shape, np.float64), 0

        def gather(gradients: np.ndarray) -> np.ndarray:
            """Chan et al. 1979: squares of the distances to the mean, batch by batch, without cancellation."""
            nonlocal count
            more = len(gradients)
            own = gradients.mean(axis=0, dtype=np.float64)
            apart = own - mean
            np.add(squares, np.square(gradients - own).sum(axis=0), out=squares)
            np.add(squares, np.square(apart) * (count * more / (count + more)), out=squares)
            np.add(mean, apart * (more / (count + more)), out=mean)
            count += more
            # Equal copies, whose gradients only rounding sets apart, have none.
            variance, rounding = squares / count, ROUNDING * np.abs(mean).max()
            return np.where(variance <= rounding**2, 0.0, variance)

        return gather
