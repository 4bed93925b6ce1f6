"""The face of a unit: the one place that excites it most in a set of pictures, for every unit of every layer.

Those of the networks that ship are bundled (`pretrained/find_faces.py` makes the file); of any other network they are
the first places of a search (`nnviz.analysis.search.index`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nnviz.analysis.network.network import PRETRAINED
from nnviz.analysis.search.ranking import Hit, Ranking, Strongest, by_layer, of_all

FILE = PRETRAINED / "faces.npz"


@dataclass(frozen=True)
class Face:
    """What excites a unit most.

    Attributes:
        hit: the picture, the cell and the value there; None where the unit is silent: 0 on every picture.
        equal: pictures that excite it exactly as much, itself among them, as far as the search has counted: where
            there are more than one it is the first of them.
        searched: of how many pictures.
    """

    hit: Hit | None
    equal: int
    searched: int


@dataclass(frozen=True, eq=False)
class Faces:
    """The faces of all units.

    Attributes:
        layers: by layer name, of each unit the strongest place: arrays (units, 1).
        equal: by layer name (units,) uint8, `Face.equal`.
        searched: pictures.
    """

    layers: Mapping[str, Ranking]
    equal: Mapping[str, np.ndarray]
    searched: int

    def of(self, layer: str, unit: int) -> Face | None:
        """The face of a unit; None where the layer was not searched, or its values are no numbers."""
        ranking = self.layers.get(layer)
        if ranking is None or not 0 <= unit < len(ranking.values) or not (hits := ranking.of(unit)):
            return None
        equal = int(self.equal[layer][unit])
        return Face(None if hits[0].value == 0 and equal > 1 else hits[0], equal, self.searched)


def faces(found: Strongest) -> Faces:
    """The faces that a search has found, with as many equal ones as it has places a unit."""
    first = {
        name: Ranking(*(getattr(each, part)[:, :1] for part in ("values", "images", "rows", "columns")))
        for name, each in found.layers.items()
    }
    equal = {
        name: (each.values == each.values[:, :1]).sum(axis=1, dtype=np.uint8) for name, each in found.layers.items()
    }
    return Faces(first, equal, found.searched)


def write(path: Path, found: Mapping[str, Faces]) -> None:
    """Keep the faces of several networks, by their names, in one small file.

    Raises:
        ValueError: a picture or a cell whose number is too large for it.
    """
    arrays: dict[str, Any] = {}
    for name, each in found.items():
        ranking = of_all(each.layers)
        if ranking is None or ranking.images.max() >= 2**16 or max(ranking.rows.max(), ranking.columns.max()) >= 2**7:
            raise ValueError(f"Pictures below 65,536 and cells below 128 were expected. Received: others of {name}.")
        arrays |= {
            f"{name}/layers": np.array(list(each.layers)),
            f"{name}/units": np.array([len(part.values) for part in each.layers.values()], np.int32),
            f"{name}/searched": np.array(each.searched, np.int32),
            f"{name}/values": ranking.values[:, 0],
            f"{name}/images": ranking.images[:, 0].astype(np.uint16),
            f"{name}/rows": ranking.rows[:, 0].astype(np.int8),
            f"{name}/columns": ranking.columns[:, 0].astype(np.int8),
            f"{name}/equal": np.concatenate(list(each.equal.values())),
        }
    np.savez_compressed(path, **arrays)


@lru_cache(maxsize=8)
def bundled(name: str, path: Path = FILE) -> Faces | None:
    """The faces of the network that ships under that name; None where there are none of it."""
    with np.load(path, allow_pickle=False) as file:
        if f"{name}/layers" not in file:
            return None
        layers, units, values, images, rows, columns, equal = (
            file[f"{name}/{part}"] for part in ("layers", "units", "values", "images", "rows", "columns", "equal")
        )
        searched = int(file[f"{name}/searched"])
    ranking = Ranking(values[:, None], *(each[:, None].astype(np.int64) for each in (images, rows, columns)))
    counts = dict(zip(layers.tolist(), units.tolist(), strict=True))
    ends = np.cumsum(units).tolist()
    shared = {each: equal[end - count : end] for (each, count), end in zip(counts.items(), ends, strict=True)}
    return Faces(by_layer(ranking, counts), shared, searched)
