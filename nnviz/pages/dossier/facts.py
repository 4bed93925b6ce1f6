"""What is known of the unit under study so far: what is searched and measured while the page stands, and kept."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from nnviz.analysis import dossier
from nnviz.analysis.dossier import ClassMeans, Correlations, Distribution, Effects
from nnviz.analysis.intervention.knockout import switchable
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.progress import Progress
from nnviz.analysis.search.ranking import Hit, Strongest
from nnviz.analysis.search.strongest import by_logits
from nnviz.shell import jobs
from nnviz.shell.jobs import Job
from nnviz.shell.session import Session
from nnviz.views.search.image_sets import ImageSet
from nnviz.views.visualization.forming import QUICK

EFFECTS = "dossier-effects"
HITS = 5
"""Patches that are shown."""
LEAST = 20
"""Pictures from which on units are compared by their answers: through four points anything runs."""
_MANY, _FEW = 64, 16
_AT_ONCE = 0.2
"""Seconds worked before the page is drawn: enough where all is compiled."""


@dataclass(frozen=True, eq=False)
class UnitFacts:
    """What is known of the unit under study; None is not known yet, or cannot be.

    Attributes:
        of: the pictures that were searched.
        found: the search, so far.
        hits: its strongest places, without those where it is silent.
        answers: its largest activation in each picture of a sample.
        here: its largest activation on the present picture, as `answers` has them.
        classes: the names of the data's classes, and its mean answer to each.
        effects: what each class score loses without it.
        measuring: whether that is under way.
        mute: why there are no effects, as a sentence; empty where there are or will be.
        answering, weighing: how like the layer's units are by their answers, and by their weights.
    """

    of: ImageSet
    found: Strongest | None
    hits: tuple[Hit, ...]
    answers: Distribution | None
    here: float
    classes: tuple[tuple[str, ...], ClassMeans] | None
    effects: Effects | None
    measuring: bool
    mute: str
    answering: Correlations | None
    weighing: np.ndarray | None

    @property
    def searched(self) -> int:
        return 0 if self.found is None else self.found.searched


def unit_facts(session: Session, of: ImageSet, index: Job) -> UnitFacts:
    """All that is known; begins to measure what is not."""
    found: Strongest | None = index.found
    layer, unit = session.layer.name, session.unit
    maxima = None if found is None else found.maxima.get(layer)
    answers = None
    if maxima is not None and np.isfinite(maxima[:, unit]).any():
        answers = dossier.distribution(maxima, unit)
    numbers = None if found is None or maxima is None else _loudest(session, found, maxima[:, unit])
    mute = _mute(session, numbers)
    hits: tuple[Hit, ...] = ()
    if found is not None and layer in found.layers:
        hits = tuple(hit for hit in found.layers[layer].of(unit)[:HITS] if hit.value != 0)
    # The same pictures of a search that has ended: while it goes on others may come to excite it more.
    effects = None if mute or numbers is None or index.busy else _effects(session, of, numbers)
    return UnitFacts(
        of,
        found,
        hits,
        answers,
        here(session),
        None if found is None or maxima is None else _classes(session, of, found, maxima),
        None if effects is None else effects.found,
        effects is not None and effects.busy,
        mute,
        dossier.correlations(maxima, unit) if maxima is not None and len(maxima) >= LEAST else None,
        dossier.cosines(session.network, layer, unit),
    )


def here(session: Session) -> float:
    """The unit's largest activation on the present picture; its logit where the search ranks by it."""
    if by_logits(session.network, session.layer.name):
        return float(session.trace.logits[session.unit + (session.network.graph.output_head == "binary")])
    return float(session.activations[..., session.unit].max())


def _loudest(session: Session, found: Strongest, answers: np.ndarray) -> np.ndarray:
    """The numbers of the sampled pictures that excite the unit most, the strongest first; none that do not."""
    most = _MANY if session.network.parameters < QUICK else _FEW
    order = np.argsort(-answers, kind="stable")[:most]
    return found.sampled[order[(answers[order] != 0) & np.isfinite(answers[order])]]


def _mute(session: Session, numbers: np.ndarray | None) -> str:
    """Why switching the unit off would say nothing."""
    layer, network = session.layer, session.network
    if layer.name in (network.graph.output_name, answer_layer(network)) and network.output.placed:
        return f"{layer.name} is the answer itself, of which each place has a part."
    if layer.name != answer_layer(session.network) and layer not in switchable(session.network):
        return f"No class score is made of {layer.name}, so it speaks for no class."
    if numbers is not None and not len(numbers):
        return "It is silent on all of them, so switching it off changes nothing."
    return ""


def _classes(
    session: Session, of: ImageSet, found: Strongest, maxima: np.ndarray
) -> tuple[tuple[str, ...], ClassMeans] | None:
    """By the data's own labels: as the network's classes, in its order, where it has all of them, else alone."""
    if of.labels is None:
        return None
    names = tuple(session.network.classes)
    if not set(of.kinds) <= set(names):
        # The pictures of one that the network has no class for would be none of the others.
        names = of.kinds
    places = {name: at for at, name in enumerate(names)}
    numbers = np.array([places.get(name, -1) for name in of.labels[found.sampled]], np.int64)
    if not (numbers >= 0).any():
        return None
    return names, dossier.class_means(maxima, session.unit, numbers, len(names))


def _effects(session: Session, of: ImageSet, numbers: np.ndarray) -> Job:
    """What each class score loses on those pictures."""
    layer, unit = session.layer.name, session.unit
    key = (EFFECTS, session.key, of.key, layer, unit, numbers.tobytes())

    def steps() -> Generator[Progress, None, Effects]:
        return dossier.measuring(session.network, of.pictures, layer, unit, numbers.tolist())

    return jobs.begin(EFFECTS, Job("Switching it off", key, steps), _AT_ONCE)
