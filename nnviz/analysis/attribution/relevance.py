"""The rules of layer-wise relevance propagation, as what goes backward through each step.

Every step is computed as it is, with its value, and with a backward pass of its own: from the relevance of what it made
to that of what it read. One pass backward through all of them is the whole propagation. (Montavon et al. 2019,
Layer-Wise Relevance Propagation: An Overview.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

Call = Callable[..., Any]

RULES = ("z-plus", "alpha-beta", "epsilon")


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

    def factors(self, relevance: Any, z: Any, up: Any, down: Any) -> tuple[Any, Any, Any]:
        """What a term of each sign hands on for each unit of its magnitude, and what all share equally.

        `up` and `down` are the magnitudes of the sums of the terms of each sign, 0 and up.
        """
        found = _factors(self.name)(relevance, z, up, down)
        for each in found:
            each.set_shape(z.shape)
        return found


@lru_cache(maxsize=len(RULES))
def _factors(name: str) -> Any:
    """`Rule.factors` as one function that is traced once: a deep network has a hundred sums."""

    def call(relevance: Any, z: Any, up: Any, down: Any) -> tuple[Any, Any, Any]:
        below = z < 0
        own, other = tf.where(below, down, up), tf.where(below, up, down)
        if name == "z-plus":
            same, against = _share(relevance, own), tf.zeros_like(relevance)
        else:
            same = tf.where(other == 0, 1.0, 2.0) * _share(relevance, own)
            against = -tf.where(own == 0, 0.0, 1.0) * _share(relevance, other)
        evenly = tf.where(own == 0, relevance, 0.0)
        return tf.where(below, against, same), tf.where(below, same, against), evenly

    return tf.function(call, input_signature=[tf.TensorSpec(None, tf.float32)] * 4, autograph=False)


def handing(value: Call, back: Call, *tensors: Any) -> Any:
    """value(*tensors), whose backward pass is back(relevance, *tensors): the relevance of each of them."""

    @tf.custom_gradient
    def call(*tensors: Any) -> Any:
        return value(*tensors), lambda relevance: back(relevance, *tensors)

    return call(*tensors)


def _share(above: Any, below: Any) -> Any:
    return tf.math.divide_no_nan(above, below)


def _back(function: Call, tensor: Any, above: Any) -> Any:
    """What a linear function hands back of `above`, the shape of what it makes."""
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        made = function(tensor)
    return tape.gradient(made, tensor, output_gradients=above)


def through_activation(function: Call) -> Call:
    """a = f(z), through which the relevance passes."""
    return lambda z, *more, **named: handing(lambda z: function(z, *more, **named), lambda relevance, _: relevance, z)


def sums(a: Any, kernel: Any, bias: Any, summed: Call, rule: Rule, positive: bool, apart: bool) -> Any:
    """summed(a, kernel) + bias.

    Args:
        summed: linear in both; of a convolution or a dense layer.
        positive: whether `a` is known to be 0 and up, which saves half of the work.
        apart: whether each output reads some of the channels only.
    """
    kernel = tf.convert_to_tensor(kernel)
    bias = tf.zeros(1, a.dtype) if bias is None else tf.cast(tf.convert_to_tensor(bias), a.dtype)
    plus, minus = tf.nn.relu(kernel), tf.nn.relu(-kernel)
    kept: list[Any] = []

    def sides(a: Any) -> list[Any]:
        return [a] if positive else [tf.nn.relu(a), tf.nn.relu(-a)]

    def value(a: Any) -> Any:
        if rule.name == "epsilon":
            kept[:] = [summed(a, kernel) + bias]
            return kept[0]
        up = sum(summed(x, w) for x, w in zip(sides(a), (plus, minus), strict=False))
        down = sum(summed(x, w) for x, w in zip(sides(a), (minus, plus), strict=False))
        kept[:] = [up - down + bias, up, down]
        return kept[0]

    def back(relevance: Any, a: Any) -> Any:
        if rule.name == "epsilon":
            return a * _back(lambda x: summed(x, kernel), a, _share(relevance, rule.whole(kept[0])))
        of_up, of_down, evenly = rule.factors(relevance, *kept)
        found = _spread(evenly, a, kernel, summed, apart)
        for x, own, other in zip(sides(a), (plus, minus), (minus, plus), strict=False):
            for w, factor in ((own, of_up), (other, of_down)):
                found += x * _back(lambda x, w=w: summed(x, w), x, factor)
        return found

    return handing(value, back, a)


def _spread(relevance: Any, a: Any, kernel: Any, summed: Call, apart: bool) -> Any:
    """The relevance of each sum in equal shares over all that it reads; the padding is no part of that."""
    if apart:
        ones, even = tf.ones_like(a), tf.ones_like(kernel)
    else:
        # What all sums of a place share, all channels of its window share: one channel tells.
        ones, even = tf.ones_like(a[..., :1]), tf.ones_like(kernel[..., :1, :1])
        relevance = tf.reduce_sum(relevance, axis=-1, keepdims=True) / tf.cast(tf.shape(a)[-1], a.dtype)
    # How many there are is the same for all pictures.
    count = summed(ones[:1], even)
    return tf.broadcast_to(_back(lambda x: summed(x, even), ones, _share(relevance, count)), tf.shape(a))


def averaged(x: Any, averaged: Call, rule: Rule) -> Any:
    def back(relevance: Any, x: Any) -> Any:
        if rule.name == "epsilon":
            return x * _back(averaged, x, _share(relevance, rule.whole(averaged(x))))
        up, down = averaged(tf.nn.relu(x)), averaged(tf.nn.relu(-x))
        same, against, evenly = rule.factors(relevance, up - down, up, down)
        found = _back(averaged, x, _share(evenly, averaged(tf.ones_like(x))))
        return found + tf.nn.relu(x) * _back(averaged, x, same) + tf.nn.relu(-x) * _back(averaged, x, against)

    return handing(averaged, back, x)


def joined(tensors: Sequence[Any], kind: str, rule: Rule) -> Any:
    share = 1 / len(tensors) if kind == "Average" else 1.0
    weights = [-share if kind == "Subtract" and at else share for at in range(len(tensors))]

    def value(*tensors: Any) -> Any:
        return sum(tensor * weight for tensor, weight in zip(tensors, weights, strict=True))

    def back(relevance: Any, *tensors: Any) -> Any:
        terms = [tensor * weight for tensor, weight in zip(tensors, weights, strict=True)]
        z = sum(terms)
        if rule.name == "epsilon":
            return [_fitted(term * _share(relevance, rule.whole(z)), term) for term in terms]
        up, down = (sum(tf.nn.relu(sign * term) for term in terms) for sign in (1, -1))
        same, against, evenly = rule.factors(relevance, z, up, down)
        return [
            _fitted(tf.nn.relu(term) * same + tf.nn.relu(-term) * against + evenly / len(terms), term) for term in terms
        ]

    return handing(value, back, *tensors)


def _fitted(relevance: Any, term: Any) -> Any:
    """Relevance in the shape of a term that was spread over more places."""
    axes = [axis for axis in range(1, term.shape.rank) if term.shape[axis] == 1 != relevance.shape[axis]]
    return tf.reduce_sum(relevance, axis=axes, keepdims=True) if axes else relevance


def gated(tensors: Sequence[Any]) -> Any:
    """A signal times a gate, one number a channel: the signal takes all (Arras et al. 2017, arXiv:1706.07206)."""
    signal, gate = sorted(tensors, key=lambda tensor: all(size == 1 for size in tensor.shape[1:-1]))
    return handing(lambda x, gate: x * gate, lambda relevance, *_: (relevance, tf.zeros_like(gate)), signal, gate)


def affine(x: Any, scale: Any, shift: Any, rule: Rule) -> Any:
    def back(relevance: Any, x: Any) -> Any:
        # One term, which takes all but under the epsilon rule.
        return x * scale * _share(relevance, rule.whole(x * scale + shift)) if rule.name == "epsilon" else relevance

    return handing(lambda x: x * scale + shift, back, x)
