"""Layer-wise relevance propagation: a score handed back, layer by layer, to the pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from nnviz.analysis.attribution.base import Parameter, SaliencyMethod, Steps
from nnviz.analysis.attribution.propagation import PADDINGS, computed, unruled
from nnviz.analysis.attribution.relevance import RULES, Rule
from nnviz.analysis.network.folding import behind
from nnviz.analysis.network.input_format import as_drawn
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.output_head import LOGITS
from nnviz.analysis.network.passes import chosen, given, score_of, weights_spec
from nnviz.analysis.network.targets import Target, class_score
from nnviz.analysis.network.trace import compiled, inputs
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

_DEEP = 200
"""Steps from which a network is propagated through uncompiled: to compile them takes longer than all its maps."""


class Lrp(SaliencyMethod):
    """R_j = sum over k of R_k * share of the term a_j w_jk in z_k, from the score back to the pixels.

    The share: a_j w_jk / (z_k + epsilon sign(z_k)) by the epsilon rule; by the z+ rule only terms of z_k's own sign
    count, (a_j w_jk)+ / sum (a w)+ where z_k > 0, as behind every ReLU; alpha-beta gives them twice that, and takes
    what is too much from the others (alpha 2, beta 1). A batch normalisation is folded into the layer before it; an
    activation passes on what it gets; the winner of a max pooling takes all; the two ways of an addition are terms.

    Under the z+ and alpha-beta rules a bias has no share, so that the map sums to the score: what a bias alone made is
    shared equally by all that its unit reads. Under the epsilon rule each bias keeps its share, and epsilon its own.
    What is not in the sum is the `gap`. What makes each number of one other number passes on what it gets: what
    only scales the pixels, an activation, a normalisation by the picture's own mean and deviation.
    """

    name = "lrp"
    title = "LRP"
    paper = "Bach et al. 2015, On Pixel-Wise Explanations ... by Layer-Wise Relevance Propagation, PLOS ONE 10(7)"
    family = "propagation"
    signed = True
    what = "Each pixel's share of the score, handed back layer by layer."

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        return (
            Parameter("rule", "Rule", "z-plus", choices=RULES),
            Parameter("epsilon", "Epsilon (of its rule)", 0.01, 0.0, 1.0, 0.01),
        )

    def unfit(self, network: Network) -> str:
        for step in network.graph.leading_to(LOGITS):
            if what := unruled(step):
                return f"LRP has no rule for {what}, which {network.name} has as {step.name}: try integrated-gradients."
        return ""

    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        rule, epsilon = parameters["rule"], tf.constant(parameters["epsilon"], tf.float32)

        def build() -> Any:
            start = network.graph.input_name

            def call(images: Any, weights: Any, winner: Any, epsilon: Any) -> Any:
                kept: list[Any] = []
                with tf.GradientTape() as tape:

                    def watch(tensor: Any) -> Any:
                        tensor = tf.cast(tensor, tf.float32)
                        tape.watch(tensor)
                        kept.append(tensor)
                        return tensor

                    calls = ruled(network, Rule(rule, epsilon), target.layer)
                    fetches, feeds = [target.layer, LOGITS], inputs(network, images, smooth=True)
                    found = network.graph.run(feeds, fetches, {start: watch}, calls)
                    if target.layer == LOGITS:
                        weights = chosen(network, found[LOGITS], weights, winner)
                    end = tf.cast(found[target.layer], tf.float32)
                # What goes backward is relevance: at the target its own terms, at the pixels the map.
                relevance = tape.gradient(end, kept[0], output_gradients=end * tf.cast(weights, end.dtype))
                score, best = score_of(end, weights), tf.argmax(found[LOGITS][0])
                relevance = None if relevance is None else as_drawn(network.input, relevance, images)
                return relevance, score, best

            if len(network.graph.steps) > _DEEP:
                return call
            more = (weights_spec(network, target), tf.TensorSpec((), tf.bool), tf.TensorSpec((), tf.float32))
            return compiled(network, call, *more)

        function = network.compiled(("lrp", rule, target.layer), build)
        values, score, best = function(*given(network, image[None], target), epsilon)
        if values is None:
            raise NnvizError(f"A target that depends on the image was expected for LRP. Received: {target}.")
        yield Progress(1, 1)
        target = class_score(network, int(best)) if target.winner else target
        return self.finished(values.numpy()[0], target, float(score[0]), adds_up_to=float(score[0]))


def ruled(network: Network, rule: Rule, target: str) -> dict[str, Callable[..., Any]]:
    """By name, what computes each step with the rule's gradient."""
    graph = network.graph
    # What the target is of is looked at, so it stays as it is.
    normalised = {name: step for name, step in behind(graph.steps, graph.logits).items() if name != target}
    swallowed = {id(step) for step in normalised.values()}
    found: dict[str, Callable[..., Any]] = {}
    for step in graph.leading_to(LOGITS):
        if id(step) in swallowed:
            found[step.name] = lambda x, **_: x
        if id(step) in swallowed or not step.inputs:  # an input that is held
            continue
        after, source = normalised.get(step.name), graph.producers.get(id(step.inputs[0]))
        padding = source.layer if source is not None and type(source.layer).__name__ in PADDINGS else None
        call = computed(step, rule, after.layer if after else None, padding)
        if call is not None:
            found[step.name] = call
    return found
