"""Configs that name what is not Keras' own, or more than a machine can keep."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
from hostile_files import FILES, config, hostile, instead, layer, with_config, with_old, with_settings, zipped
from keras import layers


@hostile("'flat'.*Python code.*--trust")
def a_lambda(folder: Path) -> bytes:
    def leave(x: Any) -> Any:
        open(folder / "marker", "w").close()
        return x

    function = layers.Lambda(leave, name="twice").get_config()["function"]
    return instead("flat", "Lambda", "keras.layers", {"function": function, "arguments": {}})


@hostile("Python code")
def a_lambda_in_an_activation(folder: Path) -> bytes:
    return with_settings("conv", activation={"class_name": "__lambda__", "config": {"value": "4wEAAAA="}})


@hostile("Python code|own")
def a_lambda_of_an_old_file(folder: Path) -> bytes:
    return with_old(
        lambda of: layer(of, "flat").update(
            class_name="Lambda", module="keras.layers", config={"name": "flat", "function": ["4wEAAAA=", None, None]}
        )
    )


def _foreign(title: str, class_name: str, module: str | None, word: str = "own", **settings: Any) -> None:
    FILES[title] = (lambda folder: instead("flat", class_name, module, settings), word)  # type: ignore[arg-type]


_foreign("a_custom_layer", "Patches", "mine", "'Patches'.*pass the model from Python")
_foreign("a_custom_layer_of_keras_name", "Dense", "mine", units=3)
_foreign("the_system", "system", "os", command="touch marker")
_foreign("a_module_of_keras", "get_file", "keras.utils", fname="marker", origin="file:///etc/passwd")
_foreign("a_keras_hub_layer", "Tokenizer", "keras_hub.models")
_foreign("keras_as_a_prefix", "Dense", "keras_evil.layers", units=3)
_foreign("a_saved_model", "TFSMLayer", "keras.layers", "outside", filepath="decoy")
_foreign("torch", "TorchModuleWrapper", "keras.layers", "outside", lazy=None)
_foreign("jax", "JaxLayer", "keras.layers", "outside", call_fn=None)
_foreign("flax", "FlaxLayer", "keras.layers", "outside", lazy=None)
_foreign("an_operation_with_a_function", "Map", "keras.src.ops.core")
_foreign("a_while_loop", "WhileLoop", "keras.src.ops.core", cond="a", body="b")
_foreign("a_plain_function", "function", "builtins", "own")
_foreign("enable_unsafe", "enable_unsafe_deserialization", "keras.config", "own")
_foreign("a_vocabulary_path", "StringLookup", "keras.layers", "vocabulary", vocabulary="decoy")
_foreign("a_number_vocabulary_path", "IntegerLookup", "keras.layers", "vocabulary", vocabulary="decoy")
_foreign("a_text_vocabulary_path", "TextVectorization", "keras.layers", "vocabulary", vocabulary="/etc/passwd")


@hostile("own")
def a_foreign_registered_name(folder: Path) -> bytes:
    changed = config()
    layer(changed, "conv")["registered_name"] = "evil>Conv2D"
    return with_config(changed)


@hostile("own")
def a_custom_activation(folder: Path) -> bytes:
    return with_settings("conv", activation={"module": "os", "class_name": "function", "config": "system"})


@hostile("An activation 'system' in layer 'conv'.*own")
def an_activation_by_another_name(folder: Path) -> bytes:
    return with_settings("conv", activation="system")


@hostile("A constraint 'mine>Bound' in layer 'conv'.*own")
def a_registered_name_as_a_plain_one(folder: Path) -> bytes:
    return with_settings("conv", bias_constraint=["mine>Bound"])


_foreign(
    "a_layer_for_graphics_cards", "CuDNNGRU", None, "'flat' is a CuDNNGRU.*reset_after=True.*load_weights", units=2
)


@hostile("own")
def a_custom_initializer(folder: Path) -> bytes:
    made = {"module": "os", "class_name": "system", "config": {"command": "touch marker"}, "registered_name": None}
    return with_settings("conv", kernel_initializer=made)


@hostile("Numbers")
def an_array_of_objects(folder: Path) -> bytes:
    value = {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "object"}}
    return with_settings(
        "conv",
        bias_initializer={
            "module": "keras.initializers",
            "class_name": "Constant",
            "config": {"value": value},
            "registered_name": None,
        },
    )


@hostile("Numbers|own")
def a_type_spec(folder: Path) -> bytes:
    return with_settings(
        "picture",
        extra={
            "class_name": "__typespec__",
            "spec_name": "system",
            "module": "os",
            "registered_name": None,
            "config": [],
        },
    )


@hostile("build and run|expected")
def an_unknown_argument(folder: Path) -> bytes:
    return with_settings("conv", command="touch marker")


@hostile("build and run|expected")
def a_loop(folder: Path) -> bytes:
    changed = config()
    layer(changed, "conv")["inbound_nodes"] = layer(changed, "answer")["inbound_nodes"]
    return with_config(changed)


@hostile("Sequential or functional|expected")
def a_subclassed_model(folder: Path) -> bytes:
    return with_config({**config(), "class_name": "Mine", "module": "mine", "registered_name": "Mine"})


@hostile("weights of its layers")
def a_wide_layer(folder: Path) -> bytes:
    return with_settings("answer", units=300_000)


@hostile("weights of its layers|MB|expected")
def a_number_of_filters(folder: Path) -> bytes:
    return with_settings("conv", filters=2_000_000_000)


@hostile("Numbers")
def a_number_beyond_all(folder: Path) -> bytes:
    return with_settings("answer", units=10**30)


def _swollen(class_name: str, settings: dict[str, Any]) -> bytes:
    return instead("conv", class_name, "keras.layers", settings)


@hostile("MB|expected")
def a_padding(folder: Path) -> bytes:
    return _swollen("ZeroPadding2D", {"padding": [[100_000, 100_000], [100_000, 100_000]]})


@hostile("MB|expected")
def an_upsampling(folder: Path) -> bytes:
    return _swollen("UpSampling2D", {"size": [30_000, 30_000]})


@hostile("MB|expected")
def a_resizing(folder: Path) -> bytes:
    return _swollen("Resizing", {"height": 200_000, "width": 200_000})


@hostile("MB|expected")
def a_repeat(folder: Path) -> bytes:
    changed = config()
    layer(changed, "conv").update(class_name="GlobalAveragePooling2D", config={"name": "conv"})
    layer(changed, "flat").update(class_name="RepeatVector", config={"name": "flat", "n": 2_000_000_000})
    return with_config(changed)


@hostile("MB|expected")
def a_huge_picture(folder: Path) -> bytes:
    changed = config()
    layer(changed, "picture")["config"]["batch_shape"] = [None, 400_000, 400_000, 3]
    return with_config(changed)


@hostile("at most 1,500 layers")
def many_layers(folder: Path) -> bytes:
    changed = config()
    relu = {"module": "keras.layers", "class_name": "ReLU", "config": {}, "registered_name": None}
    many = [{**relu, "config": {"name": f"r{number}"}, "name": f"r{number}"} for number in range(3000)]
    return with_config({**changed, "class_name": "Sequential", "config": {"name": "long", "layers": many}})


@hostile("at most 1,500 layers")
def nested_uses(folder: Path) -> bytes:
    changed = config()
    inner: dict[str, Any] = {"class_name": "ReLU", "config": {"name": "r"}, "module": "keras.layers"}
    for depth in range(6):
        inner = {"class_name": "Sequential", "module": "keras", "config": {"name": f"s{depth}", "layers": [inner] * 4}}
    layer(changed, "flat").update(class_name="Sequential", module="keras", config=inner["config"])
    return with_config(changed)


def _series(steps: int, class_name: str, settings: dict[str, Any]) -> bytes:
    """A recurrent network with its weights, and another number of steps and other settings."""
    model = keras.Sequential([keras.Input((4, 1), name="series"), layers.SimpleRNN(1, name="rnn")], name="long")
    kept = io.BytesIO()
    keras.src.saving.saving_lib._save_model_to_fileobj(model, kept, "h5")
    with zipfile.ZipFile(kept) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = json.loads(members["config.json"])
    changed.pop("build_config")
    first, second = changed["config"]["layers"]
    first["config"]["batch_shape"] = [None, steps, 1]
    second.pop("build_config")
    second["class_name"] = class_name
    second["config"] |= settings
    return zipped({**members, "config.json": json.dumps(changed).encode()})


@hostile("10 s|in time")
def slow_layers(folder: Path) -> bytes:
    changed = config()
    mix = {"module": "keras.layers", "class_name": "GroupQueryAttention", "registered_name": None}
    feed = layer(changed, "conv")["inbound_nodes"][0]
    head = {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1}
    layer(changed, "picture")["config"]["batch_shape"] = [None, 8, 3]
    layer(changed, "flat").update(class_name="GlobalAveragePooling1D")
    layers_, ends = changed["config"]["layers"], feed["args"][0]
    made = []
    for number in range(1400):
        name = f"m{number}"
        last = json.loads(json.dumps(ends))
        if made:
            last["config"]["keras_history"][0] = made[-1]["name"]
        made.append(
            {
                **mix,
                "config": {"name": name, **head},
                "name": name,
                "inbound_nodes": [{"args": [last, last], "kwargs": {}}],
            }
        )
    layer(changed, "flat")["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = made[-1]["name"]
    changed["config"]["layers"] = [layers_[0], *made, *layers_[2:]]
    return with_config(changed)


@hostile("expected")
def an_endless_row_of_steps(folder: Path) -> bytes:
    return _series(2_000_000, "SimpleRNN", {})


@hostile("expected")
def a_number_of_windows(folder: Path) -> bytes:
    return _swollen("AdaptiveAveragePooling2D", {"output_size": [2_000_000, 2_000_000]})


@hostile("expected")
def a_matrix_of_tones(folder: Path) -> bytes:
    settings = {"fft_length": 2**30, "num_mel_bins": 4096, "sampling_rate": 16_000}
    changed = config()
    layer(changed, "picture")["config"]["batch_shape"] = [None, 4096]
    layer(changed, "conv").update(class_name="MelSpectrogram", config={"name": "conv", **settings})
    return with_config(changed)


@hostile("fed by other layers")
def a_constant_that_grows(folder: Path) -> bytes:
    changed = config()
    ones = {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}}
    tile = {"name": "flat", "repeats": [2_000_000_000]}
    layer(changed, "flat").update(class_name="Tile", module="keras.src.ops.numpy", config=tile)
    layer(changed, "flat")["inbound_nodes"] = [{"args": [ones], "kwargs": {}}]
    return with_config(changed)


@hostile("far more")
def a_number_beyond_floats(folder: Path) -> bytes:
    return with_settings("conv", filters=10**400)


@hostile("model")
def a_list_as_a_class(folder: Path) -> bytes:
    changed = config()
    changed["class_name"] = ["Functional"]
    return with_config(changed)


@hostile("one by one")
def a_batch_by_another_name(folder: Path) -> bytes:
    changed = config()
    settings = layer(changed, "picture")["config"]
    settings.pop("batch_shape")
    settings |= {"shape": [8, 8, 3], "batch_size": 5000}
    return with_config(changed)


@hostile("MB|memory")
def an_attention_to_everything(folder: Path) -> bytes:
    """Each of 96,000 steps looks at each: as many numbers as no layer gives."""
    given = keras.Input((None, 3), name="steps")
    wide = layers.UpSampling1D(3000)(given)
    seen = layers.GlobalAveragePooling1D()(layers.Attention()([wide, wide]))
    kept = io.BytesIO()
    keras.src.saving.saving_lib._save_model_to_fileobj(keras.Model(given, layers.Dense(2)(seen)), kept, "h5")
    return kept.getvalue()
