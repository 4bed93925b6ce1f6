"""One's own kernel on the picture: presets or typed, its output's size, and the learned filter nearest to it."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.convolution import ConvolutionSteps, slides
from nnviz.analysis.layer.own_kernel import PRESETS, Nearest, nearest_filter, own_steps
from nnviz.components.convolution import KernelGeometry, convolution
from nnviz.components.raster import Panel, raster
from nnviz.figures.colour import symmetric
from nnviz.figures.words import number, standing
from nnviz.shell import address, controls
from nnviz.shell.markup import html
from nnviz.shell.page import caption, inform, small
from nnviz.shell.session import Session

TITLES = {
    "sobel-x": "Sobel \u2192",
    "sobel-y": "Sobel \u2193",
    "blur": "Blur",
    "sharpen": "Sharpen",
    "laplacian": "Laplacian",
    "identity": "Identity",
}
SIZES = {9: 3, 25: 5}


def presets() -> None:
    """The switch that chooses a preset; none is chosen where the kernel is one's own."""
    kernel, _ = chosen()
    known = (
        name
        for name, values in PRESETS.items()
        if np.allclose(_centre(kernel, 3), np.reshape(values, (3, 3)), atol=1e-6)
    )
    name = next(known, None) if np.count_nonzero(kernel) == np.count_nonzero(_centre(kernel, 3)) else None
    address.bound("own-preset", name)

    def take() -> None:
        picked = st.session_state["own-preset"]
        if picked is not None:
            _write(_centre(np.reshape(PRESETS[picked], (3, 3)), len(kernel)))

    st.segmented_control(
        "Preset",
        list(PRESETS),
        default=name,
        format_func=lambda option: TITLES[option],
        key="own-preset",
        on_change=take,
        label_visibility="collapsed",
    )


def render(session: Session) -> None:
    """Draw the view."""
    kernel, replaced = chosen()
    if replaced:
        inform("A kernel of 9 or 25 numbers was expected, so Sobel is shown.")
    rows, columns = session.fitted.pixels.shape[:2]
    size = len(kernel)
    padding, _ = address.whole("pad", 0, 0, 4)
    # What would reach over the picture's edge is not offered.
    most = max(1, min(4, (min(rows, columns) + 2 * padding - 1) // (size - 1)))
    dilation, _ = address.whole("dilation", 1, 1, most)
    stride, _ = address.whole("stride", 1, 1, 4)
    steps = own_steps(session.fitted.pixels, kernel, stride, padding, dilation)
    _settings(kernel, stride, padding, dilation, most)
    out = steps.place.size
    spot, _ = address.whole("spot", int(np.abs(steps.output).argmax()), 0, out[0] * out[1] - 1)
    cell = divmod(spot, out[1])
    place = steps.place
    convolution(
        KernelGeometry(
            steps.maps,
            steps.kernel,
            None,
            place.strides,
            place.dilation,
            place.padding,
            place.size,
            range=(0.0, 1.0),
            weight_range=symmetric(kernel),
            source="The grey picture",
            output="Your output",
        ),
        key="own",
        alt="What your kernel makes of the picture, filling in cell by cell; arrow keys choose a cell, Space plays",
        cell=cell,
        below=8,
        on_cell=lambda found: address.write(spot=found.row * out[1] + found.column),
    )
    words, near = st.columns([3, 2], gap="large")
    with words:
        small(_explained(steps, (rows, columns), stride, padding, dilation))
        _caption(session, steps, cell)
    with near:
        _nearest(session, kernel)


def chosen() -> tuple[np.ndarray, bool]:
    """The kernel (3,3) or (5,5) of the address, and whether what stood there had to be replaced."""
    text = address.read().get("kernel")
    default = np.reshape(PRESETS["sobel-x"], (3, 3)).astype(float)
    if text is None:
        return default, False
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return default, True
    if len(values) not in SIZES or not all(math.isfinite(value) and abs(value) <= 1000 for value in values):
        return default, True
    size = SIZES[len(values)]
    return np.reshape(values, (size, size)), False


def _write(kernel: np.ndarray) -> None:
    address.write(kernel=",".join(f"{value:.6g}" for value in kernel.ravel()), spot=None)


def _centre(kernel: np.ndarray, size: int) -> np.ndarray:
    """The same kernel in a larger field of zeros, or its middle."""
    edge = (size - len(kernel)) // 2
    return np.pad(kernel, edge) if edge >= 0 else kernel[-edge:edge, -edge:edge]


def _settings(kernel: np.ndarray, stride: int, padding: int, dilation: int, most: int) -> None:
    first, *rest = st.columns([4, 3, 3, 3], gap="large", vertical_alignment="bottom")
    with first, st.container(horizontal=True, vertical_alignment="bottom"):
        size = f"{len(kernel)}x{len(kernel)}"
        address.bound("own-size", size)
        st.segmented_control(
            "Size",
            ["3x3", "5x5"],
            default=size,
            key="own-size",
            required=True,
            on_change=lambda: _write(_centre(kernel, int(st.session_state["own-size"][0]))),
            label_visibility="collapsed",
        )
        with st.popover("Type it"):
            _typed(kernel)
    with rest[0]:
        controls.slider("Stride", "stride", stride, 1, 4)
    with rest[1]:
        controls.slider("Padding", "pad", padding, 0, 4)
    with rest[2]:
        controls.slider("Dilation", "dilation", dilation, 1, most)


def _typed(kernel: np.ndarray) -> None:
    """A field a weight."""
    size = len(kernel)

    def take() -> None:
        typed = [float(st.session_state[f"own-weight-{size}-{at}"] or 0.0) for at in range(size * size)]
        _write(np.reshape(typed, (size, size)))

    for row in range(size):
        for column, place in enumerate(st.columns(size, gap="small")):
            key = f"own-weight-{size}-{row * size + column}"
            value = float(f"{kernel[row, column]:.6g}")
            address.bound(key, value, near=1e-5 * max(1.0, abs(value)))
            place.number_input(
                f"Weight of row {row}, column {column}",
                -1000.0,
                1000.0,
                value,
                step=1.0,
                format="%.4g",
                key=key,
                on_change=take,
                label_visibility="collapsed",
            )


def _explained(steps: ConvolutionSteps, size: tuple[int, int], stride: int, padding: int, dilation: int) -> Markup:
    kernel = steps.kernel.shape[0]
    lengths = [("side", size[0], steps.place.size[0])]
    if size[0] != size[1]:
        lengths = [("rows", size[0], steps.place.size[0]), ("columns", size[1], steps.place.size[1])]
    text = Markup("Size of the output: \u230a(n + 2p \u2212 d(k \u2212 1) \u2212 1) / s\u230b + 1")
    for name, n, made in lengths:
        reach = f"{n} + 2\u00b7{padding} \u2212 {dilation}\u00b7({kernel} \u2212 1) \u2212 1"
        text += html("<br>{}: \u230a({}) / {}\u230b + 1 = <b>{}</b>", name, reach, stride, made)
    return text


def _caption(session: Session, steps: ConvolutionSteps, cell: tuple[int, int]) -> None:
    sums, at = steps.output, int(np.ravel_multi_index(cell, steps.output.shape))
    text = f"At row {cell[0]}, column {cell[1]} your kernel gives {number(float(sums[cell]), beside=sums)}"
    if sums.size > 1:
        text += f", {standing(sums, at)} cells"
    if not any(slides(layer) for layer in session.network.layers):
        text += f"; {session.network.name} itself has no kernel that slides"
    caption(f"{text}.")


def _nearest(session: Session, kernel: np.ndarray) -> None:
    """The learned filter nearest to the kernel, beside it; or why there is none."""
    if not any(slides(layer) for layer in session.network.layers):
        small(f"{session.network.name} has no convolution, so there is no learned filter to compare with.")
        return
    if not kernel.any():
        small("A kernel of zeros is near to no filter.")
        return
    found: Nearest = nearest_filter(session.network, kernel)
    rows, columns = found.kernel.shape
    picture, words = st.columns([2, 3], vertical_alignment="center")
    with picture:
        raster(
            [
                Panel(
                    found.kernel[None], "diverging", symmetric(found.kernel), names=[f"filter {found.filter}"], most=96
                ),
            ],
            key="nearest",
            alt=f"Filter {found.filter} of {found.layer}, the learned filter nearest to your kernel",
            height=0.11,
            least=60,
        )
    with words:
        shape = f"{rows}x{columns}"
        how = ""
        if found.kernel.shape != kernel.shape:
            where = f"row {found.offset[0]}, column {found.offset[1]}"
            how = f" The smaller lies in the larger from {where}, zeros around it."
        nearest = "Nearest of {}: <b>filter {}</b> ({}), cosine <b>{:.2f}</b>.{}"
        small(html(nearest, found.layer, found.filter, shape, found.cosine, how))
