"""What is refused, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnviz.errors import NnvizError


def refusal(call: Callable[..., Any], *arguments: object) -> str:
    """The sentence with which a call refuses its arguments: what was expected, then what was received."""
    with pytest.raises(NnvizError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert "Received: " in message
    assert "xpected" in message
    assert len(message) < 300
    return message
