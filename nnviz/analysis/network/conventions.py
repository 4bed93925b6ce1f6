"""What `keras.applications` feeds the nets that it has: told by the name of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Convention(NamedTuple):
    """How a known net is fed.

    `range` is of `input_format.RANGES`, "" where the net scales pixels itself; `side` of the pictures it was made for.
    """

    name: str
    range: str
    side: int


_BY_NAME = (
    *((name, "caffe", 224) for name in ("vgg16", "vgg19")),
    *((name, "-1..1", 224) for name in ("resnet50v2", "resnet101v2", "resnet152v2", "mobilenet", "nasnet_mobile")),
    *((name, "caffe", 224) for name in ("resnet50", "resnet101", "resnet152")),
    *((name, "torch", 224) for name in ("densenet121", "densenet169", "densenet201")),
    *((name, "-1..1", 299) for name in ("inception_v3", "inception_resnet_v2", "xception")),
    ("nasnet_large", "-1..1", 331),
    *((f"efficientnetb{number}", "", side) for number, side in enumerate((224, 240, 260, 300, 380, 456, 528, 600))),
    *((name, "", 224) for name in ("efficientnetv2", "convnext")),
)
"""Beginnings of names, the longer before the shorter that it contains."""


def convention(names: Sequence[str]) -> Convention | None:
    """How a net is fed by the name of its model, or of a model within it; None where none of them is known."""
    for name in names:
        for start, named, side in _BY_NAME:
            if name.lower().startswith(start):
                return Convention(name, named, side)
    return None
