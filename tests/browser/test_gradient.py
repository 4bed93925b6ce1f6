"""What units do for each other, in the browser: as `analysis.network.influence` has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page
from scripted import blank_page
from test_net import IMAGE, KINDS, STEPS, VECTOR, L, ended, packed, values_of

from nnviz.analysis.data.digits import digit
from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import inputs_of, outputs_of
from nnviz.analysis.network.input_format import as_own
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.program import program
from nnviz.analysis.network.trace import fitted_to

NEAR = 1e-3
"""Of the largest of a layer."""

ASKED = """([net, weights, shape, values, before, after]) => {
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const own = { ...net, operations: apart(net.operations), weights: floats(weights) };
  const tensors = run(own, { shape, values: floats(values) }), list = (found) => found && Array.from(found);
  return [
    before.map(([source, sink, unit]) => list(inputsOf(own, tensors, source, sink, unit))),
    after.map(([source, unit, sink]) => list(outputsOf(own, tensors, source, unit, sink))),
  ];
}"""

Before = list[tuple[str, str, int]]
After = list[tuple[str, int, str]]


@pytest.fixture(scope="module")
def page(context: BrowserContext, files: str) -> Iterator[Page]:
    """A blank page with the interpreter and its gradients."""
    with blank_page(context, files, "net/net.js", "net/gradient.js") as found:
        yield found


def asked(page: Page, network: Network, own: np.ndarray, before: Before, after: After) -> tuple[list[Any], list[Any]]:
    """What the browser finds for (source, sink, unit of the sink), and for (source, unit of it, sink)."""
    net = program(network)
    told = {"input": net.input, "operations": list(net.operations)}
    inputs, outputs = page.evaluate(ASKED, [told, packed(net.weights), list(own.shape), packed(own), before, after])
    return inputs, outputs


def near(found: Any, wanted: Any, what: object, largest: float | None = None) -> None:
    assert found is not None, what
    difference, size = np.abs(np.asarray(found) - wanted).max(), largest or np.abs(wanted).max()
    assert difference <= NEAR * max(1e-3, size), f"{what}: {difference} of {size}"


@pytest.mark.parametrize("shape", [IMAGE, STEPS, VECTOR], ids=["image", "steps", "vector"])
def test_through_every_kind_of_layer(
    shape: tuple[int, ...], page: Page, fixed_weights: Callable[..., keras.Model]
) -> None:
    """All kinds beside each other: each has units of its own in the layer that joins them."""
    given, made = keras.Input(shape, name="given"), {}
    for kind, (own_shape, make) in KINDS.items():
        if own_shape == shape:
            made[kind] = L.Flatten(name=f"flat_{len(made)}")(make()(given))
    network = ended(given, L.Concatenate(name="all")(list(made.values())), fixed_weights)
    image = values_of(shape).reshape(network.image_shape)
    own = np.asarray(as_own(network.input, image[None], network.graph.input_dtype))[0]
    # The first, the middle and the last unit of each, and where it stands among all: one function tells of all of them.
    units, first = [], 0
    for at, (kind, tensor) in enumerate(made.items()):
        units += [(kind, f"flat_{at}", int(unit), first) for unit in np.linspace(0, tensor.shape[1] - 1, 3)]
        first += tensor.shape[1]
    before: Before = [("given", flat, unit) for _, flat, unit, _ in units]
    channel = 1
    inputs, (outputs,) = asked(page, network, own, before, [("given", channel, "all")])
    for (kind, _, unit, first), found in zip(units, inputs, strict=True):
        wanted = inputs_of(network, image, "given", targets.channel("all", first + unit))
        near(found, wanted, kind)
        # What it gives to a unit is what the unit gets of it.
        near(outputs[first + unit], wanted[channel], kind, np.abs(wanted).max())


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp"])
def test_in_the_nets_that_ship(name: str, page: Page, networks: dict[str, Network]) -> None:
    network = networks[name]
    fitted = fitted_to(network, digit(18)[0])
    own = np.asarray(as_own(network.input, fitted.image[None], network.graph.input_dtype))[0]
    kept = [layer.name for layer in network.layers if not layer.idle and layer.kind != "Flatten"]
    scores = network.graph.name_of(network.graph.logits)
    steps = list(zip(kept[:-1], [*kept[1:-1], scores], strict=True))
    before: Before = [(source, sink, 3) for source, sink in steps]
    after: After = [(source, 3 if source != kept[0] else 0, sink) for source, sink in steps]
    inputs, outputs = asked(page, network, own, before, after)
    for (source, sink, unit), found in zip(before, inputs, strict=True):
        target = targets.logit(unit) if sink == scores else targets.channel(sink, unit)
        near(found, inputs_of(network, fitted.image, source, target), (source, sink))
    for (source, unit, sink), found in zip(after, outputs, strict=True):
        near(found, outputs_of(network, fitted.image, source, unit, sink), (source, sink))


def test_what_does_not_lead_there_is_nothing(page: Page, fixed_weights: Callable[..., keras.Model]) -> None:
    given = keras.Input(IMAGE, name="given")
    left, right = L.Conv2D(2, 3, name="left")(given), L.Conv2D(3, 3, name="right")(given)
    network = ended(given, L.Concatenate(name="all")([left, right]), fixed_weights)
    inputs, outputs = asked(page, network, values_of(IMAGE), [("left", "right", 0)], [("left", 0, "right")])
    assert (inputs, outputs) == ([None], [None])
