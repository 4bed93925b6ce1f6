"""The range of a network's pixels, where no card tells it: by what it does to them, by its statistics, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.network import ordinary
from nnviz.analysis.network.conventions import Convention, convention
from nnviz.analysis.network.front import Front, first_normalisation, statistics
from nnviz.analysis.network.graph import LOGITS, Graph
from nnviz.analysis.network.input_format import RANGES, InputFormat, as_own, named_range
from nnviz.analysis.network.step import Step
from nnviz.errors import NnvizError

SIDE = 64
"""Side of the pictures that are tried where the size is free."""
_PIXELS = 4 * 224 * 224
"""Pixels that are tried at once."""
_FITS, _FAR = 0.6, 3.0
"""Distances (nats a channel) of statistics that fit, and of those that say that something is wrong. Made-up pictures in
the right range are within 0.3 of real ones."""
_CHANNELS = 8
"""Fewest channels behind weights whose statistics fit one range by more than chance."""
_ALIKE, _NAMED = 0.15, 0.5
"""By how much another range may fit less well than the best one and be taken: the usual one, that of the net's name."""
_SURE = 16.0
"""Lead of a score from which its softmax is 1 in float32."""


def with_range(name: str, plain: InputFormat, graph: Graph, first: Front) -> InputFormat:
    """The format of a picture with the range that the network seems to take, and how that was found.

    Args:
        name: of the network, for the sentences.
        plain: its layout.
        first: the front of its graph.
    """
    known = convention(graph.models) if plain.shape[2] == 3 and plain.kind == "picture" else None
    plain = _sized(name, plain, graph, known)
    best, found = _told(plain, graph, first, known)
    if not best:
        assumed = f"{name} has no card, so its input is assumed to run from 0 to 1."
        best, found = "0..1", plain.assumed or assumed
        plain = replace(plain, assumed=" ".join(filter(None, (assumed, plain.assumed))))
    takes = _in_range(plain, best)
    return replace(takes, found=found, suspect=partial(_suspicion, name, takes, graph))


def _sized(name: str, plain: InputFormat, graph: Graph, known: Convention | None) -> InputFormat:
    """With the size that a known net was made for, or the step that a net that joins its maps needs, if it is free."""
    rows, columns, channels = plain.shape
    if plain.kind != "picture" or None not in (rows, columns):
        return plain
    if known is not None:
        said = (
            f"{name} takes pictures of any size, and is shown those of {known.side}x{known.side}, as {known.name} does."
        )
        sized = (rows or known.side, columns or known.side, channels)
        return replace(plain, shape=sized, own=sized if not plain.turned else plain.own, assumed=said)
    return replace(plain, step=_step(graph))


def _step(graph: Graph) -> int:
    """What the sides of a picture must be multiples of, so that the maps that are joined have one size."""
    widens = any(type(step.layer).__name__ in ("UpSampling2D", "Conv2DTranspose") for step in graph.steps)
    strides = [
        getattr(step.layer, "strides", 1) for step in graph.steps if "Transpose" not in type(step.layer).__name__
    ]
    most = int(np.prod([max(stride) if isinstance(stride, tuple) else 1 for stride in strides])) if widens else 1
    return min(most, SIDE)


def _told(plain: InputFormat, graph: Graph, first: Front, known: Convention | None) -> tuple[str, str]:
    """The name of the range, and how it was found; "" where nothing tells."""
    if "int" in graph.input_dtype:
        return "0..255", f"Its input is of type {graph.input_dtype}: pixels from 0 to 255."
    for told in (_by_what_it_does, _by_statistics):
        best, found = told(plain, graph, first, known)
        if best:
            return best, found
    if known is not None and known.range:
        return known.range, f"A net named {known.name} is fed so by keras.applications."
    return "", ""


def _by_what_it_does(plain: InputFormat, graph: Graph, first: Front, known: Convention | None) -> tuple[str, str]:
    """Whether what reaches the first weights is of their order when the pixels are 0 to 255, or 0 to 1.

    A net that scales nothing says nothing.
    """
    if first.reaching == (graph.input_name,):
        return "", ""
    sizes = _tried(plain)
    fed = np.stack([np.full(sizes, value, np.float32) for value in (0, 1, 255)])
    reached = _run(plain, graph, fed, first.reaching)
    if reached is None:
        return "", ""
    flat = np.concatenate([np.asarray(value, np.float64).reshape(3, -1) for value in reached.values()], axis=1)
    flat = flat[:, flat[2] != flat[0]]  # a border that is padded says nothing
    if not flat.size:
        return "", ""
    low, one, white = flat.mean(axis=1)
    if not np.isfinite((low, one, white)).all() or np.allclose((low, one, white), (0, 1, 255)):
        return "", ""
    unfit = {"0..255": _unfit(low, white), "0..1": _unfit(low, one)}
    best = min(unfit, key=unfit.__getitem__)
    ends = (low, white if best == "0..255" else one)
    words = " to ".join(f"{end:.3g}" for end in ends).replace("-", "\u2212")
    return best, f"What comes before its first weights makes {words} of pixels from {best.replace('..', ' to ')}."


def _unfit(low: float, high: float) -> float:
    """How far two ends are from those that weights are made for: spread about 1 or so, and not far off 0."""
    middle, half = abs(low + high) / 2, abs(high - low) / 2
    if not half:
        return float("inf")
    return float(abs(np.log(half / np.clip(half, 0.4, 4))) + max(0.0, np.log(max(middle, 1e-9) / half / 1.5)))


def _by_statistics(plain: InputFormat, graph: Graph, first: Front, known: Convention | None) -> tuple[str, str]:
    """The range in which ordinary pictures have the statistics that the first batch normalisation has kept."""
    step = first_normalisation(graph)
    if step is None or (step not in first.weighted and step.outputs[0].shape[step.layer.axis] < _CHANNELS):
        return "", ""
    apart = distances(plain, graph, step)
    best = min(apart, key=apart.__getitem__, default="")
    if not best or apart[best] > _FITS:
        return "", ""
    if known is not None and known.range and apart[known.range] - apart[best] < _NAMED:
        return known.range, f"A net named {known.name} is fed so by keras.applications, and {step.name} agrees."
    best = "0..1" if apart["0..1"] - apart[best] < _ALIKE else best
    return best, f"The statistics that {step.name} has kept fit ordinary pictures in this range best."


def distances(takes: InputFormat, graph: Graph, step: Step) -> dict[str, float]:
    """By the name of a range, how far what a batch normalisation reads of ordinary pictures is from its statistics.

    In nats a channel: the divergence of two normal distributions, the median of all channels.
    """
    channels = takes.shape[2]
    found = {}
    for name in RANGES:
        if named_range(name, channels) is not None:
            values = [_distance(_in_range(takes, name), graph, step, pictures) for pictures in _ordinary(takes)]
            if None not in values:
                found[name] = min(value for value in values if value is not None)
    return found


def _distance(takes: InputFormat, graph: Graph, step: Step, pictures: np.ndarray) -> float | None:
    name = graph.name_of(step.inputs[0])
    scaled = pictures * np.array(takes.scale, np.float32) + np.array(takes.offset, np.float32)
    reached = _run(takes, graph, scaled, (name,))
    if reached is None:
        return None
    values = np.moveaxis(np.asarray(reached[name], np.float64), step.layer.axis, -1)
    values = values.reshape(-1, values.shape[-1])
    mean, variance = statistics(step.layer)
    least = 1e-3 * float(np.median(variance)) + step.layer.epsilon
    own, kept = values.var(axis=0) + least, variance + least
    apart = 0.5 * (np.log(kept / own) + (own + (values.mean(axis=0) - mean) ** 2) / kept - 1)
    return float(np.median(apart))


def _suspicion(name: str, takes: InputFormat, graph: Graph) -> str:
    """Why the range may be another one, from what the network makes of ordinary pictures; "" where nothing says so."""
    pictures = _ordinary(takes)[0]
    scaled = pictures * np.array(takes.scale, np.float32) + np.array(takes.offset, np.float32)
    reached = _run(takes, graph, scaled, (LOGITS,))
    if reached is None:
        return ""
    logits, reasons = np.asarray(reached[LOGITS]), []
    step = first_normalisation(graph)
    if step is not None:
        apart = distances(takes, graph, step)
        own = min((_distance(takes, graph, step, each) or 0.0 for each in _ordinary(takes)), default=0.0)
        best = min(apart, key=apart.__getitem__, default="")
        if own > _FAR:
            fits = f" ({best} fits)" if best and apart[best] < _FITS else ""
            reasons.append(f"what {step.name} reads is far from the statistics that it has kept{fits}")
    if np.ptp(logits, axis=0).max() <= 1e-4 * max(1.0, float(np.abs(logits).max())):
        reasons.append("very different pictures get the same answer")
    elif graph.output_head != "raw" and _surest(logits, graph) > _SURE:
        reasons.append("every picture, even noise, is answered with 100 %")
    if not reasons:
        return ""
    return f"{name} may take another range than {takes.words}: {', and '.join(reasons)}. Try another range."


def _surest(logits: np.ndarray, graph: Graph) -> float:
    """The least lead of an answer over the next one, of all pictures."""
    if graph.output_head == "sigmoid" or logits.shape[1] < 2:
        return float(np.abs(logits).min())
    ordered = np.sort(logits, axis=1)
    return float((ordered[:, -1] - ordered[:, -2]).min())


def _in_range(takes: InputFormat, name: str) -> InputFormat:
    known = named_range(name, takes.shape[2])
    if known is None:
        raise NnvizError(f"A range of {takes.shape[2]} channels was expected. Received: {name}.")
    return replace(takes, scale=known.scale, offset=known.offset, order=known.order)


def _tried(takes: InputFormat) -> tuple[int, int, int]:
    """Size of the pictures that are tried."""
    rows, columns, channels = takes.shape
    side = -(-SIDE // takes.step) * takes.step
    return rows or side * (takes.own[1] or 1 if takes.kind == "volume" else 1), columns or side, channels


def _ordinary(takes: InputFormat) -> Sequence[np.ndarray]:
    """Ordinary pictures of its size, in pixels: photographs, and for a net on grey ones drawings too."""
    rows, columns, channels = _tried(takes)
    count = int(np.clip(_PIXELS // (rows * columns), 2, 8))
    photographs = ordinary.photographs(count, rows, columns, channels)
    return (photographs, ordinary.drawings(count, rows, columns, 1)) if channels == 1 else (photographs,)


def _run(takes: InputFormat, graph: Graph, images: np.ndarray, names: Sequence[str]) -> Mapping[str, Any] | None:
    """What the network makes of images in its own range, by name; None where their size, which is free, is none of its.

    What cannot be computed on images of its own size cannot be shown, and is raised as whatever it is.
    """
    try:
        return graph.run({graph.input_name: as_own(takes, tf.constant(images), graph.input_dtype)}, list(names))
    except (tf.errors.OpError, ValueError):
        if None not in takes.shape:
            raise
        return None
