"""What a browser tells of a picture that was pasted, which may be anything."""

import base64

import pytest

from nnviz.components.paste import MOST_BYTES, read
from nnviz.errors import NnvizError


def test_the_bytes_are_those_of_the_clipboard():
    content = bytes(range(256))
    found = read({"name": "a.png", "size": 256, "content": base64.b64encode(content).decode()})
    assert (found.name, found.content) == ("a.png", content)
    assert read({"name": "", "size": 0, "content": ""}).name == "pasted picture"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "none"),
        ([], "none"),
        ({"name": 1, "size": 2, "content": "AA=="}, "none"),
        ({"name": "a", "size": "2", "content": "AA=="}, "none"),
        ({"name": "a", "size": 2, "content": "no base64!"}, "no base64"),
        ({"name": "a", "size": 2, "content": "é"}, "no base64"),
        ({"name": "a", "size": MOST_BYTES + 10**6, "content": ""}, "26 MB"),
        ({"name": "a", "size": 1, "content": "A" * (MOST_BYTES * 2)}, "38 MB"),
    ],
)
def test_what_is_no_picture_of_a_clipboard_is_refused(told, said):
    with pytest.raises(NnvizError, match=f"Received: .*{said}"):
        read(told)
