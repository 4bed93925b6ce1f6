"""An HDF5 file walked without following anything, and its numbers copied into a clean one.

Runs in the child process: the C library that reads HDF5 is given bytes that a stranger made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5p, h5z

from nnviz.analysis.network.opening.limits import MIB
from nnviz.errors import NnvizError

_MOST_OBJECTS = 20_000
_LARGEST_CHUNK = 64 * MIB
_SMALL = MIB
_TIGHTEST = 20
"""Largest ratio of a data set's size to what is stored of it, above `_SMALL` and in the sum."""
_STEP = 32 * MIB
_FILTERS = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_LZF)
"""Those that stand in the library: any other is loaded from a folder of plug-ins."""
_NUMERIC = "biufV"
_ATTRIBUTES = re.compile(r"(layer_names|weight_names)\d*|keras_version|backend|dtype|name")
_TRAINING = ("optimizer_weights", "optimizer")


@dataclass(frozen=True)
class Weights:
    """What an HDF5 file holds.

    Attributes:
        config: text of the model's config, of a file that has one inside; else "".
        training: text of how the model was trained, likewise.
        datasets: shape and dtype of each data set by its path, those of training left out.
        numbers: all of them together.
        size: the same in bytes.
    """

    config: str
    training: str
    datasets: dict[str, tuple[tuple[int, ...], str]]
    numbers: int
    size: int


def clean(path: Path, into: Path, most_bytes: int) -> Weights:
    """Check an HDF5 file and copy its numbers, and the names that Keras keeps beside them, into a new one.

    Raises:
        NnvizError: a link that is not a plain one, data outside of the file, or more than it can hold.
    """
    with h5py.File(_open(path)) as source:
        config, training = (_text(source.attrs.get(name, "")) for name in ("model_config", "training_config"))
        walk = _Walk(path.stat().st_size, most_bytes)
        with h5py.File(into, "w") as target:
            for inside, found in walk.objects(source.id):
                _copy(inside, found, target)
    sizes = [(math.prod(shape), np.dtype(dtype).itemsize) for shape, dtype in walk.datasets.values()]
    numbers = sum(number for number, _ in sizes)
    return Weights(config, training, walk.datasets, numbers, sum(number * size for number, size in sizes))


def _text(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode("utf-8")  # h5py hands on bytes that are no text as surrogates


def _open(path: Path) -> h5f.FileID:
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_sec2()  # one plain file, whatever its first block says
    try:
        return h5f.open(str(path).encode(), h5f.ACC_RDONLY, access)
    except OSError as error:
        raise NnvizError("A whole HDF5 file was expected, and this one is cut short or damaged.") from error


@dataclass
class _Walk:
    stored: int
    """Bytes that the file has."""
    most: int
    """Bytes that its numbers may take."""
    datasets: dict[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    seen: set[tuple[int, int]] = field(default_factory=set)
    declared: int = 0

    def objects(self, root: Any) -> Iterator[tuple[str, Any]]:
        """Every group and data set once, with its path, a group before what is in it."""
        waiting: list[tuple[str, Any]] = [("", h5g.open(root, b"/"))]
        self._once(waiting[0][1])
        while waiting:
            path, found = waiting.pop()
            if isinstance(found, h5d.DatasetID):
                self._check(path, found)
            else:
                waiting += reversed(self._inside(path, found))
            if path.strip("/").split("/")[0] not in _TRAINING:
                if isinstance(found, h5d.DatasetID):
                    self.datasets[path] = (found.shape, np.dtype(found.dtype).str)
                yield path, found

    def _inside(self, path: str, group: h5g.GroupID) -> list[tuple[str, Any]]:
        names: list[bytes] = []
        if group.get_num_objs() + len(self.seen) > _MOST_OBJECTS:
            raise NnvizError(f"A file of at most {_MOST_OBJECTS:,} data sets was expected, and this one has more.")
        group.links.iterate(names.append)
        found = []
        for name in names:
            try:
                inside = f"{path}/{name.decode('utf-8')}"
            except UnicodeDecodeError as error:
                raise NnvizError("Names of data sets in Unicode were expected, and one is not.") from error
            if group.links.get_info(name).type != h5l.TYPE_HARD:
                raise NnvizError(f"Weights inside of the file were expected, and {_shown(inside)} is a link elsewhere.")
            thing = h5o.open(group, name)
            if not isinstance(thing, h5g.GroupID | h5d.DatasetID):
                raise NnvizError(f"Groups and data sets were expected, and {_shown(inside)} is neither.")
            self._once(thing)
            found.append((inside, thing))
        return found

    def _once(self, thing: Any) -> None:
        info = h5o.get_info(thing)
        place = (info.fileno, info.addr)
        if place in self.seen:
            raise NnvizError("A file that names each data set once was expected, and this one has two names for one.")
        self.seen.add(place)

    def _check(self, path: str, data: h5d.DatasetID) -> None:
        made = data.get_create_plist()
        if made.get_layout() not in (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED) or made.get_external_count():
            raise NnvizError(f"Weights inside of the file were expected, and {_shown(path)} lies in another one.")
        filters = [made.get_filter(number)[0] for number in range(made.get_nfilters())]
        if any(code not in _FILTERS for code in filters):
            raise NnvizError(f"Weights packed by gzip or not at all were expected, and {_shown(path)} is otherwise.")
        kind = np.dtype(data.dtype)
        # A brain float has no kind of its own, and is two bytes without parts.
        if kind.kind not in _NUMERIC or kind.hasobject or kind.names or kind.itemsize > 8:
            raise NnvizError(f"Numbers were expected as weights, and {_shown(path)} holds none.")
        if made.get_layout() == h5d.CHUNKED and math.prod(made.get_chunk()) * kind.itemsize > _LARGEST_CHUNK:
            raise NnvizError(f"Weights in smaller chunks were expected in {_shown(path)}.")
        size, stored = math.prod(data.shape) * kind.itemsize, data.get_storage_size()
        if size > _SMALL and size > _TIGHTEST * stored:
            raise NnvizError(
                f"Weights that stand in the file were expected, and {_shown(path)} says that it holds "
                f"{size / MIB:,.0f} MB, and {stored / MIB:,.0f} MB are there."
            )
        self.declared += size
        if self.declared > _TIGHTEST * self.stored + _SMALL:
            raise NnvizError("Weights that stand in the file were expected, and it says that it holds many times more.")
        if self.declared > self.most:
            raise NnvizError(f"Weights of at most {self.most / MIB:,.0f} MB were expected here, and the file has more.")


def _copy(path: str, found: Any, target: h5py.File) -> None:
    if isinstance(found, h5g.GroupID):
        group = target.require_group(path or "/")
        _copy_attributes(found, group)
        return
    source = h5py.Dataset(found)
    # The type as the file has it: NumPy has no name for some.
    made = h5py.Dataset(h5d.create(target.id, path.encode(), found.get_type(), found.get_space()))
    _copy_attributes(found, made)
    if not source.shape:
        made[()] = source[()]
        return
    rows = max(1, _STEP // max(1, math.prod(source.shape[1:]) * source.dtype.itemsize))
    for start in range(0, source.shape[0], rows):
        made[start : start + rows] = source[start : start + rows]


def _copy_attributes(found: Any, target: Any) -> None:
    source = h5py.Group(found).attrs if isinstance(found, h5g.GroupID) else h5py.Dataset(found).attrs
    if h5a.get_num_attrs(found) > 1000:
        raise NnvizError("A file with fewer attributes was expected.")
    for name in source:
        if _ATTRIBUTES.fullmatch(name):
            value = source[name]
            target.attrs[name] = value


def _shown(path: str) -> str:
    return repr(path.strip("/")[-60:])
