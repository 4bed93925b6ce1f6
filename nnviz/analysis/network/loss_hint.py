"""What the loss that a model was trained with says of its raw outputs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

_MOST = 32 * 2**20
"""Bytes of a config that are read for it."""


def loss_of(loss: Any) -> str:
    """ "categorical" or "binary" for the cross-entropies, else "".

    Args:
        loss: a name, a Keras loss, or its config.
    """
    if isinstance(loss, Mapping):
        loss = loss.get("class_name") or loss.get("config")
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    plain = str(name).lower().replace("_", "")
    if "crossentropy" not in plain:
        return ""
    return "binary" if "binary" in plain else "categorical"


def loss_in(path: Path) -> str:
    """The same of a model's file; "" where that says nothing."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo("config.json").file_size > _MOST:
                    return ""
                config = json.loads(archive.read("config.json"))
            found = config.get("compile_config") if isinstance(config, Mapping) else None
        else:
            with h5py.File(path, "r") as archive:
                found = json.loads(archive.attrs.get("training_config", "null"))
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile):
        return ""
    return loss_of(found.get("loss")) if isinstance(found, Mapping) else ""
