"""A SavedModel folder as one layer of a functional model, by its signature: only for folders that the user trusts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from nnviz.analysis.network.opening.building import in_our_words
from nnviz.errors import NnvizError

_SIGNATURES = ("serving_default", "serve", "predict")


def opened(folder: Path, trusted: bool) -> keras.Model:
    """The model of a SavedModel folder.

    Args:
        folder: with `saved_model.pb` in it.
        trusted: whether its graph may run: a graph of TensorFlow can read and write files.

    Raises:
        NnvizError: not such a folder, not trusted, or without a signature that says the shapes of what it takes.
    """
    if not (folder / "saved_model.pb").is_file():
        raise NnvizError(f"A model file or a SavedModel folder was expected. Received: the folder {folder.name!r}.")
    if not trusted:
        raise NnvizError(
            f"A .keras or .h5 file was expected. Received: {folder.name}, a SavedModel, whose graph can read and write "
            "files: save it from Keras as .keras, or start with --trust PATH if you trust it."
        )
    for name in _SIGNATURES:
        try:
            layer = keras.layers.TFSMLayer(str(folder), call_endpoint=name, name="saved_model")
        except ValueError:  # it has no signature of that name
            continue
        with in_our_words():
            return _wrapped(layer, name, folder.name)
    raise NnvizError(f"A SavedModel with a signature ({', '.join(_SIGNATURES)}) was expected. Received: {folder.name}.")


def _wrapped(layer: Any, name: str, shown: str) -> keras.Model:
    signatures = getattr(layer._reloaded_obj, "signatures", {})
    taken = signatures[name].structured_input_signature[1] if name in signatures else {}
    if not taken or any(spec.shape.rank is None for spec in taken.values()):
        raise NnvizError(
            f"A SavedModel whose signature says the shape of its input was expected. Received: {shown}, whose "
            f"{name} says none."
        )
    if len(taken) > 1:
        raise NnvizError(
            f"A SavedModel with one input was expected. Received: {shown}, which takes {len(taken)}: load it in Keras, "
            "save the model itself, model.save('my.keras'), and open that."
        )
    (key, spec) = next(iter(taken.items()))
    given = keras.Input(tuple(spec.shape[1:]), name=key, dtype=spec.dtype.name)
    outputs = layer(given)
    outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs
    return keras.Model(given, outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs, name=shown)
