"""Hostile and broken model files, with harmless payloads: one that would leave a marker, and a decoy that no answer may
hold. `FILES` makes each; `write` saves one."""

from __future__ import annotations

import io
import json
import struct
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
def _old() -> bytes:
    """A good .h5 file."""
    given = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(2, 3, name="conv")(given)
    model = keras.Model(given, layers.Dense(3, name="answer")(layers.GlobalAveragePooling2D(name="flat")(x)))
    kept = io.BytesIO()
    with h5py.File(kept, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.src.legacy.saving.legacy_h5_format.save_model_to_hdf5(model, file)
    return kept.getvalue()


def _zip(members: dict[str, bytes], packed: bool = False) -> bytes:
    kept = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "w", 8 if packed else 0) as archive:
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


def _with(**members: bytes) -> bytes:
    return _zip({**_good(), **{name.replace("__", "."): content for name, content in members.items()}})


def config() -> dict[str, Any]:
    found = json.loads(_good()["config.json"])
    for each in found["config"]["layers"]:
        each.pop("build_config", None)
    return {**found, "registered_name": None}


def layer(of: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in of["config"]["layers"] if each["name"] == name)


def with_config(changed: dict[str, Any], weights: bytes | None = None) -> bytes:
    return _with(config__json=json.dumps(changed).encode(), **({"model.weights.h5": weights} if weights else {}))


def _instead(of: str, class_name: str, module: str, settings: dict[str, Any], **more: Any) -> bytes:
    changed = config()
    found = layer(changed, of)
    found |= {"class_name": class_name, "module": module, "config": {"name": of, **settings}, "registered_name": None}
    return with_config({**changed, **more})


def _set(of: str, **settings: Any) -> bytes:
    changed = config()
    layer(changed, of)["config"] |= settings
    return with_config(changed)


def _weights(change: Callable[[h5py.File], None]) -> bytes:
    kept = io.BytesIO(_good()["model.weights.h5"])
    with h5py.File(kept, "r+") as file:
        change(file)
    return _with(**{"model.weights.h5": kept.getvalue()})


KERNEL = "layers/conv2d/vars/0"


# --- what kind of file it is


@hostile("expected")
def nothing(folder: Path) -> bytes:
    return b""


@hostile("expected")
def noise(folder: Path) -> bytes:
    return np.random.default_rng(0).bytes(5000)


@hostile("expected")
def a_pickle(folder: Path) -> bytes:
    return b"cos\nsystem\n(S'touch " + str(folder / "marker").encode() + b"'\ntR."


@hostile("damaged")
def zip_magic_alone(folder: Path) -> bytes:
    return b"PK\x03\x04" + bytes(100)


@hostile("damaged")
def hdf5_magic_alone(folder: Path) -> bytes:
    return b"\x89HDF\r\n\x1a\n" + bytes(2000)


@hostile("damaged")
def zip_cut_short(folder: Path) -> bytes:
    return _with()[:-200]


@hostile("damaged")
def hdf5_cut_short(folder: Path) -> bytes:
    return _old()[: len(_old()) // 2]


@hostile("weights alone")
def weights_alone(folder: Path) -> bytes:
    return _good()["model.weights.h5"]


# --- the zip


@hostile("config.json")
def empty_zip(folder: Path) -> bytes:
    return _zip({"metadata.json": b"{}"})


@hostile("weights")
def no_weights(folder: Path) -> bytes:
    return _zip({"config.json": _good()["config.json"]})


def _stranger(name: str) -> Make:
    def make(folder: Path) -> bytes:
        return _with(**{name: b"a stranger"})

    return make


for title, stranger in {
    "a_script": "run.py",
    "a_pickle_inside": "model.weights.pkl",
    "up_and_away": "assets/../../marker",
    "up_and_away_text": "assets/../../marker.txt",
    "absolute": "/tmp/marker.txt",
    "absolute_asset": "assets//tmp/marker.txt",
    "backslash": "assets\\..\\marker.txt",
    "drive": "assets/C:marker.txt",
    "hidden_zero": "assets/marker\0.txt",
    "npz_weights": "model.weights.npz",
}.items():
    FILES[title] = (_stranger(stranger), "expected|holds")


@hostile("one plain name")
def twice_the_config(folder: Path) -> bytes:
    kept = io.BytesIO(_with())
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("config.json", _good()["config.json"])
    return kept.getvalue()


@hostile("link")
def a_symbolic_link(folder: Path) -> bytes:
    kept = io.BytesIO(_with())
    with zipfile.ZipFile(kept, "a") as archive:
        info = zipfile.ZipInfo("assets/vocabulary.txt")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(folder / "decoy"))
    return kept.getvalue()


@hostile("password")
def encrypted(folder: Path) -> bytes:
    found = bytearray(_with())
    at = found.index(b"PK\x01\x02")
    found[at + 8] |= 1
    return bytes(found)


@hostile("members")
def many_members(folder: Path) -> bytes:
    return _with(**{f"assets/{number}.txt": b"" for number in range(2001)})


@hostile("packed at most")
def zip_bomb(folder: Path) -> bytes:
    return _zip({**_good(), "model.weights.h5": bytes(300 << 20)}, packed=True)


@hostile("at most 32 MB|packed at most")
def config_bomb(folder: Path) -> bytes:
    return _zip({**_good(), "config.json": b" " * (40 << 20)}, packed=True)


@hostile("Vocabularies")
def heavy_assets(folder: Path) -> bytes:
    text = np.random.default_rng(0).bytes(17 << 20)
    return _with(**{"assets/a.txt": text, "assets/b.txt": text})


@hostile("damaged")
def a_size_that_lies(folder: Path) -> bytes:
    found = bytearray(_with())
    at = found.index(b"PK\x01\x02")
    while found[at + 46 : at + 57] != b"config.json":
        at = found.index(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", found, at + 24, struct.unpack_from("<I", found, at + 24)[0] + 1000)
    return bytes(found)


# --- the JSON


def _config_text(title: str, text: Callable[[], bytes], word: str) -> None:
    FILES[title] = (lambda folder: _with(config__json=text()), word)


_config_text("no_json", lambda: b"{", "damaged|JSON")
_config_text("half_json", lambda: _good()["config.json"][:-300], "JSON")
_config_text("deep_lists", lambda: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep")
_config_text("deep_objects", lambda: b'{"a":' * 300 + b"1" + b"}" * 300, "deep")
_config_text("a_million_lists", lambda: b'{"a":[' + b"[]," * 8_000_000 + b"1]}", "parts")
_config_text("repeated_key", lambda: b'{"class_name":"Sequential","class_name":"Functional","config":{}}', "repeats")
_config_text("not_a_number", lambda: _good()["config.json"].replace(b'"strides": [1', b'"strides": [NaN'), "NaN")
_config_text("a_list", lambda: b"[1, 2]", "object")
_config_text("wrong_letters", lambda: b'{"class_name": "\xff\xfe"}', "JSON")
_config_text("half_a_pair", lambda: _good()["config.json"].replace(b'"conv"', b'"\\ud800"'), "JSON")
_config_text(
    "a_long_number", lambda: _good()["config.json"].replace(b'"filters": 2', b'"filters": ' + b"9" * 6000), "JSON"
)
_config_text("no_model", lambda: b'{"class_name": "Dense", "config": {}}', "Sequential or functional|config")
_config_text("no_config", lambda: b'{"class_name": "Functional"}', "expected")


# --- what the config names


@hostile("'flat'.*Python code.*--trust")
def a_lambda(folder: Path) -> bytes:
    def leave(x: Any) -> Any:
        open(folder / "marker", "w").close()
        return x

    function = layers.Lambda(leave, name="twice").get_config()["function"]
    return _instead("flat", "Lambda", "keras.layers", {"function": function, "arguments": {}})


@hostile("Python code")
def a_lambda_in_an_activation(folder: Path) -> bytes:
    return _set("conv", activation={"class_name": "__lambda__", "config": {"value": "4wEAAAA="}})


@hostile("Python code|own")
def a_lambda_of_an_old_file(folder: Path) -> bytes:
    return _old_with(
        lambda of: layer(of, "flat").update(
            class_name="Lambda", module="keras.layers", config={"name": "flat", "function": ["4wEAAAA=", None, None]}
        )
    )


def _foreign(title: str, class_name: str, module: str | None, word: str = "own", **settings: Any) -> None:
    FILES[title] = (lambda folder: _instead("flat", class_name, module, settings), word)  # type: ignore[arg-type]


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
    return _set("conv", activation={"module": "os", "class_name": "function", "config": "system"})


@hostile("own")
def a_custom_initializer(folder: Path) -> bytes:
    made = {"module": "os", "class_name": "system", "config": {"command": "touch marker"}, "registered_name": None}
    return _set("conv", kernel_initializer=made)


@hostile("Numbers")
def an_array_of_objects(folder: Path) -> bytes:
    value = {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "object"}}
    return _set(
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
    return _set(
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
    return _set("conv", command="touch marker")


@hostile("build and run|expected")
def a_loop(folder: Path) -> bytes:
    changed = config()
    layer(changed, "conv")["inbound_nodes"] = layer(changed, "answer")["inbound_nodes"]
    return with_config(changed)


@hostile("Sequential or functional|expected")
def a_subclassed_model(folder: Path) -> bytes:
    return with_config({**config(), "class_name": "Mine", "module": "mine", "registered_name": "Mine"})


# --- sizes


@hostile("weights of its layers")
def a_wide_layer(folder: Path) -> bytes:
    return _set("answer", units=300_000)


@hostile("weights of its layers|MB|expected")
def a_number_of_filters(folder: Path) -> bytes:
    return _set("conv", filters=2_000_000_000)


@hostile("Numbers")
def a_number_beyond_all(folder: Path) -> bytes:
    return _set("answer", units=10**30)


def _swollen(class_name: str, settings: dict[str, Any]) -> bytes:
    return _instead("conv", class_name, "keras.layers", settings)


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
    return _zip({**members, "config.json": json.dumps(changed).encode()})


@hostile("10 s|in time|too many layers")
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


# --- the HDF5


@hostile("link elsewhere")
def an_external_link(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink(str(folder / "decoy.h5"), "kernel")

    return _weights(change)


@hostile("link elsewhere")
def a_soft_link(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = h5py.SoftLink("/layers/dense/vars/0")

    return _weights(change)


@hostile("link elsewhere")
def a_link_round(folder: Path) -> bytes:
    return _weights(lambda file: file.__setitem__("layers/round", h5py.SoftLink("/layers")))


@hostile("two names")
def a_second_name(folder: Path) -> bytes:
    return _weights(lambda file: file.__setitem__("layers/again", file[KERNEL]))


@hostile("two names")
def a_circle(folder: Path) -> bytes:
    return _weights(lambda file: file.__setitem__("layers/conv2d/round", file["layers"]))


@hostile("another one")
def external_storage(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, (3, 3, 3, 2), "float32", external=[(str(folder / "decoy"), 0, 216)])

    return _weights(change)


@hostile("another one")
def a_virtual_data_set(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        layout = h5py.VirtualLayout((3, 3, 3, 2), "float32")
        layout[:] = h5py.VirtualSource(str(folder / "decoy.h5"), "kernel", (3, 3, 3, 2))
        file.create_virtual_dataset(KERNEL, layout)

    return _weights(change)


@hostile("stand in the file")
def a_shape_bomb(folder: Path) -> bytes:
    return _weights(lambda file: file.create_dataset("layers/bomb", (1 << 16, 1 << 16), "float32", chunks=(64, 64)))


@hostile("stand in the file")
def a_gzip_bomb(folder: Path) -> bytes:
    zeros = np.zeros((1024, 4096), "float32")
    return _weights(lambda file: file.create_dataset("layers/bomb", data=zeros, chunks=(64, 4096), compression="gzip"))


@hostile("many times more")
def many_small_bombs(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        for number in range(400):
            file.create_dataset(f"layers/bomb{number}", (200_000,), "float32", chunks=(1000,))

    return _weights(change)


@hostile("chunks")
def a_giant_chunk(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        made = file.create_dataset("layers/bomb", (1 << 25,), "float32", chunks=(1 << 25,), compression="gzip")
        assert made.chunks

    return _weights(change)


@hostile("many|at most")
def a_crowd(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        group = file.create_group("layers/crowd")
        for number in range(20_001):
            h5py.h5g.create(group.id, str(number).encode())

    return _weights(change)


@hostile("gzip or not")
def a_plug_in_filter(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk((4,))
        made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        space, kind = h5py.h5s.create_simple((8,)), h5py.h5t.NATIVE_FLOAT
        h5py.h5d.create(file["layers"].id, b"plugged", kind, space, dcpl=made)

    return _weights(change)


@hostile("holds none")
def words_as_weights(folder: Path) -> bytes:
    return _weights(lambda file: file.create_dataset("layers/words", data=[b"a", b"b"]))


@hostile("holds none")
def references_as_weights(folder: Path) -> bytes:
    return _weights(lambda file: file.create_dataset("layers/refs", data=[file.ref], dtype=h5py.ref_dtype))


@hostile("neither")
def a_named_type(folder: Path) -> bytes:
    return _weights(lambda file: file.__setitem__("layers/kind", np.dtype("float32")))


@hostile("build and run")
def weights_of_another_shape(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = np.zeros((2, 2, 3, 2), "float32")

    return _weights(change)


@hostile("build and run|weights of its layers")
def weights_that_are_not_there(folder: Path) -> bytes:
    def change(file: h5py.File) -> None:
        del file[KERNEL]

    return _weights(change)


# --- the old format


def _old_with(change: Callable[[dict[str, Any]], None], more: Callable[[h5py.File], None] | None = None) -> bytes:
    kept = io.BytesIO(_old())
    with h5py.File(kept, "r+") as file:
        settings = json.loads(file.attrs["model_config"])
        change(settings)
        file.attrs["model_config"] = json.dumps(settings)
        if more is not None:
            more(file)
    return kept.getvalue()


@hostile("'Patches'")
def an_old_custom_layer(folder: Path) -> bytes:
    return _old_with(lambda of: layer(of, "flat").update(class_name="Patches"))


@hostile("link elsewhere")
def an_old_external_link(folder: Path) -> bytes:
    def more(file: h5py.File) -> None:
        file["model_weights/evil"] = h5py.ExternalLink(str(folder / "decoy.h5"), "kernel")

    return _old_with(lambda of: None, more)


@hostile("deep")
def an_old_deep_config(folder: Path) -> bytes:
    kept = io.BytesIO(_old())
    with h5py.File(kept, "r+") as file:
        file.attrs["model_config"] = '{"a":' * 5000 + "1" + "}" * 5000
    return kept.getvalue()


@hostile("build and run|expected")
def old_names_that_lead_away(folder: Path) -> bytes:
    def more(file: h5py.File) -> None:
        file["model_weights/conv"].attrs["weight_names"] = [b"../../../decoy", b"/etc/passwd"]

    return _old_with(lambda of: None, more)


@hostile("weights of its layers")
def an_old_wide_layer(folder: Path) -> bytes:
    return _old_with(lambda of: layer(of, "answer")["config"].update(units=300_000))


def good_members() -> dict[str, bytes]:
    """Members of the good .keras file that these depart from."""
    return dict(_good())


def good_old() -> bytes:
    """The good .h5 file that these depart from."""
    return _old()


def zipped(members: dict[str, bytes]) -> bytes:
    return _zip(members)
