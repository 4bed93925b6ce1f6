"""The network as the browser runs it itself, where it can and is quick."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.program import Program, program
from nnviz.components.stage import BrowserNet
from nnviz.errors import NnvizError
from nnviz.shell import caches
from nnviz.shell.session import Session

MOST_PRODUCTS, MOST_WEIGHTS = 20e6, 2e6
"""Of a pass: some 40 ms in a browser (benchmarks/README.md); and of what it has to fetch, 8 MB."""


def browser_net(session: Session) -> BrowserNet | None:
    """What the browser needs to run the network on the picture; None where the server does it."""
    takes, network = session.network.input, session.network
    if (
        not st.runtime.exists()
        or not network.output.shares
        or network.output.placed
        or network.graph.output_head not in ("softmax", "binary")
    ):
        return None
    plain = takes.kind == "picture" and takes.order != "bgr" and not takes.turned and None not in takes.own
    if not plain or network.graph.input_dtype != "float32" or session.transform != Transform():
        return None
    if len(set(network.scale)) > 1 or len(set(network.offset)) > 1:
        return None
    kept = caches.programs.made(session.key, lambda: _kept(session))
    if not kept:
        return None
    found = kept[0]
    return BrowserNet(
        key=session.key,
        weights=found.weights.tobytes(),
        input=found.input,
        output=found.output,
        scores=network.graph.name_of(network.graph.logits),
        operations=found.operations,
        shape=[size for size in takes.own if size is not None],
        scale=float(network.scale[0]),
        offset=float(network.offset[0]),
        second=network.graph.output_head == "binary",
    )


def _kept(session: Session) -> tuple[Program] | tuple[()]:
    try:
        found = program(session.network)
    except NnvizError:  # a layer that the browser does not know: the server runs the network, with the same picture
        return ()
    shapes = {name: values.shape for name, values in session.trace.activations.items()}
    products = sum(_products(operation, shapes) for operation in found.operations)
    return (found,) if found.weights.size <= MOST_WEIGHTS and products <= MOST_PRODUCTS else ()


def _products(operation: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> float:
    """Multiplications of one pass through an operation."""
    if operation["op"] == "dense":
        return float(operation["kernel"][1])
    if operation["op"] != "convolution":
        return 0.0
    cells = math.prod(shapes.get(operation["name"].removesuffix("/depthwise"), (math.inf,))[:-1])
    return float(cells * math.prod(operation["shape"]))
