"""What the address says against what is shown: the nearest that exists, and a sentence where it was replaced."""

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from visiting import visited

from nnviz.analysis.data import digits
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.network import bundled
from nnviz.shell import library, options


def script() -> None:
    import streamlit as st

    from nnviz.shell import session

    st.session_state["read"] = session.read()
    session.write_address(st.session_state["read"])


def reading() -> None:
    import streamlit as st

    from nnviz.shell import session

    st.session_state["read"] = session.read()


def read(**parameters):
    """The session of an address, what it was replaced by, and the address that it became."""
    app = visited(script, **parameters)
    return app.session_state["read"], dict(app.query_params)


def test_an_empty_address_is_the_first_digit_in_the_first_network():
    found, address = read()
    assert (found.network.name, found.picture.name, found.layer.name) == ("mnist-cnn", "test-0", "conv1")
    np.testing.assert_array_equal(found.picture.pixels, digits.digit(0)[0])
    assert found.notices == ()
    assert (found.cell, found.target) == (None, None)
    assert address == {"net": "mnist-cnn", "image": "test-0", "layer": "conv1", "unit": str(found.unit)}


@pytest.mark.parametrize("image", ["test-0", "test-77", "test-1234"])
@pytest.mark.parametrize("layer", ["conv1", "pool1", "dense", "picture"])
def test_the_unit_that_the_picture_excites_most_is_the_default(image, layer):
    layer = library.network("mnist-cnn").layers[0].name if layer == "picture" else layer
    found, address = read(image=image, layer=layer)
    values = found.trace.activations[layer]
    strongest = np.unravel_index(np.abs(values).argmax(), values.shape)[-1]
    assert np.abs(values[..., found.unit]).max() == np.abs(values[..., strongest]).max()
    assert address["unit"] == str(found.unit)


@pytest.mark.parametrize(
    ("parameters", "shown", "said"),
    [
        ({"net": "mnist-cn"}, {"net": "mnist-cnn"}, "There is no network 'mnist-cn' here, so 'mnist-cnn' is shown."),
        ({"net": "mnist-mpl"}, {"net": "mnist-mlp"}, "There is no network 'mnist-mpl' here, so 'mnist-mlp' is shown."),
        ({"net": "../../etc/passwd"}, {"net": "mnist-cnn"}, "so 'mnist-cnn' is shown"),
        ({"net": ""}, {"net": "mnist-cnn"}, "There is no network '' here, so 'mnist-cnn' is shown."),
        ({"layer": "conv_2"}, {"layer": "conv2"}, "There is no layer of mnist-cnn 'conv_2' here"),
        ({"layer": "xyzzy"}, {"layer": "conv1"}, "There is no layer of mnist-cnn 'xyzzy' here"),
        ({"net": "mnist-mlp", "layer": "xyzzy"}, {"layer": "dense1"}, "There is no layer of mnist-mlp 'xyzzy' here"),
        ({"image": "test-10000"}, {"image": "test-0"}, "from 0 to 9999 was expected. Received: 10000."),
        ({"image": "../secret.png"}, {"image": "test-0"}, "Received: '../secret.png'."),
        ({"image": "test-\u00b2"}, {"image": "test-0"}, "Received: 'test-\u00b2'."),
        ({"image": "test--1"}, {"image": "test-0"}, "Received: 'test--1'."),
        ({"image": "test-" + "9" * 5000}, {"image": "test-0"}, "Received: 'test-999"),
        ({"unit": "999"}, {"unit": "31"}, "unit runs from 0 to 31 here, so 31 is shown. Received: 999."),
        ({"unit": "-3"}, {"unit": "0"}, "unit runs from 0 to 31 here, so 0 is shown. Received: -3."),
        ({"unit": "cat"}, {"unit": "0"}, "Received: cat."),
        ({"unit": "1" * 5000}, {"unit": "0"}, "unit runs from 0 to 31"),
        ({"target": "10"}, {"target": "9"}, "target runs from 0 to 9 here, so 9 is shown. Received: 10."),
        ({"row": "99", "column": "2"}, {"row": "27", "column": "2"}, "row runs from 0 to 27 here, so 27 is shown."),
        ({"dx": "11"}, {}, "dx runs from -10 to 10 here, so 10 is shown."),
        ({"noise": "1000"}, {}, "noise runs from "),
        ({"noise": "-5"}, {}, "noise runs from 0 to 100 here, so 0 is shown. Received: -5."),
        ({"rotate": "x"}, {}, "rotate runs from -180 to 180"),
    ],
)
def test_what_is_not_there_is_replaced_by_the_nearest_and_said(parameters, shown, said):
    if parameters.get("layer") is None and "unit" in parameters:
        channels = library.network("mnist-cnn").layer("conv1").output_shape[-1]
        shown = {"unit": str(min(int(shown["unit"]), channels - 1))}
        said = said.replace("31", str(channels - 1))
    if "row" in parameters:
        rows = library.network("mnist-cnn").layer("conv1").output_shape[0]
        shown, said = {**shown, "row": str(rows - 1)}, said.replace("27", str(rows - 1))
    found, address = read(**parameters)
    assert {name: address[name] for name in shown} == shown
    notices = " ".join(found.notices)
    assert said in notices
    assert len(found.notices) == 1
    assert len(notices) < 400


def test_what_is_there_is_shown_and_nothing_said():
    asked = {"net": "mnist-mlp", "image": "test-42", "layer": "dense2", "unit": "3", "target": "8"}
    found, address = read(**asked)
    assert (found.network.name, found.layer.name, found.unit, found.target, found.class_index) == (
        *("mnist-mlp", "dense2", 3),
        *(8, 8),
    )
    assert found.notices == ()
    assert address == asked


@pytest.mark.parametrize(
    "asked",
    [{}, {"net": "mnist-mpl", "unit": "999", "dx": "11"}, {"layer": "dense", "row": "3", "column": "4"}],
    ids=["nothing", "what is not there", "a cell of no map"],
)
def test_to_read_is_not_to_write(asked):
    app = visited(reading, **asked)
    assert dict(app.query_params) == asked
    assert app.session_state["read"].name in bundled()


def test_a_cell_belongs_to_a_map_and_goes_with_it():
    found, address = read(layer="conv1", row="3", column="4")
    assert found.cell == (3, 4)
    found, address = read(layer="dense", row="3", column="4")
    assert found.cell is None
    assert "row" not in address
    assert "column" not in address


def test_the_picture_is_moved_before_the_network_sees_it():
    plain, _ = read(image="test-3")
    moved, _ = read(image="test-3", dx="2", dy="-3")
    expected = np.zeros_like(plain.fitted.pixels)
    expected[:-3, 2:] = plain.fitted.pixels[3:, :-2]
    np.testing.assert_array_equal(moved.fitted.pixels, expected)
    inverted, _ = read(image="test-3", invert="1")
    np.testing.assert_array_equal(inverted.fitted.pixels, 255 - plain.fitted.pixels)
    np.testing.assert_array_equal(inverted.trace.image, inverted.fitted.image)
    assert not np.array_equal(inverted.trace.logits, plain.trace.logits)


def test_a_picture_from_the_command_line_is_the_first(tmp_path, monkeypatch):
    pixels = np.arange(28 * 28).reshape(28, 28) % 256
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "mine.png")
    monkeypatch.setattr(options, "given", options.Options(image=tmp_path / "mine.png"))
    found, address = read()
    assert (found.picture.name, found.picture.label, address["image"]) == ("mine", None, "mine")
    np.testing.assert_array_equal(found.picture.pixels[..., 0], pixels)
    found, _ = read(image="test-5")
    assert found.picture.label == "1"


def test_an_own_model_is_the_first_and_the_others_stay(tmp_path, monkeypatch, cases):
    cases["mlp_64"].model.save(tmp_path / "mine.keras")
    monkeypatch.setattr(options, "given", options.Options(model=tmp_path / "mine.keras"))
    found, address = read()
    assert (found.network.name, address["net"]) == ("mine", "mine")
    assert library.network_names()[0] == "mine"
    assert sorted(library.network_names()[1:]) == sorted(bundled())
    found, _ = read(net="mnist-mlp")
    assert found.network.name == "mnist-mlp"


def uploading(content: bytes) -> None:
    import streamlit as st

    from nnviz.shell import library, session

    if content:
        library.keep_upload(content, "mine.png")
    st.session_state["read"] = session.read()
    session.write_address(st.session_state["read"])


def test_an_upload_is_seen_by_its_own_viewer_only(tmp_path):
    Image.fromarray(np.full((28, 28), 9, np.uint8)).save(tmp_path / "a.png")
    app = AppTest.from_function(uploading, kwargs={"content": (tmp_path / "a.png").read_bytes()}, default_timeout=60)
    app.query_params["image"] = library.UPLOAD
    app.run()
    assert app.session_state["read"].picture.title == "mine.png"
    assert (app.session_state["read"].picture.pixels == 9).all()
    assert app.session_state["read"].notices == ()
    other = AppTest.from_function(uploading, kwargs={"content": b""}, default_timeout=60)
    other.query_params["image"] = library.UPLOAD
    other.run()
    assert other.session_state["read"].picture.name == "test-0"
    assert other.session_state["read"].notices == (
        "An uploaded picture cannot be in a link, so the default one is shown.",
    )
    assert other.query_params["image"] == "test-0"


def reading_again() -> None:
    import streamlit as st

    from nnviz.shell import address, session

    found = [session.read()]
    address.write(image="test-3", unit=2)
    found.append(session.read())
    address.replace({"net": "mnist-mlp"})
    found.append(session.read())
    st.session_state["found"] = found


def test_what_is_written_is_read_in_the_same_run():
    app = visited(reading_again, image="test-1", layer="conv2", unit="7")
    found = app.session_state["found"]
    assert [(one.name, one.picture.name, one.layer.name, one.unit) for one in found[:2]] == [
        ("mnist-cnn", "test-1", "conv2", 7),
        ("mnist-cnn", "test-3", "conv2", 2),
    ]
    assert (found[2].name, found[2].picture.name) == ("mnist-mlp", "test-0")


def test_a_picture_is_one_object_until_its_content_is_another(tmp_path, monkeypatch):
    first, again = library.picture("test-5"), library.picture("test-5")
    assert first is again
    network = library.network("mnist-cnn")
    moved = Transform(shift=(1, 0))
    assert library.fitted(network, first, Transform()) is library.fitted(network, first, Transform())
    assert library.fitted(network, first, moved) is not library.fitted(network, first, Transform())
    # The same pixels in another network's range are another input.
    assert library.fitted(library.network("photo-cnn"), first, Transform()).image.shape != first.pixels.shape
    own = tmp_path / "mine.png"
    monkeypatch.setattr(options, "given", options.Options(image=own))
    for tone in (10, 200):
        Image.fromarray(np.full((28, 28), tone, np.uint8)).save(own)
        fitted = library.fitted(network, library.picture("mine"), Transform())
        assert (fitted.pixels == tone).all()
