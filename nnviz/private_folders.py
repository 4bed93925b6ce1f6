"""Folders for what a viewer brings: of this process alone, and gone with it, even where it was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_NAME = "nnviz-{}-"


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A new one, removed when it is closed or let go of."""
    return tempfile.TemporaryDirectory(prefix=_NAME.format(os.getpid()), ignore_cleanup_errors=True)


def sweep() -> None:
    """Remove those that a process left which was killed. Elsewhere than on POSIX nobody can ask whether one runs."""
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(_NAME.format("*") + "*"):
        process = folder.name.split("-")[1]
        if process.isdigit() and not _runs(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
