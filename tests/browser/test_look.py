"""What the tests know of Streamlit's messages, to see in a browser whether all that was asked is answered."""

from __future__ import annotations

from app import LOOK
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


def test_the_fields_that_are_looked_for_are_streamlits() -> None:
    rerun = BackMsg.DESCRIPTOR.fields_by_name["rerun_script"].number
    session = ForwardMsg.DESCRIPTOR.fields_by_name["new_session"].number
    assert f"const RERUN = {rerun}, NEW_SESSION = {session};" in LOOK
