"""One filter at work on a picture of any size, and nothing else: `?side=224&channels=3&kernel=3`."""

import numpy as np
import streamlit as st

from nnviz.components.convolution import KernelGeometry, Stage, convolution

st.set_page_config(layout="wide")
side, channels, kernel = (
    int(st.query_params.get(name, first))
    for name, first in zip(("side", "channels", "kernel"), (28, 1, 7), strict=True)
)
generator = np.random.default_rng(0)
before = (kernel - 1) // 2
convolution(
    KernelGeometry(
        generator.random((side, side, channels), np.float32),
        generator.normal(size=(kernel, kernel, channels)).astype(np.float32),
        0.1,
        (1, 1),
        (1, 1),
        (before, before),
        (side, side),
        [Stage("ReLU", "clip", own=True)],
        rest=generator.normal(size=(side, side)).astype(np.float32),
    ),
    key="frames",
    alt="A filter at work",
)
