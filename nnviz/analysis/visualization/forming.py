"""Feature visualisation: the picture that raises a unit, a channel, a layer or a class most."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

import numpy as np
import tensorflow as tf

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.network.trace import Compiled
from nnviz.analysis.progress import Progress, finished
from nnviz.analysis.visualization import arguments
from nnviz.analysis.visualization.ascent import OPTIMIZERS, Recipe, State, advance, begin, climb, until_next
from nnviz.analysis.visualization.objectives import Objective, as_objective
from nnviz.analysis.visualization.parametrizations import parametrization_named
from nnviz.analysis.visualization.result import Visualization, cause, expected, snapshot
from nnviz.analysis.visualization.transforms import Transformation, standard
from nnviz.errors import NnvizError

STEPS, MOST_STEPS, RATE = 128, 4096, 0.05


Steps = Generator[Progress, None, Visualization]


def visualize(
    network: Network,
    target: Objective | Target | int,
    steps: int = STEPS,
    rate: float = RATE,
    parametrization: str = "fourier",
    transforms: Sequence[Transformation] | None = None,
    seed: int = 0,
    *,
    count: int | None = None,
    diversity: float = 0.0,
    alike: bool = False,
    optimizer: str = "adam",
    size: tuple[int, int] | None = None,
) -> Visualization:
    """Make the picture that raises a target most, by gradient ascent from a little noise about grey.

    Erhan et al. 2009, Visualizing Higher-Layer Features of a Deep Network; Olah et al. 2017, Feature Visualization,
    Distill, doi:10.23915/distill.00007.

    Args:
        network: as `nnviz.load` gives it.
        target: a class (its logit), one of `nnviz.targets`, or one of `nnviz.objectives`.
        steps: 1 to 4096.
        rate: size of a step, above 0.
        parametrization: "fourier" or "pixels".
        transforms: done to the picture before each step; None for what is standard for its size, () for none.
        seed: of the start and the transformations, 0 and up.
        count: pictures at once, 1 to 16; None for as many as the objective is for, which is one unless it says more.
        diversity: how far they are kept unlike each other, 0 and up, as a share of the score.
        alike: whether all begin with the same noise.
        optimizer: "adam" or "gradient" (normalised).
        size: (H, W), each 1 to 1024, where the network takes any; by default 96 by 96.

    Raises:
        NnvizError: no such class, layer or unit, an argument out of range, or a unit that nothing wakes.
    """
    return finished(
        visualizing(
            network,
            target,
            steps,
            rate,
            parametrization,
            transforms,
            seed,
            count=count,
            diversity=diversity,
            alike=alike,
            optimizer=optimizer,
            size=size,
            every=MOST_STEPS,
        )
    )


def visualizing(
    network: Network,
    target: Objective | Target | int,
    steps: int = STEPS,
    rate: float = RATE,
    parametrization: str = "fourier",
    transforms: Sequence[Transformation] | None = None,
    seed: int = 0,
    *,
    count: int | None = None,
    diversity: float = 0.0,
    alike: bool = False,
    optimizer: str = "adam",
    size: tuple[int, int] | None = None,
    every: int | None = None,
) -> Steps:
    """The steps of `visualize`: each progress has what there is so far.

    The first comes before anything is compiled, with None. All arguments are checked at once; only whether the network
    can work on a picture of that size is told by the first step.

    Args:
        every: steps between two snapshots; None for as many as a seventh of a second allows.
    """
    objective = as_objective(target)
    objective.check(network)
    arguments.whole("steps", steps, 1, MOST_STEPS)
    arguments.whole("seed", seed, 0, 2**31 - 1)
    if every is not None:
        arguments.whole("every", every, 1, MOST_STEPS)
    count = arguments.pictures(objective, count)
    arguments.real("rate", rate, 1e-6)
    arguments.real("diversity", diversity, 0.0)
    if optimizer not in OPTIMIZERS:
        raise NnvizError(f"An optimizer was expected: {' or '.join(OPTIMIZERS)}. Received: {optimizer!r}.")
    apart = diversity > 0 and count > 1
    if apart and alike:
        raise NnvizError("Different starts were expected of pictures to be kept apart. Received: alike=True.")
    recipe = recipe_for(network, objective, parametrization, transforms, optimizer, apart, size)
    return _climbing(network, objective, recipe, steps, rate, seed, count, diversity, alike, every)


def recipe_for(
    network: Network,
    objective: Objective,
    parametrization: str,
    transforms: Sequence[Transformation] | None,
    optimizer: str = "adam",
    apart: bool = False,
    size: tuple[int, int] | None = None,
) -> Recipe:
    """What is compiled for these arguments of `visualize`."""
    (height, width), channels = arguments.sized(network, size), network.image_shape[2]
    chosen = parametrization_named(parametrization)(height, width, channels)
    moves = standard(height, width) if transforms is None else arguments.moves(transforms, height, width, channels)
    return Recipe(chosen, moves, optimizer, unlike_in(network, objective) if apart else None)


def unlike_in(network: Network, objective: Objective) -> str:
    """The layer in which pictures are kept unlike: the one raised where it has maps, else the last with maps."""
    layers = {layer.name: layer for layer in network.layers}
    last = next((name for name in objective.reads if name in layers), None)
    if last is not None and layers[last].spatial:
        return last
    end = layers[last].index if last is not None else len(layers)
    maps = [layer for layer in network.layers[:end] if layer.spatial or layer.index == 0]
    return maps[-1].name


def _climbing(
    network: Network,
    objective: Objective,
    recipe: Recipe,
    steps: int,
    rate: float,
    seed: int,
    count: int,
    diversity: float,
    alike: bool,
    every: int | None,
) -> Steps:
    yield Progress(0, steps)
    start = recipe.parametrization.start(seed, count, alike)
    numbers = [tf.constant(each) for each in objective.numbers]

    chunk = 1 if every is None else min(every, steps)

    def first(chosen: Recipe) -> tuple[Compiled, State, tuple[np.ndarray, ...]]:
        function, state = climb(network, objective, chosen), begin(start)
        try:
            return function, state, advance(function, state, chunk, rate, seed, diversity, numbers)
        except (ValueError, tf.errors.OpError) as error:
            if None not in network.image_shape:
                raise
            raise NnvizError(
                f"A size that {network.name} can work on was expected. Received: {chosen.parametrization.height}x"
                f"{chosen.parametrization.width}, and TensorFlow says: {str(error).strip().splitlines()[0][:120]}"
            ) from error

    function, state, found = first(recipe)
    if not found[-1].all():
        # Silent at the start: with a slope where its activation has none it may yet be woken.
        recipe = Recipe(**{**vars(recipe), "revive": True})
        function, state, found = first(recipe)
        if not found[-1].all():
            raise NnvizError(
                f"{expected(objective)} Received: a gradient that is zero at the start, {cause(network, objective)}."
            )
    while True:
        so_far = snapshot(network, found[0], found[1], seed, state.done, objective)
        yield Progress(state.done, steps, so_far)
        if state.done >= steps:
            break
        began = time.perf_counter()
        taken = min(chunk, steps - state.done)
        found = advance(function, state, taken, rate, seed, diversity, numbers)
        if every is None:
            chunk = until_next(taken, time.perf_counter() - began)
    if recipe.revive and not so_far.scores.any():
        raise NnvizError(
            f"{expected(objective)} Received: an answer of 0 still after {steps} steps towards it, "
            f"{cause(network, objective)}, or else because it takes more steps."
        )
    return so_far
