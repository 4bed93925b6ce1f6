"""What a viewer has who looks at a picture in a network, without a page."""

from typing import Any

import numpy as np

from nnviz import trace
from nnviz.analysis.image.images import Transform, fit
from nnviz.analysis.network.network import Network
from nnviz.shell import library
from nnviz.shell.session import Session


def seen(network: Network, pixels: np.ndarray, target: int | None = None, **more: Any) -> Session:
    """The session; `more` are other fields of it."""
    return Session(
        name=network.name,
        key=network.name,
        network=network,
        picture=library.Picture("it", "it", pixels),
        transform=Transform(),
        fitted=fit(pixels, network.image_shape, network.scale, network.offset),
        trace=trace(network, pixels),
        layer=more.pop("layer", network.layers[1]),
        unit=more.pop("unit", 0),
        cell=more.pop("cell", None),
        target=target,
        **more,
    )
