"""What the tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnviz.shell.jobs.worker import worker


@pytest.fixture
def nothing_goes_on() -> Iterator[None]:
    """What a page begins in the background is not waited for: it would search 10,000 digits for each network."""
    with worker.drawing():
        yield
    worker.close()
