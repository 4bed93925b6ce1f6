"""Configs and HDF5 files as Keras 2 wrote them, made by hand."""

from __future__ import annotations

import json

import h5py

_OLD_ARGUMENTS = {
    "DepthwiseConv2D": {"groups": 1},
    "LSTM": {"time_major": False, "implementation": 2},
    "GRU": {"time_major": False, "implementation": 2},
}


def layer(class_name, name, /, *calls, **config):
    """A layer of a functional model's config; `calls` are what it was called on, as (layer, call, output)."""
    own = {"class_name": class_name, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}
    nodes = [[[*given, {}] for given in (call if isinstance(call, list) else [call])] for call in calls]
    return {**own, "name": name, "inbound_nodes": nodes}


def taken(name, *shape, **config):
    """The input layer of a functional model's config."""
    return layer("InputLayer", name, batch_input_shape=[None, *shape], sparse=False, ragged=False, **config)


def functional(layers, inputs, outputs, class_name="Functional", name="model"):
    ends = {"input_layers": [[each, 0, 0] for each in inputs], "output_layers": [list(each) for each in outputs]}
    return {"class_name": class_name, "config": {"name": name, "layers": layers, **ends}}


def as_keras_2(config, nested=False):
    """A config of Keras 3 in the form of Keras 2: lists for calls, and calls of models inside models from 1."""
    kind, own = config["class_name"], config["config"]
    if "layers" not in own:
        own = _own(kind, dict(own))
        return {"class_name": kind, "config": own}
    models = {each["config"]["name"] for each in own["layers"] if "layers" in each["config"]}
    layers = []
    for each in own["layers"]:
        made = as_keras_2(each, True)
        if "inbound_nodes" in each:
            calls = [[_call(tensor, models) for tensor in _tensors(node["args"])] for node in each["inbound_nodes"]]
            made = {**made, "name": each["name"], "inbound_nodes": calls}
        layers.append(made)
    made = {"name": own["name"], "layers": layers}
    for key in ("input_layers", "output_layers"):
        if key in own:
            ends = own[key] if isinstance(own[key][0], list) else [own[key]]
            made[key] = ends
    return {"class_name": kind, "config": made}


def _tensors(value):
    if isinstance(value, list):
        return [each for part in value for each in _tensors(part)]
    return [value]


def _call(tensor, models):
    name, call, output = tensor["config"]["keras_history"]
    return [name, call + (name in models), output, {}]


def _own(kind, own):
    if kind == "InputLayer":
        own["batch_input_shape"] = own.pop("batch_shape")
    own["dtype"] = "float32"
    for key, value in own.items():
        if key.endswith("_initializer") and isinstance(value, dict):
            own[key] = {"class_name": value["class_name"], "config": {**value["config"], "dtype": "float32"}}
    for key in ("layer", "backward_layer"):
        if key in own:
            own[key] = as_keras_2(own[key])
    own.pop("quantization_config", None)
    return {**own, **_OLD_ARGUMENTS.get(kind, {})}


def hdf5(path, config, weights, **attributes):
    """An HDF5 file as Keras 2 saved it: `weights` by layer, in order, as (name, array)."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        for name, value in attributes.items():
            file.attrs[name] = value
        fill(file.create_group("model_weights"), weights)


def fill(group, weights):
    """The group of weights of such a file, or the whole of one with weights alone."""
    group.attrs["layer_names"] = [name.encode() for name in weights]
    for name, arrays in weights.items():
        own = group.create_group(name)
        own.attrs["weight_names"] = [inside.encode() for inside, _ in arrays]
        for inside, array in arrays:
            own[inside] = array
