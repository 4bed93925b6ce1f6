"""Hostile and broken model files, with harmless payloads: one that would leave a marker, and a decoy that no answer may
hold. `FILES` makes each; `write` saves one."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

DECOY = "the decoy that nobody may read"
Make = Callable[[Path], bytes]
FILES: dict[str, tuple[Make, str]] = {}
"""By name, what makes a file's bytes in a folder with `marker` (not there) and `decoy`, and a word of its refusal."""


def hostile(word: str) -> Callable[[Make], Make]:
    def keep(make: Make) -> Make:
        FILES[make.__name__] = (make, word)
        return make

    return keep


def write(name: str, folder: Path, suffix: str = ".keras") -> Path:
    """Save one, beside a decoy."""
    (folder / "decoy").write_text(DECOY)
    (folder / "decoy.h5").write_bytes(_decoy_h5())
    path = folder / f"{name}{suffix}"
    path.write_bytes(FILES[name][0](folder))
    return path


@cache
def _decoy_h5() -> bytes:
    kept = io.BytesIO()
    with h5py.File(kept, "w") as file:
        file["kernel"] = np.full((3, 3, 3, 2), 4242.0, "float32")
    return kept.getvalue()


def good_members() -> dict[str, bytes]:
    """Members of the good .keras file that these depart from."""
    return dict(_good())


@cache
def _good() -> dict[str, bytes]:
    """Members of a good .keras file, which each of these departs from."""
    given = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(2, 3, activation="relu", name="conv")(given)
    model = keras.Model(given, layers.Dense(3, "softmax", name="answer")(layers.GlobalAveragePooling2D(name="flat")(x)))
    kept = io.BytesIO()
    keras.src.saving.saving_lib._save_model_to_fileobj(model, kept, "h5")
    with zipfile.ZipFile(kept) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def good_old() -> bytes:
    """A good .h5 file."""
    given = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(2, 3, name="conv")(given)
    model = keras.Model(given, layers.Dense(3, name="answer")(layers.GlobalAveragePooling2D(name="flat")(x)))
    kept = io.BytesIO()
    with h5py.File(kept, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.src.legacy.saving.legacy_h5_format.save_model_to_hdf5(model, file)
    return kept.getvalue()


def zipped(members: dict[str, bytes], packed: bool = False) -> bytes:
    kept = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "w", 8 if packed else 0) as archive:
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


def with_members(**members: bytes) -> bytes:
    return zipped({**good_members(), **{name.replace("__", "."): content for name, content in members.items()}})


def config() -> dict[str, Any]:
    found = json.loads(good_members()["config.json"])
    for each in found["config"]["layers"]:
        each.pop("build_config", None)
    return {**found, "registered_name": None}


def layer(of: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in of["config"]["layers"] if each["name"] == name)


def with_config(changed: dict[str, Any], weights: bytes | None = None) -> bytes:
    return with_members(config__json=json.dumps(changed).encode(), **({"model.weights.h5": weights} if weights else {}))


def instead(of: str, class_name: str, module: str, settings: dict[str, Any], **more: Any) -> bytes:
    changed = config()
    found = layer(changed, of)
    found |= {"class_name": class_name, "module": module, "config": {"name": of, **settings}, "registered_name": None}
    return with_config({**changed, **more})


def chained(length: int) -> bytes:
    """The good net with a chain of ReLUs in front of what flattens."""
    changed = config()
    flat = layer(changed, "flat")
    made: list[dict[str, Any]] = []
    for name in [f"r{number}" for number in range(length)]:
        call = json.loads(json.dumps(flat["inbound_nodes"][0]))
        flat["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = name
        relu = {"module": "keras.layers", "class_name": "ReLU", "config": {"name": name}, "registered_name": None}
        made.append({**relu, "name": name, "inbound_nodes": [call]})
    at = changed["config"]["layers"].index(flat)
    changed["config"]["layers"][at:at] = made
    return with_config(changed)


def with_settings(of: str, **settings: Any) -> bytes:
    changed = config()
    layer(changed, of)["config"] |= settings
    return with_config(changed)


def with_weights(change: Callable[[h5py.File], None]) -> bytes:
    kept = io.BytesIO(good_members()["model.weights.h5"])
    with h5py.File(kept, "r+") as file:
        change(file)
    return with_members(**{"model.weights.h5": kept.getvalue()})


KERNEL = "layers/conv2d/vars/0"


def with_old(change: Callable[[dict[str, Any]], None], more: Callable[[h5py.File], None] | None = None) -> bytes:
    kept = io.BytesIO(good_old())
    with h5py.File(kept, "r+") as file:
        settings = json.loads(file.attrs["model_config"])
        change(settings)
        file.attrs["model_config"] = json.dumps(settings)
        if more is not None:
            more(file)
    return kept.getvalue()
