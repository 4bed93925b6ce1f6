"""Loading: by name, path and model; cards; and what is refused."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from nnviz.analysis.network import network as networks_module
from nnviz.analysis.network.card import read_card
from nnviz.analysis.network.network import bundled, load
from nnviz.analysis.network.trace import trace
from nnviz.errors import NnvizError


@pytest.fixture
def model(cases):
    return cases["sequential_cnn"].model


@pytest.fixture(params=[".keras", ".h5"])
def saved(request, model, tmp_path):
    path = tmp_path / f"mine{request.param}"
    model.save(path)
    return path


def received(caught):
    """The error's sentence, held to its form."""
    message = str(caught.value)
    assert len(message) < 300
    assert "\n" not in message
    assert "Received" in message
    return message


def test_a_model_a_path_and_a_file_name_give_the_same_network(saved, model, cases):
    case = cases["sequential_cnn"]
    expected = trace(load(model), case.picture)
    for source in (saved, str(saved)):
        network = load(source)
        assert network.name == "mine"
        found = trace(network, case.picture)
        np.testing.assert_allclose(found.logits, expected.logits, rtol=1e-5, atol=1e-6)
        assert list(found.activations) == list(expected.activations)


def test_a_nested_network_survives_a_file(cases, tmp_path):
    case = cases["nested"]
    case.model.save(tmp_path / "nested.keras")
    network = load(tmp_path / "nested.keras")
    np.testing.assert_allclose(
        trace(network, case.picture).probabilities, case.model(case.batch)[0], rtol=1e-4, atol=1e-5
    )


@pytest.mark.skipif(not bundled(), reason="no bundled network is there")
def test_each_bundled_network_loads_by_name_with_its_card():
    for name in bundled():
        network = load(name)
        assert network.card
        assert not network.assumed
        assert len(network.classes) == network.graph.classes


def test_a_folder_of_networks_is_what_names_are(model, tmp_path, monkeypatch):
    model.save(tmp_path / "own.keras")
    (tmp_path / "own.json").write_text(json.dumps({"name": "own", "classes": list("abcd")}))
    monkeypatch.setattr(networks_module, "PRETRAINED", tmp_path)
    assert bundled() == ("own",)
    assert load("own").classes == ("a", "b", "c", "d")


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(NnvizError) as caught:
        load("mnist-cat")
    message = received(caught)
    assert "'mnist-cat'" in message
    assert all(name in message for name in bundled())


@pytest.mark.parametrize("source", ["x" * 5000, "", None, 42, "a\0b"])
def test_what_is_no_name_at_all_is_refused(source):
    with pytest.raises(NnvizError) as caught:
        load(source)
    received(caught)


def test_a_folder_and_a_file_of_another_kind_are_refused(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no model")
    folder = tmp_path / "folder.keras"
    folder.mkdir()
    for path in (text, folder, tmp_path):
        with pytest.raises(NnvizError, match="model file") as caught:
            load(path)
        received(caught)


def damaged(model, tmp_path):
    """Ways in which a .keras file can be none."""
    path = tmp_path / "good.keras"
    model.save(path)
    good = path.read_bytes()
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    wrong = io.BytesIO()
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("config.json", '{"module": "os", "class_name": "system", "config": {}}')
        archive.writestr("metadata.json", "{}")
    flipped = bytearray(good)
    for i in range(60, len(flipped) - 400, 7):
        flipped[i] ^= 0x55
    return {
        "junk": b"\x00\x01junk" * 100,
        "nothing": b"",
        "half": good[: len(good) // 2],
        "empty zip": empty.getvalue(),
        "another class": wrong.getvalue(),
        "flipped bytes": bytes(flipped),
    }


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", ["junk", "nothing", "half", "empty zip", "another class", "flipped bytes"])
def test_a_damaged_file_is_refused_by_name(model, tmp_path, kind, suffix):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(damaged(model, tmp_path)[kind])
    with pytest.raises(NnvizError, match=f"bad{suffix}") as caught:
        load(path)
    received(caught)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_with_code_in_it_is_not_run(tmp_path, suffix):
    witness = tmp_path / "witness"

    def leave_a_trace(x):
        open(witness, "w").close()
        return x

    code = keras.Sequential([keras.Input((4, 4, 1)), layers.Lambda(leave_a_trace), layers.Flatten()])
    path = tmp_path / f"code{suffix}"
    code.save(path)
    witness.unlink(missing_ok=True)
    with pytest.raises(NnvizError, match="code"):
        load(path)
    assert not witness.exists()


def test_the_card_beside_a_file_is_read(saved):
    saved.with_suffix(".json").write_text(
        json.dumps({"name": "Mine", "classes": list("abcd"), "input": {"scale": 0.5, "offset": -1}})
    )
    network = load(saved)
    assert (network.name, network.classes) == ("Mine", ("a", "b", "c", "d"))
    assert (network.scale, network.offset, network.assumed) == ((0.5,), (-1.0,), "")


def test_a_card_that_is_given_goes_before_the_one_beside(saved, tmp_path):
    saved.with_suffix(".json").write_text(json.dumps({"classes": list("abcd")}))
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"classes": list("wxyz")}))
    assert load(saved, other).classes == load(saved, {"classes": list("wxyz")}).classes == tuple("wxyz")


@pytest.mark.parametrize(
    "card",
    [
        {"classes": ["a", "b", "c"]},
        {"classes": "abcd"},
        {"classes": 4},
        {"input": 3},
        {"input": {"scale": "bright"}},
        {"input": {"scale": [1, 2, 3]}},
        {"input": {"scale": float("nan")}},
        {"input": {"scale": 0}},
        {"input": {"scale": [[1]]}},
        {"input": {"scale": None}},
        {"input": {"scale": 1, "offset": [1, 2]}},
    ],
)
def test_a_wrong_card_is_refused(model, card):
    with pytest.raises(NnvizError) as caught:
        load(model, card)
    received(caught)


@pytest.mark.parametrize("content", ["{", "[1, 2]", "\xff\xfe", '"text"'])
def test_a_card_file_that_is_no_object_is_refused(tmp_path, content):
    path = tmp_path / "card.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(NnvizError, match=r"card\.json"):
        read_card(path)


def test_a_card_that_is_not_there_is_refused(model, tmp_path):
    with pytest.raises(NnvizError, match=r"none\.json"):
        load(model, tmp_path / "none.json")


def scaled(*first):
    return keras.Sequential([keras.Input((6, 6, 1)), *first, layers.Flatten(), layers.Dense(2)], name="net")


def test_a_network_that_rescales_takes_raw_pixels():
    normal = layers.Normalization(mean=[100.0], variance=[50.0])
    for first in (layers.Rescaling(1 / 255), layers.Rescaling(1 / 127.5, offset=-1), normal):
        network = load(scaled(first))
        assert (network.scale, network.offset, network.assumed) == ((1.0,), (0.0,), "")


def test_a_nested_rescaling_decides_too(cases):
    network = cases["nested"].network
    assert (network.scale, network.offset, network.assumed) == ((1.0,) * 3, (0.0,) * 3, "")


def test_a_rescaling_behind_the_first_weights_does_not_decide():
    network = load(scaled(layers.Conv2D(1, 3), layers.Rescaling(1 / 255)))
    assert network.scale == (1 / 255,)
    assert network.assumed


def test_a_rescaling_of_0_to_1_does_not_ask_for_raw_pixels():
    """2x - 1 is made for inputs from 0 to 1; 255 through it would be 509."""
    network = load(scaled(layers.Rescaling(2.0, offset=-1.0)))
    assert (network.scale, network.assumed) == ((1 / 255,), "")
    assert "\N{MINUS SIGN}1 to 1" in network.input.found


def test_without_a_card_0_to_1_is_assumed_and_said(model):
    network = load(model)
    assert (network.scale, network.offset) == ((1 / 255,), (0.0,))
    assert "0 to 1" in network.assumed
    assert "no card" in network.assumed
    assert network.classes == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((28, 28, 1), (28, 28, 1)),
        ((8, 8), (8, 8, 1)),
        ((64,), (8, 8, 1)),
        ((10,), (1, 10, 1)),
        ((None, None, 3), (None, None, 3)),
    ],
)
def test_the_image_that_a_network_takes(shape, image):
    head = layers.GlobalAveragePooling2D() if None in shape else layers.Flatten()
    model = keras.Sequential([keras.Input(shape), head, layers.Dense(2)])
    assert load(model).image_shape == image


@pytest.mark.parametrize("shape", [(4, 4, 4, 4, 1), (None,)])
def test_an_input_that_cannot_be_drawn_is_refused(shape):
    given = keras.Input(shape)
    pooled = keras.Model(given, layers.Dense(2)(layers.Reshape((-1, 1))(given))[:, 0])
    with pytest.raises(NnvizError, match=r"vector.*Received: a") as caught:
        load(pooled)
    received(caught)


def test_a_function_is_built_once_for_all(cases):
    network, built = cases["mlp_64"].network, []
    for _ in range(3):
        assert network.compiled("test key", lambda: built.append(1) or "made") == "made"
    assert built == [1]


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "\x00", None])
def test_a_card_beside_a_file_that_cannot_be_read_is_said(content, cases, tmp_path):
    cases["mlp_64"].model.save(tmp_path / "mine.keras")
    if content is None:
        (tmp_path / "mine.json").mkdir()
    else:
        (tmp_path / "mine.json").write_text(content)
    with pytest.raises(NnvizError, match=r"A card .* was expected. Received: mine.json"):
        load(tmp_path / "mine.keras")
