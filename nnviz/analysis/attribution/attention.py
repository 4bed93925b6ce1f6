"""Relevance through attention: how much each place looks at each other one is held still."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from nnviz.analysis.attribution.relevance import Call, Linear, Rule, averaged, sums
from nnviz.analysis.network.weights import kernel_of


def attended(layer: Any, rule: Rule) -> Call:
    """Self-attention as three sums: the values, their averages under the scores, and the way out of the heads.

    The scores are softmaxes of products; held still, they are the weights of an average (Ali et al. 2022, XAI for
    Transformers, arXiv:2202.07304).
    """

    def dense(part: Any, a: Any) -> Any:
        kernel = tf.cast(kernel_of(part), a.dtype)
        return sums(a, kernel, part.bias, Linear(lambda x, w: tf.einsum(part.equation, x, w)), rule, apart=True)

    def call(a: Any, *_: Any, **__: Any) -> Any:
        a = tf.cast(a, tf.float32)
        _, scores = layer(a, a, return_attention_scores=True, training=False)
        scores = tf.stop_gradient(tf.cast(scores, a.dtype))
        mixed = averaged(dense(layer.value_dense, a), lambda v: tf.einsum("bnts,bsnh->btnh", scores, v), rule)
        return dense(layer.output_dense, mixed)

    return call
