"""A model built from a folder with a checked config and clean weights.

What Keras keeps private and this needs stands here: a scope in which layers have shapes and no weights yet, and how
weights are read from an old file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.backend.common.variables import initialize_all_variables
from keras.src.legacy.saving.legacy_h5_format import load_weights_from_hdf5_group
from keras.src.saving.serialization_lib import ObjectSharingScope, deserialize_keras_object

from nnviz.analysis.network.opening.config import MOST_LAYERS
from nnviz.analysis.network.opening.old_weights import renamed
from nnviz.analysis.network.opening.sizes import Size, checked, sample_shape
from nnviz.errors import NnvizError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
OLD_WEIGHTS = "model_weights"
"""Group of an old file in which the weights stand, in the order of the layers."""
_CALLS = 20 * MOST_LAYERS
"""Calls inside of each other: Keras follows a chain of layers so, and one of `MOST_LAYERS` is no error."""
_OTHER_WEIGHTS = "its weights are not those of its layers"


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Write what Keras reads beside the weights of a model that is saved as a folder."""
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    (folder / METADATA).write_text(json.dumps({"keras_version": keras.__version__}), encoding="utf-8")


def load(folder: Path) -> keras.Model:
    """The model of a clean folder, as Keras itself loads it."""
    with in_our_words():
        return keras.models.load_model(folder, compile=False, safe_mode=True)


def load_trusted(folder: Path) -> keras.Model:
    """The model of a folder whose maker the user trusts: code in it may run."""
    with in_our_words(), ObjectSharingScope():
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        model = deserialize_keras_object(config, safe_mode=False)
        with in_our_words(_OTHER_WEIGHTS):
            _read_weights(model, folder)
        return model


def measure_and_run(folder: Path, numbers: int, allow: Callable[[Size], None]) -> None:
    """Build a model from shapes alone, and if it is not too large give it its weights and one empty picture.

    Weights of an old file are written again in the way of this version.

    Args:
        folder: with the checked config and the clean weights.
        numbers: how many weights these are.
        allow: called with the size before anything takes memory.

    Raises:
        NnvizError: Keras cannot build it, give it these weights or run it, or it is too large.
    """
    config = (folder / CONFIG).read_text(encoding="utf-8")
    with in_our_words():
        model = _from_shapes(config)
        if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
            raise NnvizError("A model that says the shape of its input was expected, and this file's does not.")
        if any(given.shape[0] not in (None, 1) for given in model.inputs):
            raise NnvizError("A model that takes pictures one by one was expected, and this one takes many at once.")
        allow(checked(model, numbers))
        initialize_all_variables()
        with in_our_words(_OTHER_WEIGHTS):
            old = _read_weights(model, folder)
        if old:
            model.save_weights(folder / WEIGHTS, overwrite=True)
        _run(model)


def _from_shapes(config: str) -> Any:
    """What a config builds, without weights where that can be: a layer with a state is made with it."""
    try:
        with StatelessScope(initialize_variables=False), ObjectSharingScope():
            return deserialize_keras_object(json.loads(config), safe_mode=True)
    except ValueError as error:
        if "stateless scope" not in str(error):
            raise
        with ObjectSharingScope():
            return deserialize_keras_object(json.loads(config), safe_mode=True)


def _read_weights(model: keras.Model, folder: Path) -> bool:
    """Give a model the weights of its folder; whether they were those of an old file."""
    with h5py.File(folder / WEIGHTS) as file:
        if OLD_WEIGHTS in file:
            load_weights_from_hdf5_group(file[OLD_WEIGHTS], model)
            return True
        if any(name.startswith("layer_names") for name in file.attrs):
            load_weights_from_hdf5_group(file, model)
            return True
    with h5py.File(folder / WEIGHTS, "r+") as file:
        renamed(file)
    model.load_weights(folder / WEIGHTS)
    return False


def _run(model: keras.Model) -> None:
    if any(given.dtype == "string" for given in model.inputs):
        return
    empty = [np.zeros(sample_shape(given.shape), given.dtype) for given in model.inputs]
    try:
        single = isinstance(model, keras.Sequential)
        model(empty[0] if single else keras.tree.pack_sequence_as(model._inputs_struct, empty), training=False)
    except (ValueError, tf.errors.InvalidArgumentError):
        # A size that was chosen here need not be one that the network can take.
        if not any(None in given.shape[1:] for given in model.inputs):
            raise


@contextmanager
def in_our_words(reason: str = "") -> Iterator[None]:
    """Turns what Keras raises into one sentence that names the layer, without the config that Keras prints.

    Args:
        reason: what is wrong if anything fails in here; by default what kind of error it is says it.
    """
    # For the whole process, and never lowered: another thread may be inside.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS))
    try:
        yield
    except NnvizError:
        raise
    except RecursionError as error:
        raise NnvizError("A network that Keras can build was expected, and this one is nested too deep.") from error
    except Exception as error:
        layer = _layer(error.__traceback__)
        of = f"whose layer {layer[:40]!r} fits" if layer else "whose layers fit"
        raise NnvizError(
            f"A model {of} what Keras can build and run was expected, and {_reason(error, reason)}."
        ) from error


def _layer(trace: TracebackType | None) -> str:
    """Name of the layer that Keras was at."""
    found = ""
    while trace is not None:
        here = trace.tb_frame.f_locals
        data = here.get("layer_data") or here.get("layer_config")
        if isinstance(data, dict):
            inside = data.get("config")
            found = str(data.get("name") or (isinstance(inside, dict) and inside.get("name")) or found)
        elif trace.tb_frame.f_code.co_name == "process_node":
            found = str(getattr(here.get("layer"), "name", found))
        trace = trace.tb_next
    return found


_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (KeyError, "a name in it leads nowhere"),
    (TypeError, "a setting in it is missing, unknown or of the wrong type"),
    (ValueError, "a setting or a shape in it does not fit"),
    (NotImplementedError, "a part of it is not there in this version"),
    (OSError, "its weights are not where they should be"),
)
"""What is wrong with a model, by the kind of what Keras raises: its own text quotes configs and devices."""


def _reason(error: BaseException, known: str) -> str:
    """What is wrong with a model, in our words."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return "it needs more memory than it says"
    return known or next((words for kind, words in _REASONS if isinstance(error, kind)), "it cannot be run")
