"""What is no Keras model is told by its first bytes and by the names in its zip, whatever its own name."""

import gzip
import io
import json
import pickle
import random

import numpy as np
import pytest

from nnviz.analysis.network.opening.other_files import refuse, refuse_zip
from nnviz.errors import NnvizError


def npy():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def safetensors():
    plan = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(plan).to_bytes(8, "little") + plan + bytes(4)


HEADS = {
    "TensorFlow Lite": b"\x1c\0\0\0TFL3" + bytes(40),
    "ONNX": b"\x08\x07\x12\x07pytorch\x1a\x031.9:\x80\x01",
    "part of a TensorFlow model": b"\x08\x01\x12\xb4\x10\x12" + b"\n\x05Const\x12saved_model",
    "pickle": pickle.dumps({"a": np.zeros(3)}),
    "NumPy": npy(),
    "safetensors": safetensors(),
    "gzip": gzip.compress(b"model"),
    "git lfs pull": b"version https://git-lfs.github.com/spec/v1\noid sha256:00",
    "empty": b"",
    "cut short": b"\x89HDF\r",
    "web page": b"\n<!DOCTYPE html><html>",
    "TensorFlow.js": b'{"format": "layers-model", "weightsManifest": []}',
    "without its weights": b'{"class_name": "Sequential", "config": []}',
    "JSON": b'[{"loss": 1}]',
    "a text": b"https://example.org/model.h5",
    "a picture": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("what", HEADS)
def test_a_file_is_named_and_the_way_to_the_model_told(what):
    with pytest.raises(NnvizError) as caught:
        refuse(HEADS[what], "net.keras")
    said = str(caught.value)
    assert what in said
    assert "net.keras" in said
    assert len(said) < 299


def test_the_name_decides_nothing():
    for name in ("a.tflite", "b.onnx", "c.pt", "d.h5"):
        refuse(random.Random(1).randbytes(4096), name)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["archive/data.pkl", "archive/data/0"], "PyTorch"),
        (["m/saved_model.pb", "m/variables/variables.index"], "SavedModel"),
        (["model.json", "weights.bin", "metadata.json"], "TensorFlow.js"),
        (["model_unquant.tflite", "labels.txt"], "Teachable Machine as Keras"),
        (["a.npy", "b.npy"], "npz"),
        (["config.json", "metadata.json", "model.weights.npz"], "save it again"),
        (["x/net.h5"], "unpack it"),
        (["notes.txt"], "without a model"),
    ],
)
def test_a_zip_is_told_by_the_names_inside(names, what):
    with pytest.raises(NnvizError, match=what):
        refuse_zip(names, "net.keras")


def test_a_keras_file_is_no_other_file():
    refuse_zip(["metadata.json", "config.json", "model.weights.h5"], "net.keras")
