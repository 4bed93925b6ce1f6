"""Where that lies which ships beside the package, and which version this is."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_IN_WHEEL = _PACKAGE / "shipped"

ROOT = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent
"""Folder of `pretrained`, `dashboard.py` and `.streamlit`: the top of the repository, or what the wheel took of it."""


def version() -> str:
    """The version as the project's own file says it in a clone, else as it was installed."""
    project = ROOT / "pyproject.toml"
    if project.is_file():
        import tomllib

        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    from importlib import metadata

    return metadata.version("nnviz")
