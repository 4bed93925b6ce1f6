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
from nnviz import installation

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
    script = "import sys, nnviz; nnviz.NnvizError, nnviz.__version__, dir(nnviz); "
    script += f"print([n for n in {HEAVY} if n in sys.modules])"
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
    """What import-linter says of the package in a folder, and whether all its contracts are kept."""
    found = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert found, "import-linter is in requirements.txt"
    done = subprocess.run([found, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode == 0, done.stdout + done.stderr


CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
BREAKS = {
    "Imports go down this list only; analysis and figures never import each other": (
        ("figures/colour.py", "from nnviz.analysis.image import shuffle"),
        ("errors.py", "from nnviz.components import parts"),
        ("components/raster/raster.py", "from nnviz.shell import options"),
    ),
    "No page imports another": (("pages/filters/page.py", "from nnviz.pages.flatten import page"),),
    "Inside analysis, from the top down": (("analysis/layer/toy.py", "from nnviz.analysis.search import ranking"),),
    "Pages, views and shell leave Keras and TensorFlow to analysis": (
        ("views/scales.py", "import tensorflow"),
        ("pages/data/page.py", "import keras"),
    ),
    "Analysis draws nothing": (("analysis/network/trace.py", "import streamlit"),),
    "Figures know arrays only, components arrays and the browser": (("components/keys/keys.py", "import keras"),),
    "Figures know no Streamlit": (("figures/tiles.py", "import streamlit"),),
    "No circle anywhere": (("shell/options.py", "from nnviz.shell import library"),),
}
"""By contract, files, and a line that breaks it there: in a function, the circle's under TYPE_CHECKING."""


def test_a_folder_is_what_it_may_import():
    kept, said = lint(ROOT)
    assert kept, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """What is said of a copy of the package in which every contract is broken."""
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(PACKAGE, folder / "nnviz", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for number, (file, line) in enumerate(each for lines in BREAKS.values() for each in lines):
        with (folder / "nnviz" / file).open("a") as end:
            where = "if TYPE_CHECKING:" if file == "shell/options.py" else f"def _wrong{number}() -> None:"
            end.write(f"\n\n{where}\n    {line}\n")
    kept, said = lint(folder)
    assert not kept
    return said


@pytest.mark.parametrize("contract", [each["name"] for each in CONTRACTS])
def test_a_contract_is_broken_by_one_line_that_breaks_it(contract, broken):
    assert f"{contract} BROKEN" in broken
    # What is said of this contract alone.
    said = re.split(r"\n[^\n]+\n---", broken[broken.index(f"\n{contract}\n---") + 1 :].partition("\n---")[2])[0]
    for file, _ in BREAKS[contract]:
        name = "nnviz." + file[:-3].replace("/", ".")
        assert (f"{name} -> " if contract != "No circle anywhere" else name.rpartition(".")[0]) in said


def test_nothing_that_ships_names_a_host_or_a_folder_of_the_maker():
    """Every asset ships with it; no address outside is asked for at run time."""
    allowed = ("http://www.w3.org/2000/svg",)
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        for name in allowed:
            text = text.replace(name, "")
        # What to read on is a plain link.
        text = re.sub(r"\bReading\([^()]*\)", "", text)
        found = re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+|(?<![\w.])/(?:home|root|tmp|work|Users)/\S*", text)
        assert not found, f"{path.relative_to(ROOT)}: {found}"


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_version_is_the_projects_and_the_newest_of_the_changelog():
    assert nnviz.__version__ == PROJECT["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == f"[{nnviz.__version__}]"


def test_the_requirements_of_the_readme_are_those_of_the_package_and_of_its_tests():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = [line for line in lines if line and not line.startswith("#")]
    assert required == [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]


def test_what_ships_beside_the_package_is_found_in_a_clone_and_in_the_place_that_the_wheel_has_for_it(tmp_path):
    """One folder has it all: the top of the clone, or `shipped` in the package."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    moved = build["targets"]["wheel"]["force-include"]
    assert installation.ROOT == ROOT
    for place, inside in moved.items():
        assert (installation.ROOT / place).exists()
        assert inside == f"nnviz/shipped/{place}"
    assert {"dashboard.py", "pretrained", ".streamlit/config.toml"} == set(moved)
    (tmp_path / "nnviz" / "shipped").mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "installation.py"):
        shutil.copy(PACKAGE / name, tmp_path / "nnviz")
    script = "from nnviz.installation import ROOT; print(ROOT)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(tmp_path / "nnviz" / "shipped")


def test_the_app_is_told_in_one_short_file():
    """The file that `streamlit run` and the command `nnviz` start."""
    assert len((ROOT / "dashboard.py").read_text(encoding="utf-8").splitlines()) < 60
