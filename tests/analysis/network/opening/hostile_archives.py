"""Files that are no model, zips that are none of Keras', and configs that are no sound JSON."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hostile_files import FILES, Make, good_members, good_old, hostile, with_members, zipped


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
    return with_members()[:-200]


@hostile("damaged")
def hdf5_cut_short(folder: Path) -> bytes:
    return good_old()[: len(good_old()) // 2]


@hostile("weights alone")
def weights_alone(folder: Path) -> bytes:
    return good_members()["model.weights.h5"]


@hostile("config.json")
def empty_zip(folder: Path) -> bytes:
    return zipped({"metadata.json": b"{}"})


@hostile("weights")
def no_weights(folder: Path) -> bytes:
    return zipped({"config.json": good_members()["config.json"]})


def _stranger(name: str) -> Make:
    def make(folder: Path) -> bytes:
        return with_members(**{name: b"a stranger"})

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
    kept = io.BytesIO(with_members())
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("config.json", good_members()["config.json"])
    return kept.getvalue()


@hostile("link")
def a_symbolic_link(folder: Path) -> bytes:
    kept = io.BytesIO(with_members())
    with zipfile.ZipFile(kept, "a") as archive:
        info = zipfile.ZipInfo("assets/vocabulary.txt")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(folder / "decoy"))
    return kept.getvalue()


@hostile("password")
def encrypted(folder: Path) -> bytes:
    found = bytearray(with_members())
    at = found.index(b"PK\x01\x02")
    found[at + 8] |= 1
    return bytes(found)


@hostile("members")
def many_members(folder: Path) -> bytes:
    return with_members(**{f"assets/{number}.txt": b"" for number in range(2001)})


@hostile("packed at most")
def zip_bomb(folder: Path) -> bytes:
    return zipped({**good_members(), "model.weights.h5": bytes(300 << 20)}, packed=True)


@hostile("at most 32 MB|packed at most")
def config_bomb(folder: Path) -> bytes:
    return zipped({**good_members(), "config.json": b" " * (40 << 20)}, packed=True)


@hostile("Vocabularies")
def heavy_assets(folder: Path) -> bytes:
    text = np.random.default_rng(0).bytes(17 << 20)
    return with_members(**{"assets/a.txt": text, "assets/b.txt": text})


@hostile("damaged")
def a_size_that_lies(folder: Path) -> bytes:
    found = bytearray(with_members())
    at = found.index(b"PK\x01\x02")
    while found[at + 46 : at + 57] != b"config.json":
        at = found.index(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", found, at + 24, struct.unpack_from("<I", found, at + 24)[0] + 1000)
    return bytes(found)


def _config_text(title: str, text: Callable[[], bytes], word: str) -> None:
    FILES[title] = (lambda folder: with_members(config__json=text()), word)


_config_text("no_json", lambda: b"{", "damaged|JSON")
_config_text("half_json", lambda: good_members()["config.json"][:-300], "JSON")
_config_text("deep_lists", lambda: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep")
_config_text("deep_objects", lambda: b'{"a":' * 300 + b"1" + b"}" * 300, "deep")
_config_text("a_million_lists", lambda: b'{"a":[' + b"[]," * 8_000_000 + b"1]}", "parts")
_config_text("repeated_key", lambda: b'{"class_name":"Sequential","class_name":"Functional","config":{}}', "repeats")
_config_text("not_a_number", lambda: good_members()["config.json"].replace(b'"strides": [1', b'"strides": [NaN'), "NaN")
_config_text("a_list", lambda: b"[1, 2]", "object")
_config_text("wrong_letters", lambda: b'{"class_name": "\xff\xfe"}', "JSON")
_config_text("half_a_pair", lambda: good_members()["config.json"].replace(b'"conv"', b'"\\ud800"'), "JSON")
_config_text(
    "a_long_number",
    lambda: good_members()["config.json"].replace(b'"filters": 2', b'"filters": ' + b"9" * 6000),
    "JSON",
)
_config_text("no_model", lambda: b'{"class_name": "Dense", "config": {}}', "Sequential or functional|config")
_config_text("no_config", lambda: b'{"class_name": "Functional"}', "expected")


@hostile("inside of one")
def a_file_in_a_file(folder: Path) -> bytes:
    return zipped({**good_members(), "assets/a.txt": b"1", "assets/a.txt/b.txt": b"2"})


@hostile("short names")
def a_long_name(folder: Path) -> bytes:
    return zipped({**good_members(), f"assets/{'n' * 300}.txt": b"1"})


@hostile("stored or deflated")
def another_packing(folder: Path) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in good_members().items():
            archive.writestr(name, content)
    return kept.getvalue()


@hostile("members|memory|time")
def a_crowd_of_members(folder: Path) -> bytes:
    """A directory of 300,000 names: too many to list."""
    name = b"assets/a.txt"
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    count = 300_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    return b"PK\3\4" + b"\0" * 26 + entry * count + end


_config_text("a_long_text", lambda: b'{"class_name": "' + b"x" * 30_000_000 + b'"}', "model|config")
