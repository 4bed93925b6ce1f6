"""Train the bundled digit nets on MNIST and write what ships: nets, cards, test digits, gallery."""

import argparse
import json
import math
import platform
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from digit_nets import PLAIN, RECIPES, Recipe, Shuffle, shuffled
from keras import layers, optimizers

SCALE, OFFSET = 1 / 255, 0.0
BATCH, DIGITS_PER_CLASS = 128, 10
LICENCE = {
    "weights": "MIT, as nnviz itself",
    "data": "MNIST, copyright Yann LeCun and Corinna Cortes, derived from NIST data; CC BY-SA 3.0",
}


class DataError(Exception):
    """Training data that cannot be used: what was expected, what was received, in one sentence."""


class Digits(NamedTuple):
    """Images (N,28,28) uint8 and labels (N,) uint8, to train on and to test on."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def read_digits(path: Path | None) -> Digits:
    """MNIST from a local npz, or from Keras (which downloads it once) where no path is given."""
    if path is None:
        try:
            train, test = keras.datasets.mnist.load_data()
        except Exception as error:  # Keras raises no narrower type where a download fails
            raise DataError(f"Expected to download MNIST, or a copy by --data. Received: {error}") from error
        return Digits(*train, *test)
    expected = f"Expected --data to be an npz file with the arrays {', '.join(Digits._fields)}"
    if not path.is_file():
        raise DataError(f"{expected}. Received: {path}, which is not a file.")
    try:
        with np.load(path) as archive:
            if missing := [name for name in Digits._fields if name not in archive]:
                raise DataError(f"{expected}. Received: {path}, without {', '.join(missing)}.")
            digits = Digits(**{name: archive[name] for name in Digits._fields})
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{expected}. Received: {path}, which cannot be read as one.") from error
    for x, y in (digits[:2], digits[2:]):
        fits = x.shape == (y.size, 28, 28) and x.dtype == np.uint8 and y.ndim == 1 and y.size > 0
        if not fits or not np.isin(y, range(10)).all():
            found = f"{x.dtype} images {x.shape}, {y.dtype} labels {y.shape}"
            raise DataError(f"{expected}, uint8 images (N, 28, 28), labels (N,) of 0-9. Received: {found}.")
    return digits


def to_input(images: np.ndarray) -> np.ndarray:
    """Images (N,28,28) of 0-255 as the nets take them: (N,28,28,1) float32 of 0-1."""
    return images[..., np.newaxis].astype(np.float32) * np.float32(SCALE) + np.float32(OFFSET)


def train(recipe: Recipe, digits: Digits, epochs: int, seed: int) -> keras.Model:
    """Train one net; the seed decides its first weights, the order, the augmentation and the dropout."""
    keras.utils.set_random_seed(seed)
    net = recipe.build(recipe.name)
    # The augmentation wraps the net while it trains, so that what is saved is the bare net.
    turn = layers.RandomRotation(recipe.turn, fill_mode="constant")
    shift = layers.RandomTranslation(recipe.shift, recipe.shift, fill_mode="constant")
    shuffle = [] if recipe.shuffle is None else [Shuffle(recipe.shuffle)]
    augmented = keras.Sequential([keras.Input((28, 28, 1)), turn, shift, *shuffle, net])
    steps = epochs * math.ceil(len(digits.x_train) / BATCH)
    warmup = steps // 10  # at the full rate from the first step, more ReLUs die for good
    cosine = optimizers.schedules.CosineDecay
    rate = cosine(0.0, steps - warmup, warmup_target=recipe.rate, warmup_steps=warmup)
    augmented.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy")
    augmented.fit(to_input(digits.x_train), digits.y_train, batch_size=BATCH, epochs=epochs, verbose=2)
    return net


def predict(path: Path, digits: Digits, shuffle: int | None = None) -> np.ndarray:
    """Class probabilities (N,10) of the test digits, by the model as it was saved."""
    images = to_input(shuffled(digits.x_test, shuffle))
    return keras.models.load_model(path, compile=False).predict(images, 500, verbose=0)


def describe(recipe: Recipe, digits: Digits, parameters: int, correct: int, run: dict[str, Any]) -> dict:
    """The card of a trained net. A pixel of 0-255 enters the net as pixel * scale + offset."""
    total = len(digits.x_test)
    data = f"MNIST training set, {len(digits.x_train):,} digits"
    versions = {"python": platform.python_version()}
    versions |= {module.__name__: module.__version__ for module in (keras, tf, np)}
    training = {"by": "nnviz, pretrained/train_digits.py", "data": data, **run, "versions": versions}
    given: dict[str, Any] = {"shape": [28, 28, 1], "scale": [SCALE], "offset": [OFFSET]}
    test = "MNIST test set"
    if recipe.shuffle is not None:
        given["shuffle"] = recipe.shuffle
        training["alike"] = (
            f"as {recipe.name.removesuffix('-shuffled')}, with the same seed; the turns and shifts of the "
            "augmentation act on the image first, then its pixels are shuffled"
        )
        test = f"{test}, pixels shuffled"
    return {
        "name": recipe.name,
        "title": recipe.title,
        "description": recipe.description,
        "architecture": recipe.architecture,
        "parameters": parameters,
        "input": given,
        "classes": [str(digit) for digit in range(10)],
        "data": "digits",
        "training": training,
        "test": {"data": test, "digits": total, "correct": correct, "accuracy": correct / total},
        "licence": LICENCE,
    }


def choose_gallery(labels: np.ndarray, probabilities: dict[str, np.ndarray]) -> dict[str, Any]:
    """Choose ten test digits a class, from the true labels (N,) and each net's probabilities (N,10)."""
    certainty = np.min([p.max(axis=1) for p in probabilities.values()], axis=0)
    digits = []
    for label in range(10):
        ours = np.flatnonzero(labels == label)
        why = {int(i): "the classic 7" if i == 0 else "one of the first" for i in ours[:4]}
        for name, p in probabilities.items():
            surest = ours[np.argsort(-p[ours].max(axis=1), kind="stable")]
            for i in [i for i in surest if p[i].argmax() != label and i not in why][:2]:
                why[int(i)] = f"{name} reads {p[i].argmax()}"
        for i in ours[np.argsort(certainty[ours], kind="stable")]:
            if len(why) < DIGITS_PER_CLASS:
                why.setdefault(int(i), "one of the least certain")
        digits += [{"index": i, "label": label, "why": reason} for i, reason in why.items()]
    chosen = (
        "Of each class of the MNIST test set the first four, up to two that each net gets most surely wrong, "
        "and those that the nets are least certain of, so no accuracy is measured on them."
    )
    return {"chosen": chosen, "digits": digits}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="npz with the four arrays of MNIST (default: from Keras)")
    parser.add_argument("--only", choices=[r.name.removeprefix("mnist-") for r in RECIPES], help="train this net alone")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own number")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    options = parser.parse_args(arguments)
    if options.epochs is not None and options.epochs < 1:
        parser.error(f"Expected --epochs to be at least 1. Received: {options.epochs}.")
    try:
        digits = read_digits(options.data)
    except DataError as error:
        sys.exit(str(error))
    tf.config.experimental.enable_op_determinism()
    options.out.mkdir(parents=True, exist_ok=True)
    labels = digits.y_test.astype(np.uint8)
    np.savez_compressed(options.out / "mnist-test.npz", images=digits.x_test, labels=labels)
    for recipe in (r for r in RECIPES if options.only in (None, r.name.removeprefix("mnist-"))):
        epochs, start = options.epochs or recipe.epochs, time.perf_counter()
        net = train(recipe, digits, epochs, options.seed)
        run = {"epochs": epochs, "seed": options.seed, "seconds": round(time.perf_counter() - start)}
        path = options.out / f"{recipe.name}.keras"
        net.save(path, include_optimizer=False)
        correct = int((predict(path, digits, recipe.shuffle).argmax(axis=1) == labels).sum())
        card = describe(recipe, digits, net.count_params(), correct, run)
        path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
        print(f"{recipe.name}: {correct} of {len(digits.x_test)} test digits right, {run['seconds']} s")
    # The gallery is of the nets on plain digits, also those that an earlier run trained.
    paths = [options.out / f"{recipe.name}.keras" for recipe in PLAIN]
    probabilities = {path.stem: predict(path, digits) for path in paths if path.exists()}
    gallery = choose_gallery(labels, probabilities)
    (options.out / "gallery.json").write_text(json.dumps(gallery, indent=2) + "\n")


if __name__ == "__main__":
    main()
