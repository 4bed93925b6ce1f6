"""Convolution: the kernel slides over the picture, and every number of one cell is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from nnviz.analysis.layer.convolution import ConvolutionSteps, convolution_steps, nearest_that_slides, slides
from nnviz.analysis.layer.filters import filter_bank, stages
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.network import Network
from nnviz.components.convolution import MOST_VALUES, Cell, KernelGeometry, Stage, convolution
from nnviz.figures.colour import symmetric
from nnviz.pages.convolution import own_kernel, words
from nnviz.shell import address, controls
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.markup import html
from nnviz.shell.page import Page, Reading, caption, head, small
from nnviz.shell.session import Session
from nnviz.views import layer_configuration, scales

VIEWS = {"layer": "Learned", "own": "Your own"}


def render(session: Session) -> None:
    """Draw the page."""
    known = [layer for layer in session.network.layers if slides(layer)]
    view = address.choice("view", tuple(VIEWS), "layer" if known else "own")
    study = None if view == "own" or not known else lambda: _study(session, known)
    with head(PAGE, study):
        controls.switch("View", "view", tuple(VIEWS), view, titles=VIEWS)
        if view == "own":
            own_kernel.presets()
    if view == "own":
        own_kernel.render(session)
    elif slides(session.layer):
        _layer(session)
    else:
        _without(session)


def _study(session: Session, known: Sequence[LayerInfo]) -> None:
    """Layer and filter: of a layer with two stages, as many as the one has that is shown."""
    if not slides(session.layer):
        controls.study(session, known, count=0)
        return
    found = stages(session.layer)
    bank = filter_bank(session.network, session.layer.name, address.choice("stage", found, found[0]))
    count = len(bank.weights)
    controls.study(session, known, "filter", count=count, unit=min(session.unit, count - 1))


def _without(session: Session) -> None:
    layer = session.layer
    near = nearest_that_slides(session.network, layer.name)
    reason = "stamps its kernel onto its output" if layer.convolution else "has no kernel that slides over maps"
    more = "" if near else f", and neither has any of the {len(session.network.layers)} layers of this network"
    caption(f"{layer.name} ({layer.description}) {reason}{more}.")
    if near is not None:
        st.button(f"Show the nearest convolution: {escape_markdown(near)}", on_click=lambda: controls.go_to(near))
    st.button("Slide a kernel of your own", on_click=lambda: address.write(view="own"))


def _layer(session: Session) -> None:
    name, known = session.layer.name, stages(session.layer)
    stage = address.choice("stage", known, known[0])
    bank = filter_bank(session.network, name, stage)
    unit = min(session.unit, len(bank.weights) - 1)
    steps = convolution_steps(session.network, session.trace, name, unit, stage)
    cell = _cell(session, steps)
    channels = steps.maps.shape[2]
    first = steps.first_channel
    channel = address.whole("channel", first + _informative(steps), first, first + channels - 1)[0] - first
    _choices(session, steps, channel, known)
    convolution(
        _geometry(session, steps, channel, symmetric(bank.weights)),
        key="layer",
        alt=f"Map {unit} of {name}, filling in cell by cell; arrow keys choose a cell, Space plays",
        cell=cell,
        play=address.read().get(address.PLAY) == "1",
        below=4.6,
        on_cell=lambda found: _pin(session, steps, found, channel),
    )
    caption(words.sentence(steps, cell))


def _choices(session: Session, steps: ConvolutionSteps, channel: int, known: tuple[str, ...]) -> None:
    """What the layer is, and in the same row input channel and stage, where there is a choice."""
    first, channels = steps.first_channel, steps.maps.shape[2]
    places = [5] + [2] * (len(known) > 1) + [4] * (channels > 1)
    columns = iter(st.columns(places, gap="large", vertical_alignment="center"))
    with next(columns), st.container(horizontal=True, vertical_alignment="center", gap="small"):
        small(html("<b>{}</b>: {}", session.layer.name, session.layer.description), width="content")
        layer_configuration.popover(session.layer)
    if len(known) > 1:
        with next(columns):
            controls.switch("Stage", "stage", known, steps.stage)
    if channels > 1:
        what, last = f"Input channel (of {steps.source})", first + channels - 1
        with next(columns):
            more: dict[str, Any] = {"format": f"input channel %d of {channels}", "label_visibility": "collapsed"}
            controls.slider(what, "channel", first + channel, first, last, **more)


def _cell(session: Session, steps: ConvolutionSteps) -> tuple[int, int]:
    """The cell of the address, else the one where the map is strongest."""
    rows, columns = steps.place.size
    if session.cell is not None:
        return min(session.cell[0], rows - 1), min(session.cell[1], columns - 1)
    strongest = _strongest(steps)
    # A layer of steps has no rows and columns that other pages know of.
    spot = strongest if session.layer.spatial else address.whole("spot", strongest, 0, rows * columns - 1)[0]
    return divmod(spot, columns)


def _informative(steps: ConvolutionSteps) -> int:
    """The channel that adds most, or takes most away, where the map is strongest."""
    row, column = divmod(_strongest(steps), steps.output.shape[1])
    return int(np.abs(steps.channel_sums(row, column)).argmax())


def _strongest(steps: ConvolutionSteps) -> int:
    """The flat place where the map is highest; where it is nowhere above 0, where it is lowest."""
    return int((steps.output if steps.output.max() > 0 else -steps.output).argmax())


def _pin(session: Session, steps: ConvolutionSteps, found: Cell, channel: int) -> None:
    where = {"row": found.row, "column": found.column}
    if not session.layer.spatial:
        where = {"spot": found.row * steps.place.size[1] + found.column}
    if found.channel != channel:
        where["channel"] = steps.first_channel + found.channel
    address.write(**where, **{address.PLAY: None})


def _geometry(
    session: Session, steps: ConvolutionSteps, channel: int, weight_range: tuple[float, float]
) -> KernelGeometry:
    layer, place = session.layer, steps.place
    colour: Any
    if steps.stage == "pointwise":
        colour, span = ("diverging", symmetric(steps.maps))
    else:
        colour, ranges = scales.colour_scale(session, layer.inputs[0], "layer")
        span = (float(ranges[0, 0]), float(ranges[0, 1]))
    following = (steps.activation, *steps.further)
    output = f"{layer.name}, {'channel' if steps.stage == 'depthwise' else 'map'} {steps.filter}"
    many = steps.maps.size > MOST_VALUES and steps.maps.shape[2] > 1
    return KernelGeometry(
        steps.maps,
        steps.kernel,
        steps.bias,
        place.strides,
        place.dilation,
        place.padding,
        place.size,
        [Stage(s.kind, s.rule, s.a, s.b, s.values, s is steps.activation) for s in following if s.rule != "linear"],
        channel,
        steps.first_channel,
        colour,
        span,
        weight_range,
        _source(session, steps),
        output,
        steps.rest(channel) if many else None,
    )


def _source(session: Session, steps: ConvolutionSteps) -> str:
    """The title of what is read; the browser adds the channel where the filter reads several."""
    name = "Picture" if steps.source == session.network.layers[0].name else steps.source
    apart = len(filter_bank(session.network, steps.layer, steps.stage).weights[0, 0, 0]) == 1
    whole = session.trace.activations[session.layer.inputs[0]].shape[-1]
    return f"{name}, channel {steps.first_channel}" if apart and whole > 1 and steps.stage != "pointwise" else name


def unfit(network: Network) -> str:
    """Why it shows nothing of a network: what is narrower than a kernel is nothing for it to slide over."""
    if all(size is None or size >= 3 for size in network.image_shape[:2]) or any(
        layer.convolution for layer in network.layers
    ):
        return ""
    return f"Convolution slides a kernel over a picture, and {network.name} takes none."


PAGE = Page(
    "Convolution",
    ":material/filter_center_focus:",
    "convolution",
    "Convolve",
    render,
    unfit,
    reading=(
        Reading("A guide to convolution arithmetic", "Dumoulin and Visin 2016", "https://arxiv.org/abs/1603.07285"),
        Reading("CNN Explainer", "Wang et al. 2020", "https://poloclub.github.io/cnn-explainer/"),
    ),
)
