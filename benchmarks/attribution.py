"""Attribution methods against other libraries: `python benchmarks/attribution.py [--json FILE]`.

The others are installed with `pip install -r benchmarks/requirements.txt`. One that is missing, or a method of one
that does not run here, is named at the end with its reason.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
from PIL import Image

import nnviz
from benchmarks.libraries import LIBRARIES, PACKAGES, Job, Subject
from benchmarks.measuring import milliseconds, report, seconds, table
from nnviz.analysis.attribution import method_named
from nnviz.analysis.attribution.cam import last_convolution
from nnviz.analysis.network.network import PRETRAINED
from nnviz.analysis.network.trace import fitted_to

SAMPLES, COALITIONS = 25, 200
_FEWEST = 3
HEADS = ("Network, method", "nnviz ms", *LIBRARIES, "nnviz to the fastest")
FIRST = ("Network, method, first call", "nnviz ms", *LIBRARIES)


def main() -> None:
    """Measure, print the tables and what did not run, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--networks", nargs="+", default=["mnist-cnn", "photo-cnn"], help="names or files")
    parser.add_argument("--image", type=Path, help="picture for networks that do not read digits")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for one method of all libraries")
    parser.add_argument("--repeats", type=int, default=60, help="most calls of each")
    asked = parser.parse_args()
    keras.utils.disable_interactive_logging()  # else the `predict` in some of them draws bars
    found: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for name in asked.networks:
        network = nnviz.load(name)
        picture = _picture(network, asked.image)
        for row in compared(network, picture, failed, asked.budget, asked.repeats):
            found.append(row)
            print("  ".join(_steady(row)), file=sys.stderr)
    print(table(HEADS, [_steady(row) for row in found]), end="\n\n")
    print(table(FIRST, [_first(row) for row in found]), end="\n\n")
    for what, reason in failed.items():
        print(f"Did not run: {what}: {reason}")
    versions = {package: _version(package) for package in PACKAGES}
    report({"attribution": found, "failed": failed, "libraries": versions}, asked.json)


def compared(
    network: nnviz.Network, picture: np.ndarray, failed: dict[str, str], budget: float, repeats: int
) -> Iterator[dict[str, Any]]:
    """Every method that another library has too: first calls, then all in turn; `failed` takes what does not run."""
    fitted = fitted_to(network, picture)
    index = nnviz.trace(network, fitted).winner
    patch = max(2, max(fitted.image.shape[:2]) // 7)
    layer = last_convolution(network).name
    subject = Subject(_to_logits(network), fitted.image, index, layer, SAMPLES, patch, COALITIONS)
    makers = {}
    for library, setup in LIBRARIES.items():
        try:
            makers[library] = setup(subject)
        except Exception as error:  # noqa: BLE001  # what another library raises on a Keras it does not know is its own
            failed[library] = _sentence(error)
    for name in ("trace", *(method.name for method in nnviz.METHODS)):
        theirs = {library: made[name] for library, made in makers.items() if name in made}
        if theirs and (name == "trace" or not method_named(name).unfit(network)):
            first, jobs = _first_calls({"nnviz": _own(network, fitted, name, index, patch), **theirs}, name, failed)
            if len(jobs) > 1:
                yield {"network": network.name, "method": name, "first_ms": first, **_in_turn(jobs, budget, repeats)}


def _own(network: nnviz.Network, fitted: Any, name: str, index: int, patch: int) -> Callable[[], Job]:
    options: dict[str, dict[str, Any]] = {
        "smoothgrad": {"samples": SAMPLES},
        "vargrad": {"samples": SAMPLES},
        "integrated-gradients": {"steps": SAMPLES},
        "score-cam": {"max_maps": SAMPLES},
        "occlusion": {"patch": patch, "stride": patch},
        "kernel-shap": {"samples": COALITIONS},
        "rise": {"samples": COALITIONS},
    }
    if name == "trace":
        return lambda: lambda: nnviz.trace(network, fitted)
    return lambda: lambda: nnviz.explain(network, fitted, name, index, **options.get(name, {}))


def _first_calls(
    makers: dict[str, Callable[[], Job]], name: str, failed: dict[str, str]
) -> tuple[dict[str, float], dict[str, Job]]:
    first: dict[str, float] = {}
    jobs: dict[str, Job] = {}
    for library, make in makers.items():

        def begin(library: str = library, make: Callable[[], Job] = make) -> None:
            jobs[library] = make()
            jobs[library]()

        try:
            first[library] = seconds(begin) * 1000
        except Exception as error:  # as above; what nnviz raises is an error of ours
            if library == "nnviz":
                raise
            jobs.pop(library, None)
            failed[f"{library}, {name}"] = _sentence(error)
    return first, jobs


def _in_turn(jobs: dict[str, Job], budget: float, repeats: int) -> dict[str, Any]:
    once = sum(seconds(job) for job in jobs.values())
    count = int(min(repeats, max(_FEWEST, budget / once)))
    taken: dict[str, list[float]] = {library: [] for library in jobs}
    generator = np.random.default_rng(0)
    for _ in range(count):
        # In another order each time: what runs behind a library that is rough with caches and threads pays for it.
        for library in generator.permutation(list(jobs)).tolist():
            taken[library].append(seconds(jobs[library]))
    steady = {library: milliseconds(times) for library, times in taken.items()}
    fastest = min(value for library, value in steady.items() if library != "nnviz")
    return {"steady_ms": steady, "calls": count, "ratio": steady["nnviz"] / fastest}


def _to_logits(network: nnviz.Network) -> keras.Model:
    """A functional copy of the model that ends in the logits, as the other libraries are told to be given one."""
    own = network.model
    if isinstance(own, keras.Sequential):
        # Layers that were called in a Sequential before stand in its graph too, and their outputs are ambiguous.
        start = tensor = keras.Input(own.input_shape[1:])
        for layer in own.layers:
            tensor = type(layer).from_config(layer.get_config())(tensor)
        model = keras.Model(start, tensor)
    else:
        model = keras.models.clone_model(own)
    model.set_weights(own.get_weights())
    model.layers[-1].activation = keras.activations.linear
    return model


def _picture(network: nnviz.Network, path: Path | None) -> np.ndarray:
    if nnviz.digits.read_by(network):
        return nnviz.digits.digit(0)[0]
    return np.asarray(Image.open(path or PRETRAINED / "photos" / "cat.jpg").convert("RGB"))


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _steady(row: dict[str, Any]) -> list[str]:
    own = row["steady_ms"]["nnviz"]
    cells = [f"{row['network']}, {row['method']}", f"{own:.2f}"]
    for library in LIBRARIES:
        theirs = row["steady_ms"].get(library)
        cells.append("" if theirs is None else f"{theirs:.2f} ({theirs / own:.1f}x)")
    return [*cells, f"{row['ratio']:.2f}"]


def _first(row: dict[str, Any]) -> list[str]:
    own, first = f"{row['network']}, {row['method']}", row["first_ms"]
    return [own, *(f"{first[name]:.0f}" if name in first else "" for name in ("nnviz", *LIBRARIES))]


if __name__ == "__main__":
    main()
