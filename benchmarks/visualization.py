"""Feature visualisation against its floor, and how often one sees it: `benchmarks/visualization.py [--json FILE]`.

The floor is the compiled gradient steps with the same parametrisation and transformations, in one loop, and nothing
else: no checks, no snapshots, no score of the picture as it is. Seen: snapshots a second of one picture, of four kept
apart, of five from one unit to another and of a dream, as the page of what a unit likes asks for them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import tensorflow as tf

import nnviz
from benchmarks.measuring import interleaved, milliseconds, ratio, report, seconds, table
from nnviz.analysis.data import photographs
from nnviz.analysis.progress import Progress
from nnviz.analysis.visualization.forming import recipe_for
from nnviz.analysis.visualization.transforms import moved

JOBS = (("mnist-cnn", 3, 64, 40), ("photo-cnn", 281, 32, 8))
"""Network, class, steps, and how often it is measured."""
GOAL, RATE = 1.2, 0.05
SEEN = (("mnist-cnn", "conv2", 5, "test-0"), ("photo-cnn", "head_conv_relu", 5, "cat"))
"""Network, layer, unit, and the picture that is dreamt."""
AT_LEAST = 4.0
"""Snapshots a second."""


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--repeats", type=int, help="calls of each job")
    asked = parser.parse_args()
    found = [measured(name, index, steps, asked.repeats or often) for name, index, steps, often in JOBS]
    heads = ("Network, steps", "Floor ms", "nnviz ms", "Ratio", "Quartiles", "Watched", "First call ms", "Floor's ms")
    print(table(heads, [_row(row) for row in found]))
    seen = [row for job in SEEN for row in rates(*job)]
    heads = ("Network, what", "Snapshots a second", "Fewest")
    print(table(heads, [(row["what"], f"{row['median']:.1f}", f"{row['fewest']:.1f}") for row in seen]))
    report({"visualization": found, "seen": seen}, asked.json)


def measured(name: str, index: int, steps: int, repeats: int) -> dict[str, Any]:
    """One network: the floor, `visualize`, and `visualizing` with its snapshots, in turn."""
    network = nnviz.load(name)
    least = floor(network, index, steps)

    def watch() -> None:
        for _ in nnviz.visualizing(network, index, steps, RATE):
            pass

    jobs = {"floor": least, "nnviz": lambda: nnviz.visualize(network, index, steps, RATE), "watched": watch}
    first = {kind: seconds(job) for kind, job in jobs.items()}
    taken = interleaved(jobs, repeats)
    return {
        "network": name,
        "steps": steps,
        "goal": GOAL,
        **{f"{kind}_ms": milliseconds(times) for kind, times in taken.items()},
        **{f"first_{kind}_ms": first[kind] * 1000 for kind in ("floor", "nnviz")},
        "watched_ratio": ratio(taken["watched"], taken["floor"])["ratio"],
        **ratio(taken["nnviz"], taken["floor"]),
    }


def rates(name: str, layer: str, unit: int, picture: str) -> list[dict[str, Any]]:
    """Snapshots a second of each kind, once all is compiled: 1 / the median and the longest wait between two."""
    network = nnviz.load(name)
    channel, other = nnviz.objectives.channel(layer, unit), nnviz.objectives.channel(layer, unit + 1)
    classes = nnviz.objectives.logit(1), nnviz.objectives.logit(2)
    image = nnviz.digits.digit(0)[0] if picture == "test-0" else photographs.photograph(picture)

    def blend(one: Any, two: Any) -> Any:
        return nnviz.visualizing(network, nnviz.objectives.interpolation(one, two, 5), 16, RATE, count=5, alike=True)

    kinds: dict[str, Callable[[], Generator[Progress, None, Any]]] = {
        "one": lambda: nnviz.visualizing(network, channel, 64, RATE),
        "four": lambda: nnviz.visualizing(network, channel, 16, RATE, count=4, diversity=2.0),
        "blend": lambda: blend(channel, other),
        "a class": lambda: nnviz.visualizing(network, classes[0], 64, RATE),
        "four of a class": lambda: nnviz.visualizing(network, classes[0], 16, RATE, count=4, diversity=2.0),
        "blend of classes": lambda: blend(*classes),
        "dream": lambda: nnviz.dreaming(network, image, nnviz.objectives.layer(layer), 20),
    }
    found = []
    for kind, steps in kinds.items():
        _waits(steps())
        waits = np.concatenate([_waits(steps()) for _ in range(3)])
        row = {"what": f"{name}, {kind}", "median": 1 / np.median(waits), "fewest": 1 / waits.max()}
        found.append(row | {"goal": AT_LEAST, "snapshots": len(waits)})
    return found


def _waits(steps: Generator[Progress, None, Any]) -> np.ndarray:
    """Seconds from each snapshot to the next."""
    times = []
    for progress in steps:
        if progress.so_far is not None:
            times.append(time.perf_counter())
    return np.diff(times)


def floor(network: nnviz.Network, index: int, steps: int) -> Any:
    """The least compiled work for the same picture: Adam on the model itself up to its logits, from the same start."""
    recipe = recipe_for(network, nnviz.objectives.logit(index), "fourier", None)
    make, moves = recipe.parametrization.images, recipe.transformations
    last = network.model.layers[-1]
    body = tf.keras.Model(network.model.inputs, last.input)
    scale, offset = 255 * tf.constant(network.scale), tf.constant(network.offset)
    start = tf.constant(recipe.parametrization.start(0, 1))
    kernel, bias = last.kernel[:, index], last.bias[index]

    @tf.function(autograph=False)
    def climb(start: Any) -> Any:
        def step(at: Any, given: Any, first: Any, second: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(given)
                pictures = moved(make(given), moves, 0, at) * scale + offset
                score = tf.tensordot(body(pictures, training=False), kernel, 1) + bias
            gradient = tape.gradient(score, given)
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * tf.square(gradient)
            count = tf.cast(at + 1, tf.float32)
            even = first / (1 - 0.9**count), second / (1 - 0.999**count)
            return at + 1, given + RATE * even[0] / (tf.sqrt(even[1]) + 1e-8), first, second

        state = (tf.constant(0), start, tf.zeros_like(start), tf.zeros_like(start))
        return make(tf.while_loop(lambda at, *_: at < steps, step, state, parallel_iterations=1)[1]) * scale + offset

    return lambda: climb(start).numpy()


def _row(row: dict[str, Any]) -> list[str]:
    met = "met" if row["ratio"] <= row["goal"] else "missed"
    return [
        f"{row['network']}, {row['steps']}",
        f"{row['floor_ms']:.0f}",
        f"{row['nnviz_ms']:.0f}",
        f"{row['ratio']:.2f} ({met})",
        f"{row['low']:.2f} to {row['high']:.2f}",
        f"{row['watched_ratio']:.2f}",
        f"{row['first_nnviz_ms']:.0f}",
        f"{row['first_floor_ms']:.0f}",
    ]


if __name__ == "__main__":
    main()
