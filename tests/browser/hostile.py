"""Files that no reader foresees, as somebody might bring them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import keras
from keras import layers


def model_with_scale(path: Path, scale: object) -> Path:
    """A model that Keras reads, edited by hand so that its first layer scales by what is no number."""
    stack = [keras.Input((28, 28, 1)), layers.Rescaling(1.0), layers.Flatten(), layers.Dense(3)]
    whole = path.with_name("whole.keras")
    keras.Sequential(stack).save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as edited:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["config"]["scale"] = scale
                content = json.dumps(config).encode()
            edited.writestr(entry, content)
    return path
