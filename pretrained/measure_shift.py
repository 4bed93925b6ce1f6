"""Measure what the digit nets lose by a shift and by a shuffle of the pixels, on all bundled test digits."""

import argparse
import json
import platform
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from digit_nets import PLAIN, RECIPES, SHUFFLE_SEED, shuffled

HERE = Path(__file__).parent
MOST = 10  # pixels, as far as the app shifts
BATCH = 500


def moved(images: np.ndarray, right: int = 0, down: int = 0) -> np.ndarray:
    """Images (N,28,28) shifted by whole pixels; what moves in is the median of each image's border."""
    border = np.concatenate([images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], axis=1)
    tones = np.median(border, axis=1).astype(images.dtype)
    result = np.broadcast_to(tones[:, None, None], images.shape).copy()
    rows, columns = images.shape[1:]
    result[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = images[
        :, max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
    ]
    return result


def correct(net: keras.Model, card: dict, images: np.ndarray, labels: np.ndarray) -> int:
    """How many of the images (N,28,28), 0-255, the net reads as labelled."""
    scale, offset = (np.float32(card["input"][key][0]) for key in ("scale", "offset"))
    read = net.predict(images[..., np.newaxis].astype(np.float32) * scale + offset, BATCH, verbose=0)
    return int((read.argmax(axis=1) == labels).sum())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", type=Path, default=HERE, help="folder of the nets, their cards and the test digits")
    parser.add_argument("--out", type=Path, default=HERE / "measured.json", help="file to write to")
    options = parser.parse_args(arguments)
    with np.load(options.nets / "mnist-test.npz") as archive:
        images, labels = archive["images"], archive["labels"]
    names = [recipe.name for recipe in RECIPES]
    nets = {name: keras.models.load_model(options.nets / f"{name}.keras", compile=False) for name in names}
    cards = {name: json.loads((options.nets / f"{name}.json").read_text()) for name in names}
    found: dict = {
        "data": "MNIST test set, bundled as mnist-test.npz",
        "digits": len(labels),
        "shifts": list(range(-MOST, MOST + 1)),
        "right": {recipe.name: [] for recipe in PLAIN},
        "down": {recipe.name: [] for recipe in PLAIN},
        # The largest shift that each net saw while it trained: what it can be expected to bear.
        "trained shift": {recipe.name: round(28 * recipe.shift, 2) for recipe in PLAIN},
        "shuffle": SHUFFLE_SEED,
        "plain": {},
        "shuffled": {},
    }
    for axis in ("right", "down"):
        for shift in found["shifts"]:
            pictures = moved(images, **{axis: shift})
            for name, counts in found[axis].items():
                counts.append(correct(nets[name], cards[name], pictures, labels))
            print(axis, shift, {name: counts[-1] for name, counts in found[axis].items()}, flush=True)
    for kind, pictures in (("plain", images), ("shuffled", shuffled(images, SHUFFLE_SEED))):
        found[kind] = {name: correct(nets[name], cards[name], pictures, labels) for name in names}
        print(kind, found[kind], flush=True)
    found["by"] = "nnviz, pretrained/measure_shift.py"
    versions = {module.__name__: module.__version__ for module in (keras, tf, np)}
    found["versions"] = {"python": platform.python_version()} | versions
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    options.out.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
