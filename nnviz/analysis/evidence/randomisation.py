"""The randomisation check: does a map depend on what was learned?

Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292: the weights are randomised layer by layer, the
last first and all those before kept so (cascading), and the same map is made each time. One that stays as it was shows
the picture, not the network.

Two maps of one picture are alike to some degree without any network: what is multiplied by the input is large where
the ink is, and smooth maps are alike by chance. So the alikeness is held against that of blind maps (`surrogates`),
which cost no pass through the network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from nnviz.analysis.attribution import Attribution, Steps, explaining
from nnviz.analysis.evidence.agreement import PARTS, inner, spearman
from nnviz.analysis.evidence.surrogates import surrogate_map
from nnviz.analysis.network.graph import LOGITS, Graph
from nnviz.analysis.network.layers import describe
from nnviz.analysis.network.network import Network, functions
from nnviz.analysis.network.targets import Target, class_score
from nnviz.analysis.network.trace import fitted_to, scores
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError

LEVELS = 8
"""Levels at most: of a deep network several layers are randomised at once."""
_BLIND = 10
_SAME = 1e-3
"""Share of the largest logit that a copy's may differ by: rounding, where batch normalisations are folded."""


@dataclass(frozen=True, eq=False)
class Randomised:
    """What became of a map as the weights were shuffled, from the last layer to the first.

    Attributes:
        levels: names of the layers that each level shuffles, on top of those before it; the first is empty.
        alike: (levels,) -1..1, rank correlation of the magnitudes with those of the trained network's map: 1.0 at
            first; NaN where a map is the same everywhere.
        maps: (levels, H, W) the magnitudes.
        blind: (n,) how alike blind maps are to that of the trained network: as grainy as that is, and made without
            any network, half of them of chance alone and half of chance times the picture; NaN where the map is the
            same everywhere.
    """

    levels: tuple[tuple[str, ...], ...]
    alike: np.ndarray
    maps: np.ndarray
    blind: np.ndarray


def randomising(
    network: Network,
    image: Any,
    method: str,
    target: Target,
    parameters: Mapping[str, Any] | None = None,
    *,
    levels: int = LEVELS,
    seed: int = 0,
    known: Attribution | None = None,
) -> Generator[Progress, None, Randomised]:
    """The cascading check of one method on one picture, level by level; `so_far` is what there is.

    Args:
        network, image, method, target, parameters: as `nnviz.explain` takes them; the winner stays the one of the
            trained network.
        levels: at most so many, 1 or more; the last layer is one of its own unless there is only one.
        seed: of the shuffles. Each weight array's own numbers are shuffled, so that their spread stays; those of a
            batch normalisation channel by channel, all alike.
        known: the attribution of the trained network, where it is there already.

    Raises:
        NnvizError: as `nnviz.explain`; a network that Keras cannot copy, or that has no weights; no levels.
    """
    picture = fitted_to(network, image)
    explaining(network, picture, method, target, **(parameters or {})).close()
    if target.winner:
        target = class_score(network, int(scores(network, picture.image[None])[0].argmax()))

    def explained(changed: Network) -> Steps:
        return explaining(changed, picture, method, target, **(parameters or {}))

    return cascading(network, picture.image, explained, target.layer, levels=levels, seed=seed, known=known)


def cascading(
    network: Network,
    picture: np.ndarray,
    explained: Callable[[Network], Steps],
    layer: str = LOGITS,
    *,
    levels: int = LEVELS,
    seed: int = 0,
    known: Attribution | None = None,
) -> Generator[Progress, None, Randomised]:
    """`randomising` of whatever makes an attribution of a network on a picture (H, W, C) in its own range, and of a
    target in a layer, or of the class scores: what stands behind that has no part in it and stays as it is."""
    if levels < 1:
        raise NnvizError(f"At least one level was expected. Received: {levels}.")
    groups = _levels(network, layer, levels)
    if not groups:
        which = "" if layer == LOGITS else f" up to {layer}"
        raise NnvizError(f"A network with weights was expected. Received: {network.name} without any{which}.")
    return _cascading(network, picture, explained, groups, seed, known)


def _cascading(
    network: Network,
    picture: np.ndarray,
    explained: Callable[[Network], Steps],
    groups: list[list[str]],
    seed: int,
    known: Attribution | None,
) -> Generator[Progress, None, Randomised]:
    generator, total = np.random.default_rng(seed), len(groups) + 1
    first = known or (yield from inner(explained(network), 0, total))
    maps = [first.over_image(magnitude=True)]
    alike = [1.0]
    names: list[tuple[str, ...]] = [()]
    without = surrogate_likeness(maps[0], picture, seed)

    def so_far() -> Randomised:
        return Randomised(tuple(names), np.array(alike), np.stack(maps), without)

    yield Progress(PARTS, PARTS * total, so_far())
    changed = private(network, picture)
    for group in groups:
        for name in group:
            shuffle(changed.graph.by_name[name].layer, generator)
        found = yield from inner(explained(changed), len(maps), total, so_far())
        maps.append(found.over_image(magnitude=True))
        alike.append(spearman(maps[0], maps[-1]))
        names.append(tuple(group))
        yield Progress(PARTS * len(maps), PARTS * total, so_far())
    return so_far()


def surrogate_likeness(values: np.ndarray, picture: np.ndarray, seed: int = 0) -> np.ndarray:
    """How alike blind maps are to a map of magnitudes (H, W), of chance alone and times the picture: (n,)."""
    generator = np.random.default_rng(seed)
    # A map of another size than the picture's is multiplied by nothing that is known here.
    known = np.abs(picture).max(axis=2) if picture.shape[:2] == values.shape else None
    return np.array(
        [
            spearman(values, surrogate_map(values, generator, weights))
            for weights in ([None] if known is None else [None, known])
            for _ in range(_BLIND)
        ]
    )


def private(network: Network, picture: np.ndarray | None = None) -> Network:
    """The same network on weights of its own; with a picture (H, W, C) it is tried whether it answers the same.

    Raises:
        NnvizError: Keras cannot copy the model, or its copy is another one.
    """
    try:
        model = keras.models.clone_model(network.model)
        model.set_weights(network.model.get_weights())
    except (TypeError, ValueError, NotImplementedError) as error:
        said = " ".join(str(error).split())[:120]
        raise NnvizError(
            f"A network that can be copied was expected. Received: {network.name}, and Keras says: {said}"
        ) from error
    graph = Graph(model, ends=network.graph.ends)
    # What its numbers are was told by more than its layers.
    graph.output = network.output
    if [step.name for step in graph.steps] != [step.name for step in network.graph.steps]:
        raise NnvizError(f"A copy with the same layers was expected. Received: other names in that of {network.name}.")
    for step in graph.steps:
        # It computes with what it makes of its weights when it is adapted or read from a file, not with them.
        if isinstance(step.layer, keras.layers.Normalization):
            step.layer.finalize_state()
    copy = replace(
        network, model=model, graph=graph, layers=describe(graph), _functions=functions(), _lock=threading.RLock()
    )
    if picture is not None:
        told, again = (scores(each, picture[None])[0] for each in (network, copy))
        if not np.allclose(told, again, rtol=_SAME, atol=_SAME * float(np.abs(told).max())):
            raise NnvizError(
                f"A copy that answers as {network.name} does was expected. "
                f"Received: logits that differ by up to {np.abs(told - again).max():.2g}."
            )
    return copy


def _levels(network: Network, layer: str, most: int) -> list[list[str]]:
    """Names of the steps of each level that lead to a layer, the last one first; a batch normalisation goes with what
    it reads."""
    groups: list[list[str]] = []
    seen: set[int] = set()
    for step in network.graph.leading_to(layer):
        if not getattr(step.layer, "weights", ()) or id(step.layer) in seen:
            continue
        # What the inputs are scaled by was measured on them, not learned.
        if isinstance(step.layer, keras.layers.Normalization):
            continue
        seen.add(id(step.layer))
        if groups and isinstance(step.layer, keras.layers.BatchNormalization):
            groups[-1].append(step.name)
        else:
            groups.append([step.name])
    groups.reverse()
    if most == 1 < len(groups):
        return [[name for group in groups for name in group]]
    if len(groups) > most:
        parts = np.array_split(np.arange(1, len(groups)), most - 1)
        groups = [groups[0], *([name for at in part for name in groups[at]] for part in parts)]
    return groups


def shown_name(network: Network, name: str) -> str:
    """What a layer is called: the twin that makes the class scores by the layer that it is of."""
    return str(network.graph.by_name[name].layer.name) if name == LOGITS else name


def shuffle(layer: Any, generator: np.random.Generator) -> None:
    """Shuffle the numbers of each weight array of a layer; those of a batch normalisation by whole channels."""
    arrays = layer.get_weights()
    if isinstance(layer, keras.layers.BatchNormalization):
        order = generator.permutation(arrays[0].size)
        layer.set_weights([array[order] for array in arrays])
    else:
        layer.set_weights([generator.permutation(array.ravel()).reshape(array.shape) for array in arrays])
