"""Good model files of many kinds: what people save, small. `MODELS` builds each; `write` saves one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers, ops
from keras.applications import mobilenet_v2, resnet
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

Build = Callable[[], keras.Model]


def _picture(size: int = 8, channels: int = 3) -> keras.KerasTensor:
    return keras.Input((size, size, channels), name="picture")


def _head(x: keras.KerasTensor, classes: int = 3) -> keras.KerasTensor:
    return layers.Dense(classes, activation="softmax", name="answer")(layers.Flatten()(x))


def _of(body: Callable[[keras.KerasTensor], keras.KerasTensor], given: keras.KerasTensor | None = None) -> keras.Model:
    given = _picture() if given is None else given
    return keras.Model(given, _head(body(given)))


def _chain(*each: layers.Layer) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    def body(x: keras.KerasTensor) -> keras.KerasTensor:
        for layer in each:
            x = layer(x)
        return x

    return body


@contextmanager
def _policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def mlp() -> keras.Model:
    return keras.Sequential([keras.Input((12,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])


def trained_cnn() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.train_on_batch(np.ones((2, 8, 8, 1), "float32"), np.array([0, 1]))
    return model


def branches() -> keras.Model:
    def body(x: keras.KerasTensor) -> keras.KerasTensor:
        left, right = layers.Conv2D(4, 3, padding="same")(x), layers.Conv2D(4, 1)(x)
        return layers.Concatenate()([layers.Add()([left, right]), layers.Multiply()([left, right])])

    return _of(body)


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.ReLU()], name="inner")
    outer = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), inner], name="outer")
    return _of(outer)


def shared() -> keras.Model:
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same")], name="base")
    return _of(lambda x: layers.Average()([base(base(x)), base(layers.UpSampling2D()(layers.MaxPooling2D()(x)))]))


def preprocess_divide() -> keras.Model:
    return _of(lambda x: layers.Conv2D(2, 3)(mobilenet_v2.preprocess_input(x)))


def preprocess_flip() -> keras.Model:
    return _of(lambda x: layers.Conv2D(2, 3)(resnet.preprocess_input(x)))


def operations() -> keras.Model:
    def body(x: keras.KerasTensor) -> keras.KerasTensor:
        x = ops.where(x > 0.5, x * 2.0, x - 1.0)[:, 1:-1, ::2, ...]
        x = ops.concatenate([ops.mean(x, -1, keepdims=True), ops.sqrt(ops.abs(x))], -1)
        return ops.matmul(ops.reshape(x, (-1, 6, 16)), np.ones((16, 2), "float32"))

    return _of(body)


def layer_scale() -> keras.Model:
    """The layers that applications of Keras have of their own."""

    def body(x: keras.KerasTensor) -> keras.KerasTensor:
        x = LayerScale(0.5, 4, name="scale")(layers.LayerNormalization()(layers.Conv2D(4, 3)(x)))
        added = CustomScaleLayer(0.2, name="added")([x, layers.Conv2D(4, 1)(x)])
        return StochasticDepth(0.1, name="depth")(added)

    return _of(body)


def preparing() -> keras.Model:
    return _of(
        _chain(
            layers.RandomFlip(),
            layers.RandomRotation(0.1),
            layers.Resizing(6, 6),
            layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0]),
            layers.CenterCrop(4, 4),
        )
    )


def adapted() -> keras.Model:
    normal = layers.Normalization()
    normal.adapt(np.random.default_rng(0).normal(3, 2, (16, 8, 8, 3)))
    return _of(_chain(normal, layers.Conv2D(2, 3)))


def codes() -> keras.Model:
    return _of(
        _chain(
            layers.IntegerLookup(vocabulary=[3, 5, 7], output_mode="int"),
            layers.CategoryEncoding(6, output_mode="multi_hot"),
        ),
        keras.Input((4,), dtype="int64"),
    )


def series() -> keras.Model:
    return _of(
        _chain(layers.Conv1D(4, 3, padding="causal"), layers.SeparableConv1D(4, 3), layers.AveragePooling1D(2)),
        keras.Input((12, 2)),
    )


def volume() -> keras.Model:
    return _of(_chain(layers.Conv3D(2, 3), layers.MaxPooling3D()), keras.Input((6, 6, 6, 1)))


def words() -> keras.Model:
    return _of(
        _chain(
            layers.Embedding(20, 6, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.GRU(3),
        ),
        keras.Input((7,), dtype="int32"),
    )


def cells() -> keras.Model:
    stack = layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)]), return_sequences=True)
    return _of(_chain(stack, layers.TimeDistributed(layers.Dense(2))), keras.Input((5, 4)))


def attention() -> keras.Model:
    def body(x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 3)(x, x))

    return _of(body, keras.Input((5, 6)))


def depthwise() -> keras.Model:
    return _of(
        _chain(
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.SeparableConv2D(4, 3, dilation_rate=2),
            layers.Conv2DTranspose(2, 2, strides=2),
            layers.ZeroPadding2D(((1, 0), (0, 1))),
            layers.Cropping2D(1),
        )
    )


def activations() -> keras.Model:
    each = ("elu", "gelu", "swish", "relu6", "hard_sigmoid", "leaky_relu", "softplus")
    return _of(
        _chain(
            *(layers.Dense(3, activation=name) for name in each),
            layers.PReLU(),
            layers.LeakyReLU(0.3),
            layers.ELU(),
            layers.ReLU(6.0),
            layers.Softmax(),
        )
    )


def constrained() -> keras.Model:
    return _of(
        layers.Conv2D(
            3,
            3,
            kernel_initializer=keras.initializers.Orthogonal(2.0),
            bias_initializer=keras.initializers.Constant(0.5),
            kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
            kernel_constraint=keras.constraints.MaxNorm(2),
        )
    )


def norms() -> keras.Model:
    return _of(
        _chain(
            layers.GroupNormalization(1),
            layers.UnitNormalization(),
            layers.RMSNormalization(),
            layers.SpectralNormalization(layers.Conv2D(2, 3)),
            layers.EinsumDense("bhwc,cd->bhwd", output_shape=(6, 6, 4), bias_axes="d"),
            layers.GaussianNoise(0.1),
            layers.SpatialDropout2D(0.2),
        )
    )


def any_size() -> keras.Model:
    given = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(given))
    return keras.Model(given, layers.Dense(2, activation="softmax")(x))


def mask() -> keras.Model:
    given = _picture()
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(given)
    y = layers.UpSampling2D()(layers.MaxPooling2D()(x))
    return keras.Model(given, layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([x, y])))


def two_of_each() -> keras.Model:
    picture, numbers = _picture(), keras.Input((4,), name="numbers")
    x = layers.Concatenate()([layers.Flatten()(picture), layers.Dense(3)(numbers)])
    outputs = {"kind": layers.Dense(2, activation="softmax", name="kind")(x), "size": layers.Dense(1, name="size")(x)}
    return keras.Model({"picture": picture, "numbers": numbers}, outputs)


def half() -> keras.Model:
    with _policy("mixed_float16"):
        return _of(_chain(layers.Conv2D(4, 3), layers.BatchNormalization()))


def brain() -> keras.Model:
    with _policy("bfloat16"):
        return _of(layers.Conv2D(4, 3))


def _quantised(mode: str) -> keras.Model:
    model = _of(_chain(layers.Flatten(), layers.Dense(16, activation="relu")))
    model.quantize(mode)
    return model


def int8() -> keras.Model:
    return _quantised("int8")


def float8() -> keras.Model:
    return _quantised("float8")


def fixed_batch() -> keras.Model:
    given = keras.Input((8, 8, 3), batch_size=32)
    return keras.Model(given, _head(layers.Conv2D(2, 3)(given)))


def stateful() -> keras.Model:
    given = keras.Input((5, 2), batch_size=1)
    return keras.Model(given, _head(layers.LSTM(3, stateful=True)(given)))


def small_mobilenet() -> keras.Model:
    return keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=4)


MODELS: dict[str, Build] = {
    build.__name__: build
    for build in (
        mlp, trained_cnn, branches, nested, shared, preprocess_divide, preprocess_flip, operations, layer_scale,
        preparing, adapted, codes, series, volume, words, cells, attention, depthwise, activations, constrained, norms,
        any_size, mask, two_of_each, half, brain, int8, float8, fixed_batch, stateful, small_mobilenet,
    )
}  # fmt: skip
OLD_FORMAT = ("trained_cnn", "nested", "preprocess_flip", "layer_scale", "words", "norms", "half", "small_mobilenet")
"""Those that are tried as .h5 too."""


def write(name: str, folder: Path, suffix: str = ".keras") -> tuple[Path, keras.Model]:
    """Save a model, with weights that are no easy defaults; the file, and the model."""
    model = MODELS[name]()
    generator = np.random.default_rng(len(name))
    for weight in model.weights:
        if "seed" not in weight.path and weight.dtype != "int8" and "normalization" not in weight.path:
            weight.assign(weight + 0.1 * generator.normal(size=weight.shape))
    path = folder / f"{name}{suffix}"
    model.save(path)
    return path, model


def packed(path: Path, folder: Path) -> Path:
    """The same .keras file with its members packed, as it is when it was unpacked and zipped again."""
    into = folder / f"packed_{path.name}"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            target.writestr(member, source.read(member))
    return into


def squeezed(path: Path, folder: Path) -> Path:
    """The same .h5 file with its weights packed by gzip."""
    into = folder / f"squeezed_{path.name}"
    with h5py.File(path) as source, h5py.File(into, "w") as target:

        def copy(name: str, found: h5py.Group | h5py.Dataset) -> None:
            if isinstance(found, h5py.Group):
                made = target.require_group(name)
            else:
                made = target.create_dataset(name, data=found[()], compression="gzip" if found.shape else None)
            made.attrs.update(found.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return into


def pictures(model: keras.Model) -> object:
    """One random input of a model, in the structure that it takes."""
    generator = np.random.default_rng(7)

    def one(given: keras.KerasTensor) -> np.ndarray:
        shape = [1, *(9 if axis is None else axis for axis in given.shape[1:])]
        if "int" in given.dtype:
            return generator.integers(0, 6, shape).astype(given.dtype)
        return generator.uniform(0, 2, shape).astype("float32")

    if len(model.inputs) > 1:
        return {given.name: one(given) for given in model.inputs}
    return one(model.inputs[0])
