"""The bundled networks, each read and compiled once for all tests: nobody assigns to their weights."""

from __future__ import annotations

import functools

from nnviz.analysis.network.network import Network, load


@functools.cache
def shipped(name: str) -> Network:
    """The network of that name, the same object each time."""
    return load(name)
