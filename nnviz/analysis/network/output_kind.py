"""How it is found what the last numbers of a network are: by structure, by probes, by its card and its loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.output_format import End, Head, Kind, OutputFormat
from nnviz.analysis.network.output_head import OutputHead
from nnviz.errors import NnvizError

SIDE = 8
"""Pixels of the smallest side of what is taken for a picture though it is flat."""
_APPLICATIONS = (
    "vgg",
    "resnet",
    "mobilenet",
    "efficientnet",
    "densenet",
    "inception",
    "xception",
    "nasnet",
    "convnext",
)
_IMAGENET = 1000


@dataclass(frozen=True)
class Probe:
    """A graph as it is tried: the shape of its input without the batch axis, its type, and what it makes of one."""

    shape: tuple[int | None, ...]
    dtype: str
    run: Callable[[Any], Any]


def output_format(probe: Probe, head: OutputHead, card: Mapping[str, Any], loss: str, name: str) -> OutputFormat:
    """What a graph gives, as its structure, the card, the loss and a few probes say.

    Args:
        probe: the graph, which is run on noise where the structure does not tell.
        head: how it ends.
        card: facts about the network, or an empty mapping.
        loss: that it was trained with, "categorical" or "binary", or "" where that is not known.
        name: of the model.

    Raises:
        NnvizError: an output of unknown size, or a bad card.
    """
    given = _said(card)
    found = _structured(probe, head)
    if found.head == "raw" and not head.linear:
        found = _probed(probe, head, found)
    if found.head == "raw":
        found = _named(found, card, given, loss, name)
    if kind := given.get("kind"):
        found = _as(found, kind, given)
    return replace(found, unit=str(given.get("unit", "")))


def _said(card: Mapping[str, Any]) -> Mapping[str, Any]:
    given = card.get("output", {})
    if not isinstance(given, Mapping):
        raise NnvizError(f"A card with an object as its output was expected. Received: {given!r}.")
    kind = given.get("kind")
    if kind is not None and kind not in get_args(Kind):
        raise NnvizError(
            f"A card whose output.kind is one of {', '.join(get_args(Kind))} was expected. Received: {kind!r}."
        )
    return given


def _structured(probe: Probe, head: OutputHead) -> OutputFormat:
    shape = head.shape or (1,)
    if shape[-1] is None or (len(shape) > 4):
        raise NnvizError(
            f"An output with a known number of classes (last axis) was expected. Received: an output of shape {shape}."
        )
    places = _picture_like(probe, head) or _places(probe, shape)
    end: End = "log" if head.activation == "log_softmax" else "activated"
    kind: Head = "softmax" if end == "log" else head.activation  # type: ignore[assignment]
    if len(places) > 1:
        return OutputFormat("picture" if len(places) == 3 else "steps", kind, places, end)
    if kind == "sigmoid":
        return OutputFormat("classes", "binary", places) if places == (1,) else OutputFormat("labels", kind, places)
    if kind == "raw":
        return OutputFormat("number" if places == (1,) else "numbers", kind, places)
    return OutputFormat("classes", kind, places, end)


def _places(probe: Probe, shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """The shape without axes of one place; the steps of a flattened picture stand in its rows again."""
    classes = shape[-1]
    before = [size for size in shape[:-1] if size != 1]
    if not before:
        return (classes,)
    if len(shape) == 4:
        depth, rows, columns = shape[:3]
        return None if depth is None or rows is None else depth * rows, columns, classes
    if len(shape) == 2:
        size = _size(probe)
        return (*size[:2], classes) if size and before[0] == size[0] * size[1] else (before[0], classes)
    return tuple(shape)


def _size(probe: Probe) -> tuple[int, int, int] | None:
    """(H, W, C) of the picture that the model takes, also where it is flat; None where it takes none."""
    shape = probe.shape
    if None in shape or not probe.dtype.startswith("float"):
        return None
    rows, columns, channels = 1, 1, 1
    if len(shape) == 1:
        rows = columns = math.isqrt(shape[0] or 0)
        if rows * columns != shape[0]:
            return None
    elif len(shape) in (2, 3):
        rows, columns, channels = (*shape, 1)[:3]  # type: ignore[assignment]
    return (rows, columns, channels) if min(rows, columns) >= SIDE else None


def _picture_like(probe: Probe, head: OutputHead) -> tuple[int, int, int] | None:
    """The shape of a flat output of as many numbers as the picture at the input has, or as it has pixels."""
    size = _size(probe)
    if size is None or len(head.shape) != 1 or head.activation not in ("raw", "sigmoid"):
        return None
    rows, columns, channels = size
    fitting = [each for each in (channels, 1) if rows * columns * each == head.shape[0]]
    return (rows, columns, fitting[0]) if fitting else None


def _probed(probe: Probe, head: OutputHead, found: OutputFormat) -> OutputFormat:
    """The same, or probabilities where the output of a few pictures of noise can be nothing else."""
    values = _on_noise(probe, int(found.shape[-1] or 1))
    if values is None:
        return found
    several, within = values.shape[-1] > 1, bool((values >= 0).all() and (values <= 1 + 1e-4).all())
    # Zeros and ones alone may add up to 1 by chance.
    several = several and bool(((np.abs(values) > 1e-3) & (np.abs(values - 1) > 1e-3)).any())
    if several and within and np.allclose(values.sum(-1), 1, atol=1e-3):
        why = "Its outputs are never negative and add up to 1, so they are taken as probabilities."
        return replace(found, kind=_whole(found, "classes"), head="softmax", end="probabilities", found=why)
    with np.errstate(over="ignore"):
        logarithms = several and np.allclose(np.exp(values).sum(-1), 1, atol=1e-3)
    if logarithms:
        why = "Its outputs are logarithms of probabilities: their exponentials add up to 1."
        return replace(found, kind=_whole(found, "classes"), head="softmax", end="log", found=why)
    if head.squashed and within:
        why = "Its output is made of sigmoids and stays within 0 and 1, so it is taken as a probability."
        one = found.kind == "number"
        return replace(
            found,
            kind="classes" if one else _whole(found, "labels"),
            head="binary" if one else "sigmoid",
            end="probabilities",
            found=why,
        )
    return found


def _on_noise(probe: Probe, classes: int) -> np.ndarray | None:
    """What comes out for noise of several strengths, (places, classes); None where noise is nothing that it takes."""
    generator = np.random.default_rng(0)
    shape = (1, *(32 if size is None else size for size in probe.shape))
    found = []
    for strength in (0.01, 0.1, 1, 16, 255):
        noise = generator.random(shape) * (strength if "float" in probe.dtype else 2)
        try:
            found.append(probe.run(tf.cast(noise, probe.dtype)))
        except (tf.errors.OpError, ValueError):
            return None
    made = [np.asarray(tf.cast(each, tf.float32)).reshape(-1, classes) for each in found]
    # A logarithm of what is 0 in float32 says nothing of the kind: that strength is too much.
    finite = [each for each in made if np.isfinite(each).all()]
    return np.concatenate(finite) if finite else None


def _named(
    found: OutputFormat, card: Mapping[str, Any], given: Mapping[str, Any], loss: str, name: str
) -> OutputFormat:
    """Raw numbers as logits where something says so."""
    classes = int(found.shape[-1] or 1)
    names = len(card.get("classes", ())) if isinstance(card.get("classes", ()), list | tuple) else 0
    imagenet = found.shape == (_IMAGENET,) and name.lower().startswith(_APPLICATIONS)
    card_says = given.get("logits") is True or (names > 1 and names in (classes, 2 * (classes == 1)))
    if given.get("logits") is False or given.get("kind") in ("number", "numbers") or found.coloured:
        return found
    if card_says or loss or imagenet:
        who = "The card says" if card_says else "The loss that it was trained with says" if loss else "Its name says"
        why = f"{who} that its raw outputs are logits."
        if classes == 1:
            kind, head = (found.kind, "sigmoid") if found.placed else ("classes", "binary")
        elif loss == "binary" and not card_says:
            kind, head = _whole(found, "labels"), "sigmoid"
        else:
            kind, head = _whole(found, "classes"), "softmax"
        return replace(found, kind=kind, head=head, end="logits", found=why)  # type: ignore[arg-type]
    if found.kind == "numbers":
        why = "Nothing says that its outputs are classes, so they are shown as numbers; a card with class names does."
        return replace(found, found=why)
    return found


def _as(found: OutputFormat, kind: Any, given: Mapping[str, Any]) -> OutputFormat:
    """The kind that the card asks for. Raises NnvizError where the output cannot be that."""
    flat = math.prod(size or 1 for size in found.shape)
    if kind == found.kind:
        return found
    if kind == "numbers" and None not in found.shape and flat > 1:
        return OutputFormat("numbers", "raw", (flat,))
    if kind == "number" and found.shape == (1,):
        return OutputFormat("number", "raw", (1,))
    several = found.kind in ("classes", "labels") and found.head != "binary"
    if kind in ("classes", "labels") and several:
        if found.end != "logits":
            return replace(found, kind=kind)
        return replace(found, kind=kind, head="softmax" if kind == "classes" else "sigmoid")
    if kind in ("classes", "labels") and found.kind == "numbers":
        return replace(found, kind=kind, head="softmax" if kind == "classes" else "sigmoid", end="logits", found="")
    if kind == "classes" and found.kind == "number":
        return replace(found, kind=kind, head="binary", end="logits", found="")
    raise NnvizError(
        f"A card whose output.kind fits an output of shape {found.shape} was expected ({found.kind} by itself). "
        f"Received: {kind}."
    )


def _whole(found: OutputFormat, kind: Kind) -> Kind:
    """`kind`, unless there is an answer for each place."""
    return found.kind if found.placed else kind
