"""The one exception for what a user can mend."""

from __future__ import annotations

LONGEST = 299
"""Longest message in characters: what still reads as one sentence in a box on a projector."""


class NnvizError(ValueError):
    """One sentence fit for a user: what was expected, then `Received: ...`.

    Line breaks and runs of blanks become one space, and a message over `LONGEST` characters is
    shortened with an ellipsis, so that whatever a file or a library says, the page can show it.

    Args:
        message: the sentence.
    """

    def __init__(self, message: str) -> None:
        sentence = " ".join(str(message).split())
        if len(sentence) > LONGEST:
            sentence = sentence[: LONGEST - 1].rstrip() + "…"
        super().__init__(sentence)
