"""What the command line gave, and when the server started: set once, by `nnviz.app.startup`, read by all.

This module imports neither TensorFlow nor Streamlit, so that the server is up before they are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnviz.analysis.data.folder import Folder


@dataclass(frozen=True)
class Options:
    """The command line after `--`.

    Attributes:
        model, image, card, talk: files of one's own, or None.
        folder: the pictures of a folder of one's own, or None.
        models: a folder of models to choose from (the variable NNVIZ_MODELS), or None.
        trusted: model files whose code may run.
    """

    model: Path | None = None
    image: Path | None = None
    card: Path | None = None
    talk: Path | None = None
    folder: Folder | None = None
    models: Path | None = None
    trusted: tuple[Path, ...] = ()


started = time.perf_counter()
given = Options()


def is_saved_model(path: Path) -> bool:
    """Whether it is the folder of a SavedModel."""
    return (path / "saved_model.pb").is_file()
