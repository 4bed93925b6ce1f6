"""The rules of layer-wise relevance propagation, as what goes backward through each step.

Every step is computed as it is, with its value, and with a backward pass of its own: from the relevance of what it made
to that of what it read. One pass backward through all of them is the whole propagation. (Montavon et al. 2019,
Layer-Wise Relevance Propagation: An Overview.)

The terms of each sign are never computed apart. With z the sum of the terms and s that of their magnitudes, those above
zero add up to (s + z) / 2, those below to (s - z) / 2; and what both hand back together is one gradient of z and s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import tensorflow as tf

Call = Callable[..., Any]

RULES = ("z-plus", "alpha-beta", "epsilon")
_NOTHING = 1e-6
"""Share of the terms' magnitudes below which those of one sign are what rounding left of none."""


class Rule:
    """How one sum hands its relevance on to its terms; the terms of the sum's own sign are those that made it.

    Under the epsilon rule each bias keeps its share. Under the others it has none: the terms of the sum's sign take
    all; where there is none, for the bias alone made the sum, all that it reads takes equal shares (the flat rule of
    Bach et al. 2016, Controlling Explanatory Heatmap Resolution and Semantics). So nothing is lost or made.
    """

    def __init__(self, name: str, epsilon: Any = 0.0) -> None:
        self.name, self.epsilon = name, epsilon

    def whole(self, z: Any) -> Any:
        """What the epsilon rule divides a sum by: z + epsilon * sign(z)."""
        return z + tf.where(z < 0, -1.0, 1.0) * self.epsilon

    def factors(self, relevance: Any, z: Any, terms: Any, magnitudes: Any) -> tuple[Any, Any, Any]:
        """What each term hands on for each unit of itself and of its magnitude, and what all share equally.

        Args:
            relevance: of the sums.
            z: the sums with their biases.
            terms, magnitudes: the sums of the terms, and of their magnitudes.
        """
        return _compiled(_z_plus if self.name == "z-plus" else _alpha_beta)(relevance, z, terms, magnitudes)


def _z_plus(relevance: Any, z: Any, terms: Any, magnitudes: Any) -> tuple[Any, Any, Any]:
    sign, own, _, nothing = _sizes(z, terms, magnitudes)
    alone = own <= nothing
    same = tf.where(alone, 0.0, tf.math.divide_no_nan(relevance, own))
    return sign * same, same, tf.where(alone, relevance, 0.0)


def _alpha_beta(relevance: Any, z: Any, terms: Any, magnitudes: Any) -> tuple[Any, Any, Any]:
    sign, own, other, nothing = _sizes(z, terms, magnitudes)
    alone, none = own <= nothing, other <= nothing
    same = tf.where(alone, 0.0, tf.where(none, 1.0, 2.0) * tf.math.divide_no_nan(relevance, own))
    against = tf.where(alone | none, 0.0, tf.math.divide_no_nan(relevance, other))
    return sign * (same + against), same - against, tf.where(alone, relevance, 0.0)


def _sizes(z: Any, terms: Any, magnitudes: Any) -> tuple[Any, Any, Any, Any]:
    """The sign of a sum, twice the magnitude of its terms of that sign and of the others, and what counts as none."""
    sign = tf.where(z < 0, -1.0, 1.0)
    return sign, magnitudes + sign * terms, magnitudes - sign * terms, _NOTHING * magnitudes


@cache
def _compiled(factors: Call) -> Call:
    """For tensors of any shape, once for all layers: what is propagated through step by step calls it for each."""
    function = tf.function(factors, autograph=False)
    return function.get_concrete_function(*[tf.TensorSpec(None, tf.float32)] * 4)


def handing(value: Call, back: Call, *tensors: Any) -> Any:
    """value(*tensors), whose backward pass is back(relevance, *tensors): the relevance of each of them."""

    @tf.custom_gradient
    def call(*tensors: Any) -> Any:
        def handed(relevance: Any, variables: Sequence[Any] | None = None) -> Any:
            found = back(relevance, *tensors)
            return found if variables is None else (found, [None] * len(variables))

        return value(*tensors), handed

    return call(*tensors)


def _back(function: Call, tensor: Any, above: Any) -> Any:
    """What a linear function hands back of `above`, the shape of what it makes."""
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        made = function(tensor)
    return tape.gradient(made, tensor, output_gradients=above)


def _none(relevance: Any) -> bool:
    """Whether it is known by now that there is none to share out."""
    return tf.executing_eagerly() and not tf.math.count_nonzero(relevance)


def through(function: Call) -> Call:
    """a = f(z), one number in, one out: the relevance passes through."""
    return lambda z, *more, **named: handing(lambda z: function(z, *more, **named), lambda relevance, _: relevance, z)


@dataclass(frozen=True)
class Linear:
    """What is linear in what it reads and in its kernel: a convolution, a dense layer.

    Attributes:
        forward: of (a, kernel).
        transposed: of (above, kernel, shape of a): what it hands back. None where TensorFlow is to find it, which
            makes the gradient of the kernel besides where nothing is compiled.
    """

    forward: Call
    transposed: Call | None = None

    def back(self, above: Any, kernel: Any, a: Any) -> Any:
        """What it hands back of `above`, the shape of what it makes of `a`."""
        if self.transposed is not None:
            return self.transposed(above, kernel, tf.shape(a))
        return _back(lambda x: self.forward(x, kernel), a, above)


def sums(
    a: Any, kernel: Any, bias: Any, linear: Linear, rule: Rule, apart: bool, inside: Any = None, own: Call | None = None
) -> Any:
    """The linear function of a and kernel, and a bias.

    Args:
        apart: whether each output reads some of the channels only.
        inside: (1, ...) 0 at the cells of `a` that are padding, 1 elsewhere; None where none is.
        own: what the layer itself makes of `a`, where that is not quite the same.
    """
    kernel = tf.convert_to_tensor(kernel)
    bias = tf.zeros(1, a.dtype) if bias is None else tf.cast(tf.convert_to_tensor(bias), a.dtype)
    kept: list[Any] = []

    def value(a: Any) -> Any:
        terms = linear.forward(a, kernel)
        kept[:] = [z := terms + bias, terms]
        if rule.name != "epsilon":
            sizes = tf.abs(a), tf.abs(kernel)
            kept[2:] = [linear.forward(*sizes), *sizes]
        return z if own is None else own(a)

    def back(relevance: Any, a: Any) -> Any:
        if rule.name == "epsilon":
            return a * linear.back(tf.math.divide_no_nan(relevance, rule.whole(kept[0])), kernel, a)
        *made, size, weight = kept
        by_term, by_size, evenly = rule.factors(relevance, *made)
        found = a * linear.back(by_term, kernel, a) + size * linear.back(by_size, weight, a)
        if _none(evenly):
            return found
        return found + _spread(evenly, a, kernel, linear, apart, inside)

    return handing(value, back, a)


def _spread(relevance: Any, a: Any, kernel: Any, linear: Linear, apart: bool, inside: Any) -> Any:
    """The relevance of each sum in equal shares over all that it reads; the padding is no part of that."""
    ones, even = tf.ones_like(a[:1]), tf.ones_like(kernel)
    if inside is not None:
        ones *= inside
    alike = a
    if not apart:
        # What all sums of a place share, all channels of its window share: one channel tells.
        ones, even, alike = ones[..., :1], even[..., :1, :1], a[..., :1]
        relevance = tf.reduce_sum(relevance, axis=-1, keepdims=True) / tf.cast(tf.shape(a)[-1], a.dtype)
    # How many there are is the same for all pictures.
    count = linear.forward(ones, even)
    found = linear.back(tf.math.divide_no_nan(relevance, count), even, alike)
    return tf.broadcast_to(found if inside is None else found * inside, tf.shape(a))


def averaged(x: Any, linear: Call, rule: Rule, inside: Any = None) -> Any:
    """A sum with weights of its own, of 0 and up: an average, a resizing; `inside` as of `sums`."""
    kept: list[Any] = []

    def value(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            terms = [linear(x)] if rule.name == "epsilon" else [linear(x), linear(tf.abs(x))]
        kept[:] = [tape, terms]
        return terms[0]

    def back(relevance: Any, x: Any) -> Any:
        tape, terms = kept
        if rule.name == "epsilon":
            return x * tape.gradient(terms, x, [tf.math.divide_no_nan(relevance, rule.whole(terms[0]))])
        *shares, evenly = rule.factors(relevance, terms[0], *terms)
        found = x * tape.gradient(terms, x, shares)
        if _none(evenly):
            return found
        ones = tf.ones_like(x) if inside is None else tf.ones_like(x) * inside
        return found + _back(linear, x, tf.math.divide_no_nan(evenly, linear(ones))) * ones

    return handing(value, back, x)


def joined(tensors: Sequence[Any], kind: str, rule: Rule) -> Any:
    share = 1 / len(tensors) if kind == "Average" else 1.0
    weights = [-share if kind == "Subtract" and at else share for at in range(len(tensors))]

    def value(*tensors: Any) -> Any:
        return sum(tensor * weight for tensor, weight in zip(tensors, weights, strict=True))

    def back(relevance: Any, *tensors: Any) -> Any:
        terms = [tensor * weight for tensor, weight in zip(tensors, weights, strict=True)]
        z = sum(terms)
        if rule.name == "epsilon":
            return [_fitted(term * tf.math.divide_no_nan(relevance, rule.whole(z)), term) for term in terms]
        by_term, by_size, evenly = rule.factors(relevance, z, z, sum(map(tf.abs, terms)))
        return [_fitted(term * by_term + tf.abs(term) * by_size + evenly / len(terms), term) for term in terms]

    return handing(value, back, *tensors)


def _fitted(relevance: Any, term: Any) -> Any:
    """Relevance in the shape of a term that was spread over more places."""
    axes = [axis for axis in range(1, term.shape.rank) if term.shape[axis] == 1 != relevance.shape[axis]]
    return tf.reduce_sum(relevance, axis=axes, keepdims=True) if axes else relevance


def gated(signal: Any, gate: Any) -> Any:
    """A signal times a gate: the signal takes all (Arras et al. 2017, arXiv:1706.07206)."""
    return handing(lambda x, gate: x * gate, lambda relevance, *_: (relevance, tf.zeros_like(gate)), signal, gate)


def multiplied(one: Any, other: Any) -> Any:
    """A product of two maps alike: each takes half (Achtibat et al. 2024, AttnLRP, arXiv:2402.05602)."""

    def back(relevance: Any, one: Any, other: Any) -> Any:
        return _fitted(relevance / 2, one), _fitted(relevance / 2, other)

    return handing(lambda x, y: x * y, back, one, other)


def padded(x: Any, pad: Call, edges: Sequence[tuple[int, int]]) -> Any:
    """Cells put around: what falls on one of them, as a tie of zeros in a maximum can, is that of the nearest inside.

    `edges` are the cells before and behind, axis by axis.
    """

    def back(relevance: Any, _: Any) -> Any:
        for axis, (before, behind) in enumerate(edges, 1):
            length = tf.shape(relevance)[axis] - before - behind
            first, inside, last = tf.split(relevance, [before, length, behind], axis)
            others = [(0, 0)] * axis, [(0, 0)] * (relevance.shape.rank - axis - 1)
            for beyond, place in ((first, (0, length - 1)), (last, (length - 1, 0))):
                inside += tf.pad(tf.reduce_sum(beyond, axis, keepdims=True), [*others[0], place, *others[1]])
            relevance = inside
        return relevance

    return handing(pad, back, x)


def affine(x: Any, scale: Any, shift: Any, rule: Rule) -> Any:
    def back(relevance: Any, x: Any) -> Any:
        if rule.name != "epsilon":
            return relevance  # one term, which takes all
        return x * scale * tf.math.divide_no_nan(relevance, rule.whole(x * scale + shift))

    return handing(lambda x: x * scale + shift, back, x)
