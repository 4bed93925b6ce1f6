"""Nets for digits read without Keras: as Keras reads them, and no other net."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from shipped import shipped

from nnviz.analysis.network.chain import chain
from nnviz.analysis.network.network import PRETRAINED
from nnviz.analysis.network.program import program


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp", "mnist-cnn-shuffled", "mnist-mlp-shuffled"])
def test_a_chain_is_what_keras_reads(name: str) -> None:
    network, found = shipped(name), chain(PRETRAINED / f"{name}.keras")
    assert found is not None
    wanted = program(network)
    np.testing.assert_array_equal(found.program.weights, wanted.weights)
    assert (found.program.input, found.program.output) == (wanted.input, wanted.output)
    # Keras' graph has the last activation apart.
    own, last = list(found.program.operations), dict(found.program.operations[-1])
    apart = [{**last, "name": "/logits", "f": "linear"}]
    apart += [{"from": ["/logits"], "op": "activation", "f": last["f"], "name": last["name"]}]
    assert own[:-1] + apart == list(wanted.operations)
    assert dict(found.shapes) == {layer.name: layer.output_shape for layer in network.layers[1:]}


@pytest.mark.parametrize(
    ("size", "strides", "padding"), [((3, 2), (2, 1), "same"), ((4, 3), (3, 2), "valid"), ((1, 1), (2, 2), "valid")]
)
def test_shapes_of_every_window(tmp_path: Path, size: tuple[int, int], strides: tuple[int, int], padding: str) -> None:
    model = keras.Sequential(
        [
            keras.Input((11, 9, 2)),
            layers.Conv2D(4, size, strides=strides, padding=padding, use_bias=False, name="conv"),
            layers.MaxPooling2D(2, strides=1, padding=padding, name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(3, name="dense"),
        ]
    )
    model.save(tmp_path / "own.keras")
    found = chain(tmp_path / "own.keras")
    assert found is not None
    assert dict(found.shapes) == {layer.name: layer.output.shape[1:] for layer in model.layers}
    assert found.program.weights.size == model.count_params()


def test_what_is_no_plain_chain_is_left_to_keras() -> None:
    assert chain(PRETRAINED / "photo-cnn.keras") is None


def test_the_first_page_needs_neither_keras_nor_tensorflow() -> None:
    script = (
        "import sys; from nnviz.app.first_paint import body, drawn_on; from nnviz.app.early_stage import early_stage;"
        "assert b'nn-early' in body('/', './', drawn_on('/', {})); assert drawn_on('/maps', {}) is None;"
        "assert drawn_on('/', {'net': 'mnist-mlp'}) is not None; assert drawn_on('/', {'image': 'test-3'}) is None;"
        "assert early_stage('photo-cnn') is None; assert early_stage('../mnist-cnn') is None;"
        "print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
