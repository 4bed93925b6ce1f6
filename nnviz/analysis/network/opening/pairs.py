"""A model in two files: its plan as JSON (`model.to_json()`), and weights beside it under the same name."""

from __future__ import annotations

from pathlib import Path

from nnviz.analysis.network.opening.limits import MIB
from nnviz.errors import NnvizError

_WEIGHTS = (".weights.h5", ".h5", ".hdf5", "_weights.h5", ".weights.hdf5")
_MOST = 32 * MIB


def pair(path: Path) -> tuple[Path, bytes]:
    """The file with the weights, and the plan: what `path` itself is, or what stands beside it; b"" without one.

    Raises:
        NnvizError: a plan without weights beside it.
    """
    plan = _plan(path)
    if plan:
        stem = path.name.removesuffix(".json")
        for end in _WEIGHTS:
            weights = path.with_name(stem + end)
            if weights.is_file():
                return weights, plan
        raise NnvizError(
            f"The plan of a model with its weights beside it was expected. Received: {path.name[:60]} without "
            f"{stem[:60]}.weights.h5 or {stem[:60]}.h5 in its folder."
        )
    for end in _WEIGHTS:
        if path.name.endswith(end) and (found := _plan(path.with_name(path.name.removesuffix(end) + ".json"))):
            return path, found
    return path, b""


def _plan(path: Path) -> bytes:
    """The text of a Keras model's plan; b"" where the file is none, or there is none."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            if file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] != b"{" or path.stat().st_size > _MOST:
                return b""
            file.seek(0)
            text = file.read(_MOST)
    except OSError:  # the file itself is read later, where its error is told
        return b""
    return text if b'"class_name"' in text and b'"config"' in text and b"weightsManifest" not in text else b""
