"""The trace and every attribution method against their floors: `python benchmarks/analysis.py [--json FILE]`."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np

import nnviz
from benchmarks.floors import floors
from benchmarks.measuring import interleaved, milliseconds, ratio, report, seconds, table
from nnviz.analysis.attribution.cam import last_convolution, map_layers
from nnviz.analysis.attribution.occlusion import windows
from nnviz.analysis.data import digits, photographs
from nnviz.analysis.image.images import Fitted
from nnviz.analysis.network.network import bundled
from nnviz.analysis.network.trace import fitted_to

NETWORKS = ("mnist-mlp", "mnist-cnn")
"""Those measured where none is named; photo-cnn takes a quarter of an hour."""
GOALS = {"trace": 1.1}
"""The most that a job may take, as a ratio to its floor; 1.2 for all others."""
HEADS = ("Network, job", "Floor ms", "nnviz ms", "Ratio", "Quartiles", "Goal")
MORE = ("Network, job", "First call ms", "Floor's ms", "Same class ms", "Another class ms", "Ratio")


def main() -> None:
    """Measure, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--repeats", type=int, default=100, help="calls of each job (a tenth of it on photographs)")
    parser.add_argument("--networks", nargs="+", choices=bundled(), default=NETWORKS, help="bundled ones")
    parser.add_argument("--jobs", nargs="+", help="the trace and methods to measure; by default all")
    parser.add_argument("--large", action="store_true", help="also MobileNetV2 on 224x224, without trained weights")
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    for network, picture, repeats in _networks(asked.networks, asked.large, asked.repeats):
        for row in measured(network, picture, repeats, asked.jobs):
            found.append(row)
            print(_first(row), file=sys.stderr)
    print(table(HEADS, [_first(row) for row in found]), end="\n\n")
    print(table(MORE, [_second(row) for row in found if "first_ms" in row]))
    report({"analysis": found}, asked.json)


def _networks(names: Sequence[str], large: bool, repeats: int) -> Iterator[tuple[nnviz.Network, np.ndarray, int]]:
    for name in names:
        network = nnviz.load(name)
        if digits.read_by(network):
            yield network, digits.digit(0)[0], repeats
        else:
            yield network, photographs.photograph("cat"), max(5, repeats // 10)
    if large:
        keras.utils.set_random_seed(0)
        network = nnviz.load(keras.applications.MobileNetV2(weights=None), {"input": {"scale": 2 / 255, "offset": -1}})
        noise = np.random.default_rng(0).integers(0, 256, network.image_shape).astype(np.uint8)
        yield network, noise, max(5, repeats // 10)


def measured(
    network: nnviz.Network, picture: np.ndarray, repeats: int, jobs: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Fitting a picture of uint8, then the trace and each method with its defaults on it, against their floors."""
    fitting = interleaved({"fit": lambda: fitted_to(network, picture)}, repeats)["fit"]
    yield {"network": network.name, "job": "fit", "nnviz_ms": milliseconds(fitting)}
    fitted = fitted_to(network, picture)
    image = fitted.image
    least = floors(network.model, image, _forwards(network, image), _last_maps(network))
    for name in ("trace", *(m.name for m in nnviz.METHODS if m.name in least and not m.unfit(network))):
        if jobs is not None and name not in jobs:
            continue
        yield {"network": network.name, "job": name} | _job(network, fitted, name, least[name], repeats)


def _forwards(network: nnviz.Network, image: np.ndarray) -> dict[str, int]:
    """How many images the methods without gradients look at with their defaults, the image itself among them."""
    fitting = [method for method in nnviz.METHODS if not method.unfit(network)]
    default = {m.name: {p.name: p.default for p in m.parameters(network)} for m in fitting}
    edges = default["occlusion"]
    found = {"occlusion": len(windows(*image.shape[:2], edges["patch"], edges["stride"])[0])}
    found["kernel-shap"] = 2 + default["kernel-shap"]["samples"]
    if "score-cam" in default:
        channels = network.layer(default["score-cam"]["layer"]).output_shape[-1]
        found["score-cam"] = 2 + min(default["score-cam"]["max_maps"], channels or 1)
    return found


def _last_maps(network: nnviz.Network) -> str | None:
    return last_convolution(network).name if map_layers(network) else None


def _job(network: nnviz.Network, picture: Fitted, name: str, floor: Any, repeats: int) -> dict[str, Any]:
    winner = nnviz.trace(network, picture).winner if name != "trace" else 0
    classes = itertools.cycle(range(network.graph.classes))

    def call(target: int | None = None) -> object:
        if name == "trace":
            return nnviz.trace(network, picture)
        return nnviz.explain(network, picture, name, target)

    first_floor, first = seconds(floor), seconds(call)
    time.sleep(0.2)
    times = interleaved({"floor": floor, "nnviz": call}, repeats)
    found = {
        "floor_ms": milliseconds(times["floor"]),
        "nnviz_ms": milliseconds(times["nnviz"]),
        "goal": GOALS.get(name, 1.2),
        "first_ms": first * 1000,
        "first_floor_ms": first_floor * 1000,
        **ratio(times["nnviz"], times["floor"]),
    }
    if name != "trace":
        turns = interleaved({"same": lambda: call(winner), "other": lambda: call(next(classes))}, repeats)
        found |= {f"{kind}_class_ms": milliseconds(taken) for kind, taken in turns.items()}
        found["other_to_same"] = ratio(turns["other"], turns["same"])["ratio"]
    return found


def _first(row: dict[str, Any]) -> list[str]:
    named = f"{row['network']}, {row['job']}"
    if "floor_ms" not in row:
        return [named, "", f"{row['nnviz_ms']:.2f}", "", "", ""]
    met = "met" if row["ratio"] <= row["goal"] else "missed"
    return [
        named,
        f"{row['floor_ms']:.2f}",
        f"{row['nnviz_ms']:.2f}",
        f"{row['ratio']:.2f}",
        f"{row['low']:.2f} to {row['high']:.2f}",
        f"{row['goal']:g} {met}",
    ]


def _second(row: dict[str, Any]) -> list[str]:
    named = f"{row['network']}, {row['job']}"
    start = [named, f"{row['first_ms']:.0f}", f"{row['first_floor_ms']:.0f}"]
    if "same_class_ms" not in row:
        return [*start, "", "", ""]
    return [*start, f"{row['same_class_ms']:.2f}", f"{row['other_class_ms']:.2f}", f"{row['other_to_same']:.2f}"]


if __name__ == "__main__":
    main()
