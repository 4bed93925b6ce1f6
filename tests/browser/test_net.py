"""A network run in the browser: every layer as Keras has it, one kind at a time and in random nets."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from playwright.sync_api import BrowserContext, Page

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.input_format import as_own
from nnviz.analysis.network.network import Network, load
from nnviz.analysis.network.program import ACTIVATIONS, program
from nnviz.analysis.network.trace import fitted_to
from nnviz.errors import NnvizError

MODULE = (Path(nnviz.__file__).parent / "components" / "net" / "net.js").read_text()
NEAR = 1e-4
"""Of the largest of a layer."""
_SOME = 16
"""Layers of a deep network that are compared."""

RUN = """async ([module, net, weights, shape, values, names]) => {
  window.net ??= await import(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
  const bytes = async (text) => (await fetch(`data:application/octet-stream;base64,${text}`)).arrayBuffer();
  const floats = async (text) => new Float32Array(await bytes(text));
  const found = window.net.run({ ...net, weights: await floats(weights) }, { shape, values: await floats(values) });
  // As text: number by number they would take longer than all that is computed.
  const text = ({ buffer, byteOffset, byteLength }) => {
    const own = new Uint8Array(buffer, byteOffset, byteLength), parts = [];
    for (let at = 0; at < own.length; at += 32768) parts.push(String.fromCharCode(...own.subarray(at, at + 32768)));
    return btoa(parts.join(""));
  };
  return names.map((name) => [name, found.get(name).shape, text(found.get(name).values)]);
}"""


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Iterator[Page]:
    """A blank page."""
    found = context.new_page()
    yield found
    found.close()


def packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, np.float32).tobytes()).decode()


def compare(page: Page, network: Network, own: np.ndarray) -> None:
    """Every step's tensor in the browser is the graph's own.

    Args:
        own: (...) the model's own input, without a batch axis.
    """
    net = program(network)
    names = [operation["name"] for operation in net.operations if "/depth" not in operation["name"]]
    # Of many that follow each other some and the last: one that is wrong makes all behind it wrong.
    names = [*names[: -1 : max(1, len(names) // _SOME)], names[-1]] if len(names) > 4 * _SOME else names
    expected = network.graph.run({net.input: own[None]}, names)
    asked = {"input": net.input, "operations": list(net.operations)}
    sent = [MODULE, asked, packed(net.weights), list(own.shape), packed(own), names]
    found = {name: (shape, values) for name, shape, values in page.evaluate(RUN, sent)}
    for name in names:
        wanted = np.asarray(expected[name], np.float32)[0]
        shape, text = found[name]
        values = np.frombuffer(base64.b64decode(text), np.float32)
        assert tuple(shape) == wanted.shape, name
        difference = np.abs(np.reshape(values, wanted.shape) - wanted).max(initial=0)
        assert difference <= NEAR * max(1e-3, np.abs(wanted).max(initial=0)), f"{name}: {difference}"


L = layers
IMAGE, STEPS, VECTOR = (9, 8, 6), (11, 6), (7,)
KINDS: dict[str, tuple[tuple[int, ...], Callable[[], Any]]] = {
    "conv": (IMAGE, lambda: L.Conv2D(5, 3)),
    "conv same": (IMAGE, lambda: L.Conv2D(5, (4, 3), padding="same", activation="relu")),
    "conv strides": (IMAGE, lambda: L.Conv2D(5, 3, strides=2, padding="same", use_bias=False)),
    "conv strides apart": (IMAGE, lambda: L.Conv2D(5, (2, 3), strides=(3, 1), padding="same")),
    "conv dilation": (IMAGE, lambda: L.Conv2D(5, 3, dilation_rate=2, padding="same")),
    "conv dilation apart": (IMAGE, lambda: L.Conv2D(5, 3, dilation_rate=(1, 3))),
    "conv groups": (IMAGE, lambda: L.Conv2D(6, 3, groups=3, activation="tanh")),
    "conv softmax": (IMAGE, lambda: L.Conv2D(6, 1, activation="softmax")),
    "conv1d": (STEPS, lambda: L.Conv1D(5, 3, strides=2, padding="same")),
    "conv1d causal": (STEPS, lambda: L.Conv1D(5, 3, dilation_rate=2, padding="causal")),
    "depthwise": (IMAGE, lambda: L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="relu")),
    "depthwise strides": (IMAGE, lambda: L.DepthwiseConv2D(3, strides=2)),
    "depthwise1d": (STEPS, lambda: L.DepthwiseConv1D(3, padding="same")),
    "separable": (IMAGE, lambda: L.SeparableConv2D(5, 3, strides=2, padding="same", depth_multiplier=2)),
    "separable dilated": (IMAGE, lambda: L.SeparableConv2D(5, 3, dilation_rate=2, activation="elu")),
    "separable1d": (STEPS, lambda: L.SeparableConv1D(5, 3)),
    "dense": (VECTOR, lambda: L.Dense(5, activation="sigmoid")),
    "dense on maps": (IMAGE, lambda: L.Dense(5, use_bias=False)),
    "max": (IMAGE, lambda: L.MaxPooling2D(2)),
    "max same": (IMAGE, lambda: L.MaxPooling2D(3, strides=2, padding="same")),
    "average": (IMAGE, lambda: L.AveragePooling2D((2, 3), strides=(1, 2))),
    "average same": (IMAGE, lambda: L.AveragePooling2D(3, strides=2, padding="same")),
    "pooling of steps": (STEPS, lambda: L.MaxPooling1D(3, strides=2, padding="same")),
    "average of steps": (STEPS, lambda: L.AveragePooling1D(2)),
    "global max": (IMAGE, lambda: L.GlobalMaxPooling2D()),
    "global average": (IMAGE, lambda: L.GlobalAveragePooling2D(keepdims=True)),
    "global of steps": (STEPS, lambda: L.GlobalAveragePooling1D()),
    "batch normalization": (IMAGE, lambda: L.BatchNormalization()),
    "batch normalization bare": (VECTOR, lambda: L.BatchNormalization(scale=False, center=False)),
    "layer normalization": (IMAGE, lambda: L.LayerNormalization()),
    "rescaling": (IMAGE, lambda: L.Rescaling(1 / 127.5, offset=-1.0)),
    "rescaling of channels": (IMAGE, lambda: L.Rescaling([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], offset=[1.0] * 6)),
    "relu": (IMAGE, lambda: L.ReLU(max_value=0.8, negative_slope=0.1, threshold=0.2)),
    "leaky": (IMAGE, lambda: L.LeakyReLU(negative_slope=0.15)),
    "elu": (IMAGE, lambda: L.ELU(alpha=0.7)),
    "prelu": (IMAGE, lambda: L.PReLU(shared_axes=[1, 2])),
    "prelu of each": (IMAGE, lambda: L.PReLU()),
    "softmax": (IMAGE, lambda: L.Softmax()),
    "flatten": (IMAGE, lambda: L.Flatten()),
    "reshape": (IMAGE, lambda: L.Reshape((-1, 12))),
    "permute": (IMAGE, lambda: L.Permute((3, 1, 2))),
    "padding": (IMAGE, lambda: L.ZeroPadding2D(((1, 2), (0, 3)))),
    "padding of steps": (STEPS, lambda: L.ZeroPadding1D((2, 1))),
    "cropping": (IMAGE, lambda: L.Cropping2D(((1, 2), (0, 3)))),
    "up": (IMAGE, lambda: L.UpSampling2D((2, 3))),
    "up smooth": (IMAGE, lambda: L.UpSampling2D((2, 3), interpolation="bilinear")),
    "up of steps": (STEPS, lambda: L.UpSampling1D(3)),
    "dropout": (IMAGE, lambda: L.Dropout(0.5)),
    "noise": (IMAGE, lambda: L.GaussianNoise(0.5)),
    **{f"activation {name}": (IMAGE, lambda name=name: L.Activation(name)) for name in ACTIVATIONS},
}


def ended(given: Any, made: Any, fixed_weights: Callable[..., keras.Model], seed: int = 1) -> Network:
    """A network of it, behind which a dense layer answers."""
    flat = L.Flatten(name="flat_end")(made)
    answer = L.Dense(3, activation="softmax", name="answer_end")(flat)
    return load(fixed_weights(keras.Model(given, answer), seed))


def values_of(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [IMAGE, STEPS, VECTOR], ids=["image", "steps", "vector"])
def test_every_kind_of_layer(shape: tuple[int, ...], page: Page, fixed_weights: Callable[..., keras.Model]) -> None:
    """All kinds beside each other in one net, whose names say which one differs."""
    given = keras.Input(shape, name="given")
    made = []
    for kind, (own, make) in KINDS.items():
        if own == shape:
            layer = make()
            layer.name = f"{kind} tried".replace(" ", "_")
            made.append(L.Flatten()(layer(given)))
    compare(page, ended(given, L.Concatenate(name="all")(made), fixed_weights), values_of(shape))


def test_branches_come_together(page: Page, fixed_weights: Callable[..., keras.Model]) -> None:
    given = keras.Input(IMAGE, name="given")
    ways = [L.Conv2D(4, 3, padding="same")(given), L.Conv2D(4, 1, activation="relu")(given)]
    # As squeeze and excitation do: one number a channel for all cells.
    one = L.GlobalAveragePooling2D(keepdims=True)(ways[1])
    made = [L.Concatenate(axis=axis)(ways) for axis in (1, 2, 3)]
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        made += [getattr(L, kind)()(ways), getattr(L, kind)()([ways[0], one])]
    compare(page, ended(given, L.Concatenate()([L.Flatten()(each) for each in made]), fixed_weights), values_of(IMAGE))


@st.composite
def nets(draw: st.DrawFn) -> tuple[Any, Any]:
    """A few random layers behind each other, now and then with a way around one."""
    given = keras.Input((draw(st.integers(6, 12)), draw(st.integers(6, 12)), draw(st.integers(1, 4))), name="given")
    x = given
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["conv", "depthwise", "separable", "pool", "norm", "around", "up", "activation"]))
        same = draw(st.sampled_from(["same", "valid"])) if min(x.shape[1:3]) > 4 else "same"
        size, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        f = draw(st.sampled_from(ACTIVATIONS))
        if kind == "conv":
            x = L.Conv2D(draw(st.integers(1, 6)), size, strides=stride, padding=same, activation=f)(x)
        elif kind == "depthwise":
            x = L.DepthwiseConv2D(size, strides=stride, padding=same, depth_multiplier=draw(st.integers(1, 2)))(x)
        elif kind == "separable":
            x = L.SeparableConv2D(draw(st.integers(1, 6)), size, strides=stride, padding=same)(x)
        elif kind == "pool":
            x = draw(st.sampled_from([L.MaxPooling2D, L.AveragePooling2D]))(size, strides=stride, padding=same)(x)
        elif kind == "norm":
            x = draw(st.sampled_from([L.BatchNormalization, L.LayerNormalization]))()(x)
        elif kind == "up":
            x = L.UpSampling2D(2, interpolation=draw(st.sampled_from(["nearest", "bilinear"])))(x)
        elif kind == "activation":
            x = L.Activation(f)(x)
        else:
            x = L.Add()([x, L.Conv2D(x.shape[-1], 3, padding="same", activation="tanh")(x)])
    return given, x


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(net=nets(), seed=st.integers(0, 1000))
def test_random_nets(net: tuple[Any, Any], seed: int, page: Page, fixed_weights: Callable[..., keras.Model]) -> None:
    given, made = net
    compare(page, ended(given, made, fixed_weights, seed), values_of(tuple(given.shape[1:]), seed))


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp", "photo-cnn"])
def test_the_nets_that_ship(name: str, page: Page) -> None:
    network = load(name)
    picture = digit(18)[0] if name.startswith("mnist") else np.random.default_rng(2).integers(0, 255, (224, 224, 3))
    fitted = fitted_to(network, picture.astype(np.uint8))
    own = np.asarray(as_own(network.input, fitted.image[None], network.graph.input_dtype))[0]
    compare(page, network, own)


def test_what_cannot_be_run_is_named(fixed_weights: Callable[..., keras.Model]) -> None:
    given = keras.Input(STEPS, name="given")
    network = ended(given, L.LSTM(3, name="memory")(given), fixed_weights)
    with pytest.raises(NnvizError, match=r"Received: memory \(LSTM\), a kind that is not known\.$"):
        program(network)
