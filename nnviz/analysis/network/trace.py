"""What one image leaves in every layer, from one compiled forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.image.images import Fitted
from nnviz.analysis.network.fitting import fitted_to_input, stand_in, suits
from nnviz.analysis.network.graph import LOGITS, PROBABILITIES, Graph
from nnviz.analysis.network.input_format import as_own
from nnviz.analysis.network.network import Network
from nnviz.errors import NnvizError


@dataclass(frozen=True, eq=False)
class Trace:
    """One image's way through a network; arrays read-only, float32, no batch axis.

    Attributes:
        image: (H, W, C) in the network's own range.
        activations: by layer name; maps are (rows, columns, channels), vectors (units,).
        logits: (K,), before softmax or sigmoid.
        probabilities: (K,), in 0..1.
        note: what was done to the image to fit the network.
    """

    image: np.ndarray
    activations: Mapping[str, np.ndarray]
    logits: np.ndarray
    probabilities: np.ndarray
    note: str = ""

    @property
    def winner(self) -> int:
        """The class with the highest logit."""
        return int(np.argmax(self.logits))


def trace(network: Network, image: Any) -> Trace:
    """Run one image through a network and keep every layer's activations.

    Args:
        network: as `nnviz.load` gives it.
        image: (H,W), (H,W,1), (H,W,3), uint8 or float, or an array of the model's own input shape; see
            `nnviz.analysis.network.fitting.fitted_to_input`. A `Fitted` is taken as it is.

    Raises:
        NnvizError: not an image, or not one that the network can be given.
    """
    fitted = fitted_to(network, image)
    try:
        found = forward_all(network)(tf.constant(fitted.image[None]))
    except (tf.errors.OpError, ValueError) as error:
        rows, columns = fitted.image.shape[:2]
        raise NnvizError(
            f"An image that {network.name} can work on was expected. Received: {rows}x{columns} pixels, and TensorFlow "
            f"says: {str(error).strip().splitlines()[0][:120]}"
        ) from error
    arrays = {name: frozen(value) for name, value in found.items()}
    logits, probabilities = arrays.pop(LOGITS), arrays.pop(PROBABILITIES)
    if not np.isfinite(logits).all():
        raise NnvizError(f"Finite scores were expected from {network.name}. Received: {logits[:5]}.")
    return Trace(fitted.image, MappingProxyType(arrays), logits, probabilities, _note(fitted))


def _note(fitted: Fitted) -> str:
    """What was done to a picture; and of a digit on paper, that networks are trained on others."""
    paper = fitted.paper if fitted.image.shape == (28, 28, 1) else None
    if paper is None or not paper.dark:
        return fitted.note
    advice = f"It is {paper.words}; digits are trained white on black: see Transform(invert=True, stretch=True)."
    return f"{fitted.note} {advice}".strip()


def fitted_to(network: Network, image: Any) -> Fitted:
    """An image as the network takes it; what was fitted before stays as it is."""
    return image if isinstance(image, Fitted) else fitted_to_input(network.input, network.name, image)


def shown_to(network: Network, picture: Any) -> Fitted:
    """A picture as the network takes it; of a network that takes no pictures, what stands in for its input."""
    if isinstance(picture, Fitted) or suits(network.input, picture):
        return fitted_to(network, picture)
    return stand_in(network.input, network.name)


def scores(network: Network, images: np.ndarray) -> np.ndarray:
    """Logits (n, K) of images (n, H, W, C) that are in the network's own range already."""
    return forward(network)(tf.constant(images, tf.float32)).numpy()


def forward(network: Network) -> Any:
    """Compiled: images (n, H, W, C) to logits (n, K)."""

    def build() -> Any:
        def call(run: Any, images: Any) -> Any:
            return run(inputs(network, images), [LOGITS])[LOGITS]

        return scoring(network, call)

    return network.compiled("logits", build)


def forward_all(network: Network) -> Any:
    """Compiled: images (n, H, W, C) to every layer's output by name, logits and probabilities."""

    def build() -> Any:
        names = [layer.name for layer in network.layers] + [LOGITS, PROBABILITIES]

        def call(images: Any) -> Any:
            return network.graph.run(inputs(network, images), names)

        return compiled(network, call)

    return network.compiled("trace", build)


def inputs(network: Network, images: Any, *, smooth: bool = False) -> dict[str, Any]:
    """Feed a batch of images (n, H, W, C) to the graph, in the shape and type of the model's own input.

    `smooth` leaves them floats where that type is of whole numbers: a gradient ends at the cast. Whole pixels make
    the same scores either way.
    """
    graph = network.graph
    return {graph.input_name: as_own(network.input, images, graph.input_dtype, smooth)}


class Compiled:
    """One graph function with one signature, traced at its first call.

    Its concrete function is called: `tf.function` would look the one signature up again each time, which on a
    network for digits takes longer than the forward pass. And it is traced without AutoGraph, which would
    rewrite the source of this package and take nine tenths of the first call, for nothing: no function here
    branches on a tensor, and AutoGraph leaves the `call` of a Keras layer as it is.

    With a graph, `call` takes its `run`, with what can be folded folded, before the tensors: for what needs scores and
    gradients only. The weights that this takes are handed on at each call.
    """

    def __init__(self, call: Any, signature: tuple[tf.TensorSpec, ...], graph: Graph | None = None) -> None:
        self._folding = None if graph is None else graph.folding
        run, count = None if graph is None else graph.run, len(signature)

        def traced(*tensors: Any) -> Any:
            own, folded = tensors[:count], tensors[count:]
            return call(*own) if run is None else call(partial(run, folded=folded), *own)

        more = () if self._folding is None else self._folding.specs()
        self._function = tf.function(traced, input_signature=(*signature, *more), autograph=False, jit_compile=False)
        self._concrete: Any = None

    def __call__(self, *tensors: Any) -> Any:
        if self._concrete is None:
            self._concrete = self._function.get_concrete_function()
        return self._concrete(*tensors, *(() if self._folding is None else self._folding.weights()))

    def experimental_get_tracing_count(self) -> int:
        """How often it was traced."""
        return self._function.experimental_get_tracing_count()


def compiled(network: Network, call: Any, *more: tf.TensorSpec) -> Compiled:
    """`call` as one graph function for any number of images, so that it is traced once."""
    return Compiled(call, (tf.TensorSpec((None, *network.image_shape), tf.float32), *more))


def scoring(network: Network, call: Any, *more: tf.TensorSpec) -> Compiled:
    """As `compiled`, of `call(run, images, ...)`, with batch normalisations folded (see `Compiled`)."""
    return Compiled(call, (tf.TensorSpec((None, *network.image_shape), tf.float32), *more), network.graph)


def frozen(value: Any) -> np.ndarray:
    """What one picture leaves, of a batch of one: read-only, float32, without the batch axis."""
    array = np.atleast_1d(value.numpy()[0].astype(np.float32, copy=False))  # a number without an axis is one of one
    array.flags.writeable = False
    return array
