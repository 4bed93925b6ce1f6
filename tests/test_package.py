"""The package as a whole: its public face, what may import what, and what must not stand in it."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import nnviz

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nnviz"
SHIPPED = tuple(
    path
    for path in (*PACKAGE.rglob("*"), ROOT / "dashboard.py", *(ROOT / ".streamlit").glob("*"))
    if path.is_file() and path.suffix not in (".pyc", ".woff2", ".png")
)
HEAVY = ("tensorflow", "keras", "streamlit", "plotly", "numpy", "sklearn")


def fresh(script):
    """What a piece of Python prints in a process of its own."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_importing_the_package_loads_nothing_heavy():
    script = f"import sys, nnviz; nnviz.NnvizError, dir(nnviz); print([n for n in {HEAVY} if n in sys.modules])"
    assert fresh(script) == ["[]"]


def test_figures_come_without_tensorflow_and_without_streamlit():
    script = "import sys, nnviz; nnviz.figures.heatmap; print([n for n in ('tensorflow', 'keras', 'streamlit') "
    assert fresh(script + "if n in sys.modules])") == ["[]"]


def test_analysis_comes_without_plotly_and_without_streamlit():
    script = "import sys, nnviz; nnviz.load; nnviz.explain; print([n for n in ('plotly', 'streamlit') "
    assert fresh(script + "if n in sys.modules])")[-1] == "[]"


@pytest.mark.parametrize("name", nnviz.__all__)
def test_every_public_name_is_there_and_is_the_one_of_its_home(name):
    value = getattr(nnviz, name)
    home = getattr(value, "__module__", None)
    if home is not None and home.startswith("nnviz."):
        assert getattr(import_module(home), value.__name__) is value
    assert getattr(nnviz, name) is value
    assert value.__doc__ or name == "METHODS"


def test_the_public_names_are_those_that_are_listed():
    assert dir(nnviz) == sorted(nnviz.__all__)
    assert len(set(nnviz.__all__)) == len(nnviz.__all__)
    assert set(nnviz._HOME) | {"NnvizError"} == set(nnviz.__all__)
    with pytest.raises(AttributeError, match="module 'nnviz' has no attribute 'magic'"):
        nnviz.magic  # noqa: B018


def test_the_words_of_its_own_docstring_work(cases):
    network = nnviz.load("mnist-cnn")
    image = nnviz.digits.digit(0)[0]
    assert network.classes[nnviz.trace(network, image).winner] == "7"
    assert nnviz.explain(network, image, "gradient").values.shape == (28, 28, 1)


def lint(folder):
    """import-linter on the package in a folder: whether the rules are kept, and what it says."""
    found = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert found, "import-linter is in requirements.txt"
    done = subprocess.run([found, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def test_a_folder_is_what_it_may_import():
    kept, said = lint(ROOT)
    assert kept, said
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert f"Contracts: {len(rules)} kept, 0 broken." in said


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("analysis/images.py", "import plotly"),
        ("analysis/graph.py", "from nnviz.figures import colour"),
        ("analysis/trace.py", "import streamlit"),
        ("figures/tiles.py", "import keras"),
        ("figures/colour.py", "from nnviz.analysis import images"),
        ("components/raster/raster.py", "import tensorflow"),
        ("components/raster/raster.py", "from nnviz.pages import address"),
        ("errors.py", "from nnviz.analysis import images"),
    ],
)
def test_the_rule_is_broken_by_one_line_that_breaks_it(file, line, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "nnviz", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "nnviz" / file
    path.write_text(path.read_text() + f"\n\ndef _wrong() -> None:\n    {line}\n")
    kept, said = lint(tmp_path)
    assert not kept
    assert "0 broken" not in said


def test_files_are_short_enough_to_be_read():
    code = [path for path in SHIPPED if path.suffix in (".py", ".js")]
    assert len(code) > 40
    long = {str(path.relative_to(ROOT)): n for path in code if (n := len(path.read_text().splitlines())) > 250}
    assert not long


def test_nothing_that_ships_names_a_host_or_a_folder_of_the_maker():
    """Every asset ships with it; no address outside is asked for at run time."""
    allowed = ("http://www.w3.org/2000/svg",)
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        for name in allowed:
            text = text.replace(name, "")
        found = re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+|(?<![\w.])/(?:home|root|tmp|work|Users)/\S*", text)
        assert not found, f"{path.relative_to(ROOT)}: {found}"
