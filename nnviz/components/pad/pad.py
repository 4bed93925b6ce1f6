"""The pad component by itself; the stage has one of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from nnviz.components.parts import buffer, component

SIDE = 28
"""Rows and columns of a digit."""


def pad(key: str, on_draw: Callable[[np.ndarray], None]) -> None:
    """Draw the pad.

    Args:
        key: of the component, stable over reruns.
        on_draw: called with (28, 28) uint8, white on black, after each stroke, before the rerun.
    """
    key = f"pad-{key}"

    def report() -> None:
        on_draw(digit_of((st.session_state.get(key) or {}).get("drawn")))

    component("pad")(key=key, data=buffer({}), on_drawn_change=report)


def digit_of(told: Any) -> np.ndarray:
    """What the browser tells of a drawing as (28, 28) uint8."""
    return np.array(told["pixels"], np.uint8).reshape(SIDE, SIDE)
