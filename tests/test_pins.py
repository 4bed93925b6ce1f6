"""What is private in Streamlit and Keras and relied on: each test names it, and fails where it is no more."""

from __future__ import annotations

import io
import sys
from dataclasses import fields
from types import SimpleNamespace

import keras
import numpy as np
from PIL import Image, WebPImagePlugin
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SafeSessionState, SessionState


def test_streamlit_empties_the_session_of_keras_by_the_name_that_is_replaced(monkeypatch):
    """`keras.backend.clear_session`, looked up in `sys.modules` after each run."""
    called = []
    backend = SimpleNamespace(clear_session=lambda: called.append("keras"))
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
    monkeypatch.setitem(sys.modules, "tensorflow.keras", SimpleNamespace(backend=backend))
    script_runner._clean_problem_modules()
    assert called, "Streamlit empties Keras' session in another way: see nnviz.app.startup.keep_session"


def test_streamlit_says_whether_a_run_comes_of_going_back():
    """`ScriptRunContext.is_history_navigation`, which the browser says in `ClientState`: see nnviz.shell.address."""
    assert "is_history_navigation" in {field.name for field in fields(ScriptRunContext)}
    assert "is_history_navigation" in {field.name for field in fields(RerunData)}
    assert ClientState(is_history_navigation=True).is_history_navigation


def test_no_message_however_large_is_sent_as_a_reference_to_an_earlier_one():
    """`global.minCachedMessageSize`: see .streamlit/config.toml."""
    message = ForwardMsg()
    message.delta.new_element.text.body = "x" * 2**20
    populate_hash_if_needed(message)
    assert not message.metadata.cacheable


def test_each_run_has_a_coordinator_of_its_own():
    """`ScriptRunContext.parallel_coordinator`, made anew by `reset`: see nnviz.shell.address."""
    context = ScriptRunContext(
        session_id="pins",
        _enqueue=lambda _: None,
        query_string="",
        session_state=SafeSessionState(SessionState(), lambda: None),
        uploaded_file_mgr=MemoryUploadedFileManager("/"),
        main_script_path=__file__,
        user_info={},
        fragment_storage=MemoryFragmentStorage(),
        pages_manager=PagesManager(__file__),
    )
    context.reset()
    first = context.parallel_coordinator
    context.reset()
    assert first is not None
    assert context.parallel_coordinator is not first


def test_a_normalization_reads_its_weights_again():
    """`Normalization.finalize_state`: see nnviz.analysis.evidence.randomisation."""
    layer = keras.layers.Normalization()
    layer.adapt(np.array([[0.0], [2.0]]))
    assert np.allclose(layer(np.array([[3.0]])), 2.0)
    layer.set_weights([np.array([3.0]), np.array([4.0]), np.array(0)])
    assert np.allclose(layer(np.array([[3.0]])), 2.0)
    layer.finalize_state()
    assert np.allclose(layer(np.array([[3.0]])), 0.0)


def test_pillow_reads_the_canvas_of_a_webp_without_decoding():
    """`WebPImagePlugin._get_size`: see nnviz.analysis.image.decode."""
    content = io.BytesIO()
    Image.new("RGB", (37, 21)).save(content, "WEBP", exif=b"Exif\0\0junk")
    assert content.getvalue()[12:16] == b"VP8X"
    assert WebPImagePlugin._get_size(content.getvalue()[:30]) == (37, 21)
