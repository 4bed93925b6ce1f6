"""What is asked for on the page of preferred pictures: subject, way and parameters, as the address has them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass

from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.progress import Progress
from nnviz.analysis.visualization import Visualization, dreaming, objectives, visualizing
from nnviz.analysis.visualization.objectives import Objective
from nnviz.shell import address
from nnviz.shell.session import Session

SUBJECTS = {"unit": "Unit", "class": "Class"}
WAYS = {"one": "One", "four": "Four", "between": "Blend", "dream": "Dream"}
DREAMS = {"layer": "All units of the layer", "unit": "This unit"}
KINDS = {"fourier": "Fourier", "pixels": "Pixels"}
BETWEEN = 5
"""Pictures from one unit to the other, both ends counted."""
STEPS, DREAM_STEPS, RATE = 64, 20, 5
MOST_STEPS, MOST_RATE, MOST_SEED, MOST_OCTAVES = 512, 50, 99, 5
_APART = 2.0
"""How far four pictures are kept apart: twice their score, times how like they are."""


@dataclass(frozen=True)
class VisualizationRequest:
    """What the address asks for; `other` is a unit of `other_layer`, or a class, and `rate` is in hundredths of Adam's
    unit, or of the range in a dream."""

    subject: str
    way: str
    dream_of: str
    other: int
    steps: int
    rate: int
    kind: str
    moved: bool
    seed: int
    octaves: int
    shown: int
    other_layer: str = ""

    @property
    def count(self) -> int:
        """Pictures at once."""
        return {"four": 4, "between": BETWEEN}.get(self.way, 1)


@dataclass(frozen=True, eq=False)
class VisualizationPlan:
    """A visualisation, how to make it, and what it is kept under.

    `form` is what is compiled for it: a second one of the same form needs no compilation.
    """

    objective: Objective
    key: Hashable
    form: Hashable
    steps: Callable[[], Generator[Progress, None, Visualization]]


def requested(session: Session) -> VisualizationRequest:
    """What the address asks for, each within what there is."""
    way = address.choice("preferred.way", tuple(WAYS), "one")
    subject = address.choice("preferred.of", tuple(SUBJECTS), "unit")
    layers = tuple(layer.name for layer in session.network.layers if layer.index)
    other_layer = address.choice("preferred.layer", layers, session.layer.name)
    own = subject == "class" or other_layer == session.layer.name
    most = choices(session, subject, other_layer) - 1
    rate = 1 if way == "dream" else RATE
    return VisualizationRequest(
        subject=subject,
        way=way,
        dream_of=address.choice("preferred.dream", tuple(DREAMS), "layer"),
        other=address.whole("preferred.other", (at(session, subject) + 1) % (most + 1) if own else 0, 0, most)[0],
        steps=address.whole("preferred.steps", DREAM_STEPS if way == "dream" else STEPS, 1, MOST_STEPS)[0],
        rate=address.whole("preferred.rate", rate, 1, MOST_RATE)[0],
        kind=address.choice("preferred.as", tuple(KINDS), "fourier"),
        moved=address.choice("preferred.moved", ("1", "0"), "1") == "1",
        seed=address.whole("preferred.seed", 0, 0, MOST_SEED)[0],
        octaves=address.whole("preferred.octaves", 3, 1, MOST_OCTAVES)[0],
        shown=address.whole("preferred.shown", BETWEEN // 2 if way == "between" else 0, 0, 4)[0],
        other_layer=other_layer,
    )


def at(session: Session, subject: str) -> int:
    """The unit or the class under study."""
    return session.unit if subject == "unit" else session.class_index


def choices(session: Session, subject: str, layer: str) -> int:
    """How many units a layer has, or how many classes there are."""
    return session.trace.activations[layer].shape[-1] if subject == "unit" else session.network.graph.classes


def raised(session: Session, subject: str, index: int, layer: str) -> Objective:
    """The mean of a unit's map, or the score of a class; also where the unit is an output that stands for one."""
    network = session.network
    if subject == "class":
        return objectives.as_objective(targets.class_score(network, index))
    if layer == answer_layer(network):
        return objectives.as_objective(targets.unit_score(network, layer, index, layer))
    return objectives.channel(layer, index)


def of_map(objective: Objective) -> bool:
    """Whether it is a layer's own output that is raised, not a class score."""
    return LOGITS not in objective.reads


def plan(session: Session, what: VisualizationRequest) -> VisualizationPlan:
    """The visualisation that is asked for."""
    network, fitted = session.network, session.fitted
    objective = raised(session, what.subject, at(session, what.subject), session.layer.name)
    if what.way == "between":
        other = raised(session, what.subject, what.other, what.other_layer)
        objective = objectives.interpolation(objective, other, BETWEEN)
    if what.way == "dream" and what.subject == "unit" and what.dream_of == "layer":
        objective = objectives.layer(session.layer.name)
    numbers = tuple(number.tobytes() for number in objective.numbers)
    if what.way == "dream":
        form: Hashable = ("dream", session.key, objective.form)
        key = (form, numbers, fitted.digest, what.steps, what.rate, what.octaves, what.seed)
        return VisualizationPlan(
            objective,
            key,
            form,
            lambda: dreaming(network, fitted, objective, what.steps, what.rate / 100, what.octaves, what.seed),
        )
    size = (fitted.image.shape[0], fitted.image.shape[1])
    form = ("preferred", session.key, objective.form, what.kind, what.moved, what.way == "four", size)
    return VisualizationPlan(
        objective,
        (form, numbers, what.steps, what.rate, what.seed),
        form,
        lambda: visualizing(
            network,
            objective,
            what.steps,
            what.rate / 100,
            what.kind,
            None if what.moved else (),
            what.seed,
            count=what.count,
            diversity=_APART if what.way == "four" else 0.0,
            alike=what.way == "between",
            size=size,
        ),
    )
