"""Weights of a `.keras` file of Keras 2.12 and 2.13, under the names that Keras 3 looks for."""

from __future__ import annotations

import re
from collections.abc import Iterable

import h5py

_OLD, _NEW = "_layer_checkpoint_dependencies", "layers"
_COUNTED = re.compile(r"(.*?)(?:_(\d+))?")


def renamed(file: h5py.File) -> bool:
    """Give the groups of layers in a clean file the names of Keras 3; whether there were others.

    Keras 2.12 and 2.13 came by each layer with weights twice and counted it twice, so that a class' second layer is
    number 2, its third 4. Keras 3 finds no weights under these names.
    """
    return _inside(file)


def _inside(group: h5py.Group) -> bool:
    found = False
    if _OLD in group and _NEW not in group:
        group.move(_OLD, _NEW)
        found = True
        layers = group[_NEW]
        for old, new in counted(layers).items():
            if old != new:
                layers.move(old, new)
    for name in group:
        if isinstance(group[name], h5py.Group):
            found = _inside(group[name]) or found
    return found


def counted(names: Iterable[str]) -> dict[str, str]:
    """Names of layers by class and number, and the same without gaps: conv2d, conv2d_2 are conv2d, conv2d_1."""
    by_class: dict[str, list[tuple[int, str]]] = {}
    names = list(names)
    for name in names:
        match = _COUNTED.fullmatch(name)
        stem, number = (match[1], match[2]) if match is not None else (name, None)
        by_class.setdefault(stem, []).append((int(number or 0), name))
    made = {}
    for stem, found in by_class.items():
        for at, (_, name) in enumerate(sorted(found)):
            made[name] = f"{stem}_{at}" if at else stem
    return dict(sorted(made.items(), key=lambda pair: len(pair[1])))
