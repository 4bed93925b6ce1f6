"""Functions that Keras 3 has under the name of Keras 2 with other numbers: as they were, for nets trained with them."""

from __future__ import annotations

from typing import Any

import keras

HARD_SIGMOID = "nnviz>hard_sigmoid"
"""Name under which a config asks for Keras 2's `hard_sigmoid`."""


@keras.saving.register_keras_serializable("nnviz", "hard_sigmoid")
def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5, held to 0..1: the gates of recurrent layers up to Keras 2.3. (Keras 3: x / 6 + 0.5.)"""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
