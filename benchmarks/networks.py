"""Memory of the server while twenty networks are opened one after the other, as a viewer who tries them all does.

    python benchmarks/networks.py [--count 20]

Each is a file of its own, most of them on photographs of 224x224; of each the first picture, a gradient and Grad-CAM
are made, as three pages do. Printed are the resident memory after each, what the networks that are kept are taken to
need, and how many there are: the memory is to stay level once the ceiling (`nnviz.shell.caches`) is reached.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from nnviz.analysis.attribution import explain
from nnviz.analysis.network.trace import trace
from nnviz.app.startup import keep_session
from nnviz.shell import caches, models
from nnviz.shell.models import Source

MIB = 2**20


def builders() -> list:
    """What is opened, round and round: from six layers to 177, from 0.3 to 25 million weights."""
    applications = keras.applications
    classes = {"weights": None, "classes": 100}
    return [
        lambda: applications.MobileNetV2(**classes),
        lambda: applications.ResNet50(**classes),
        lambda: applications.VGG16(weights=None, include_top=False, pooling="avg"),
        lambda: applications.MobileNetV3Small(**classes),
        digits,
    ]


def digits() -> keras.Model:
    """A small one."""
    layers = keras.layers
    stack = [keras.Input((28, 28, 1)), layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    return keras.Sequential([*stack, layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])


def resident() -> float:
    """Memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / MIB


def main() -> None:
    """Open them, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    count = parser.parse_args().count
    keep_session()
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number in range(count):
            build = builders()[number % len(builders())]
            model = build()
            files.append(Path(folder) / f"{number:02d}-{model.name}.keras")
            model.save(files[-1])
            del model
        gc.collect()
        first = resident()
        print(f"before: {first:,.0f} MiB; ceiling of the networks: {caches.networks.ceiling / MIB:,.0f} MiB")
        for path in files:
            began, before = time.perf_counter(), resident()
            network = models.opened(Source(path.stem, path, "given"))
            picture = np.random.default_rng(0).integers(0, 255, [size or 224 for size in network.image_shape], np.uint8)
            trace(network, picture)
            for method in ("gradient", "grad-cam"):
                explain(network, picture, method)
            size, layers = network.size, len(network.layers)
            del network
            print(
                f"{path.stem}: {layers} layers, {time.perf_counter() - began:.1f} s, resident {resident():,.0f} MiB "
                f"({resident() - before:+,.0f}), it is taken for {size / MIB:,.0f}; kept: {len(caches.networks)} "
                f"networks, {caches.networks.size / MIB:,.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
