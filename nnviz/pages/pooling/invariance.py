"""The shift view: how much a shift of the picture changes a map before and after its pooling, and what the net says."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.invariance import (
    DIRECTIONS,
    MOST,
    NOTHING_SHARED,
    Invariance,
    invariance,
    maps_of,
    relative_change,
    shifts,
    stages,
)
from nnviz.analysis.layer.pooling import as_maps, pooled
from nnviz.analysis.network.trace import Trace
from nnviz.components.raster import Panel, raster
from nnviz.figures.changes import change_curves
from nnviz.pages.pooling.subject import Subject, choose, without
from nnviz.shell import address, controls, library
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import caption, small
from nnviz.views import answer, chart, scales

TITLES = {"right": "Right", "down": "Down", "diagonal": "Diagonal"}


def render(subject: Subject) -> None:
    """Draw the view."""
    direction = address.choice("direction", tuple(DIRECTIONS), "right")
    step, _ = address.whole("shift", 1, 0, MOST)
    fitted, traces = _moved(subject, direction)
    layer = subject.layer.name if subject.layer else subject.pool
    found = invariance(subject.session.network, traces, subject.source.name, layer)
    kinds, way, slider = st.columns([5, 3, 3], gap="medium", vertical_alignment="center")
    with kinds:
        choose(subject)
    with way:
        controls.switch("Direction", "direction", tuple(DIRECTIONS), direction, titles=TITLES)
    with slider:
        controls.slider("Shift (pixels)", "shift", step, 0, MOST, format="%d px", label_visibility="collapsed")
    pictures, curves = st.columns([10, 9], gap="large")
    with pictures:
        _pictures(subject, fitted, traces, step, direction)
    with curves:
        write_html('<p class="nn-formula"><b>change</b> = ‖ shifted − unshifted ‖ / ‖ unshifted ‖</p>')
        chart.plot(_chart(subject, found, step), "pooling-change")
        small(_answers(subject, found))
    caption(sentence(subject, found, step, direction))
    small(html("{} {}", without(subject), _stages(subject, traces, found, step)))


def _moved(subject: Subject, direction: str) -> tuple[list[np.ndarray], list[Trace]]:
    """The picture at every shift, as it is shown and as the network reads it."""
    session = subject.session
    pixels, traces = [], []
    for transform in shifts(session.transform, direction):
        fitted = library.fitted(session.network, session.picture, transform)
        pixels.append(fitted.pixels)
        traces.append(library.traced(session.network, session.key, fitted.digest, fitted))
    return pixels, traces


def _pictures(subject: Subject, pixels: list[np.ndarray], traces: list[Trace], step: int, direction: str) -> None:
    """Above without the shift, below with it: the picture, the map, and what pooling makes of it."""
    network = subject.session.network
    before = [maps_of(network, one, subject.source.name)[..., subject.channel] for one in traces]
    if subject.layer is None:
        after = [pooled(tile[..., None], subject.pool)[..., 0].astype(np.float32) for tile in before]
    else:
        after = [as_maps(one.activations[subject.layer.name])[..., subject.channel] for one in traces]
    which = f", map {subject.channel}" if subject.maps.shape[2] > 1 else ""
    changed = [relative_change(tiles)[step] for tiles in (before, after)]
    colour, ranges = scales.colour_scale(subject.session, subject.source.name, "layer")
    span = (float(ranges[0, 0]), float(ranges[0, 1]))
    panels = []
    for row, at in enumerate((0, step)):
        shown = pixels[at]
        tile = shown[None, :, :, 0] if shown.shape[2] == 1 else shown[None]
        way = f"{step} px {direction}" if step else "not moved"
        first = [Panel(tile, "grey", (0, 255), title="picture" if row == 0 else way, most=340, row=row)]
        # Where the picture itself is pooled, it stands there once.
        titles = [f"{subject.read}{which}", f"{subject.name}{which}" if subject.layer else subject.name]
        if row:
            titles = [_changed(value) for value in changed]
            titles[0] = titles[0] if subject.source.index else f"{way}: {titles[0]}"
        panels += [] if subject.source.index == 0 else first
        for tiles, title in zip((before, after), titles, strict=True):
            panels.append(Panel(tiles[at][None], colour, span, title=title, most=340, row=row, say_zero=True))
    raster(
        panels,
        key="pooling-shift",
        alt=f"The picture, {subject.read}{which} and {subject.name}; below them the same, shifted by {step} pixels",
        height=0.58,
        least=60,
    )


def _changed(value: float) -> str:
    return "no measure" if np.isnan(value) else f"change {value:.2f}"


def names(subject: Subject, found: Invariance) -> dict[str, np.ndarray]:
    """The curves by what they are called; what is the same layer stands once."""
    lines = {subject.read: found.before, subject.name if subject.layer else "pooled": found.after}
    if found.last_layer not in lines:
        lines[found.last_layer if found.last_layer != subject.session.network.layers[0].name else "last vector"] = (
            found.last
        )
    lines["logits" if subject.session.network.output.shares else "outputs"] = found.scores
    return lines


def _chart(subject: Subject, found: Invariance, step: int) -> go.Figure:
    return change_curves(
        list(range(MOST + 1)),
        names(subject, found),
        now=step,
        limit=(NOTHING_SHARED, "1.41: nothing in common"),
    )


def _answers(subject: Subject, found: Invariance) -> Markup:
    """What the net says at each shift."""
    said = [subject.session.class_name(winner) for winner in found.winners]
    network = subject.session.network
    shares = ", ".join(answer.value(network, float(each)) for each in found.probabilities)
    steps = ", ".join(str(step) for step in range(len(said)))
    if not network.output.chooses:
        return html("At {} px {} is {}.", steps, said[0], shares)
    which = html("<b>{}</b>{}", *((said[0], " at every shift") if len(set(said)) == 1 else (", ".join(said), "")))
    return html("At {} px the net says {}; {} has {}.", steps, which, said[0], shares)


def sentence(subject: Subject, found: Invariance, step: int, direction: str) -> str:
    """What the numbers say for this network and this picture, also where pooling does not help."""
    read, name = subject.read, subject.name
    at = step or 1
    before, after = float(found.before[at]), float(found.after[at])
    by = f"{at} pixel{'s' if at > 1 else ''} {direction}"
    start = "Not moved yet, nothing changes; shifted by " if step == 0 else "Shifted by "
    if np.isnan(before) or np.isnan(after):
        return f"{start}{by}, {read} wakes up from zero everywhere, so its change has no measure."
    return f"{start}{by}, {read} changes by {before:.2f} and {name} by {after:.2f}: {verdict(before, after)}."


def verdict(before: float, after: float) -> str:
    """Whether pooling took some of the change away."""
    if before == 0:
        return "there was nothing to make up for" if after == 0 else "pooling makes a difference where there was none"
    share = 1 - after / before
    if share >= 0.995:
        return "pooling makes up for all of the shift"
    if share >= 0.05:
        rest = "some invariance, not all of it" if share < 0.5 else "most of it"
        return f"pooling takes {share:.0%} of the change away, {rest}"
    if share > -0.05:
        return "pooling hardly helps here"
    return f"pooling does not help here, the change grows by {-share:.0%}"


def _stages(subject: Subject, traces: list[Trace], found: Invariance, step: int) -> Markup:
    """Every pooling of the network at this shift, and what the smaller grid alone would have done."""
    at = step or 1
    parts = []
    for name, (read, made) in stages(subject.session.network, traces).items():
        source = subject.session.network.layer(name).inputs[0]
        parts.append(html("{} {:.2f} → {} <b>{:.2f}</b>", source, read[at], name, made[at]))
    text = html("Each pooling at {} px: {}. ", at, Markup("; ").join(parts)) if len(parts) > 1 else Markup()
    if found.thinned.size and not np.isnan(found.thinned[at]):
        text += f"The same grid without pooling (one cell of each window) would change by {found.thinned[at]:.2f}. "
    return (
        text
        + "Change: Euclidean norm over all maps; 0 is the same, 1.41 two equally strong answers with no cell shared."
    )
