"""Pictures of one's own in the app: a folder of one viewer, and a digit on paper with its button."""

import io
import zipfile

import numpy as np
from PIL import Image
from visiting import visited

from nnviz.analysis.data import digits
from nnviz.shell import library


def keeping(content: bytes, upload: bytes) -> None:
    import streamlit as st

    from nnviz.analysis.data import uploaded
    from nnviz.app import paper_note
    from nnviz.shell import address, library, session

    if content and library.uploaded_folder() is None:
        address.write(image=library.keep_folder(uploaded.from_zip(content, "mine.zip")))
    if upload and not library.has_upload():
        library.keep_upload(upload, "mine.png")
        address.write(image=library.UPLOAD)
    st.session_state["read"] = found = session.read()
    paper_note.draw(found)


def app(content=b"", upload=b"", **parameters):
    return visited(keeping, kwargs={"content": content, "upload": upload}, **parameters)


def png(pixels):
    content = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def test_an_uploaded_folder_is_its_viewers_own():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(3):
            archive.writestr(f"{digits.digit(number)[1]}/{number}.png", png(digits.digit(number)[0]))
    mine = app(content.getvalue())
    found = mine.session_state["read"]
    assert found.picture.name == "folder-1-2"
    assert found.picture.label == "1"
    np.testing.assert_array_equal(found.picture.pixels[..., 0], digits.digit(2)[0])
    other = app(image="folder-1-2")
    assert other.session_state["read"].picture.name == library.DEFAULT_IMAGE
    assert "A picture was expected" in other.session_state["read"].notices[0]


def test_a_dark_digit_is_told_and_one_click_mends_it():
    strokes = digits.digit(0)[0] / 255
    viewer = app(upload=png(118 - 98 * strokes))
    assert "The digit is dark on light (ink 2" in viewer.info[0].value
    assert viewer.session_state["read"].trace.winner != 7
    viewer.button(key="mend-paper").click().run()
    assert dict(viewer.query_params) == {"image": "upload", "invert": "1", "stretch": "1"}
    assert viewer.session_state["read"].trace.winner == 7
    assert not viewer.info
    assert not viewer.button


def test_each_click_asks_for_what_is_amiss_and_no_more():
    # What the viewer inverted himself needs no telling.
    assert not app(image="test-0", invert="1").button
    dark = app(upload=png(255 - digits.digit(0)[0]))
    assert dark.button(key="mend-paper").label == "Invert"
    dark.button(key="mend-paper").click().run()
    assert dark.query_params["invert"] == "1"
    board = app(upload=png(60 + 110 * (digits.digit(0)[0] / 255)))
    assert board.button(key="mend-paper").label == "Stretch"
    assert not app(image="test-0").button
    assert not app(net="photo-cnn", image="cat", invert="1").button
