"""The one exception for what a user can mend."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger("nnviz")

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


@contextmanager
def in_one_sentence(expected: str, received: str) -> Iterator[None]:
    """Turns an error that nobody foresaw into an NnvizError, and writes its traceback to the log.

    For what comes from outside, such as a file: whatever it makes other code raise, it is one sentence for the user.

    Args:
        expected: what the code inside takes, with its article.
        received: what it was given: the name of a file.

    Raises:
        NnvizError: the code inside raised one, or anything else.
    """
    try:
        yield
    except NnvizError:
        raise
    except Exception as error:
        _log.exception("%s was expected. Received: %s.", expected, received)
        reason = " ".join(str(error).split())[:100]
        raise NnvizError(
            f"{expected} was expected. Received: {received}, and an error that nobody foresaw, "
            f"{type(error).__name__}: {reason} (the log has all of it)."
        ) from error
