"""What speaks for a class: the strongest term of its score, and what feeds the unit that it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import decides_with_bias, inputs_of, leads_to
from nnviz.analysis.network.layers import LayerInfo
from nnviz.figures.words import number, signed
from nnviz.shell.session import Session

_ROUNDING = 1e-6
"""Share of the largest term below which another is what float32 leaves of nought."""


@dataclass(frozen=True, eq=False)
class Terms:
    """What each activation of the deciding layer adds to the score of a class.

    Attributes:
        source: the deciding layer.
        values: in the shape of its output, or one a map.
        score: that they and the bias add up to.
        noun: what one of them is called: "unit", "map", or "slot" of a vector that was only laid out anew.
        laid_out: (layer, shape) of the maps that were laid out as the vector, or None.
    """

    source: str
    values: np.ndarray
    score: float
    noun: str
    laid_out: tuple[str, tuple[int, ...]] | None = None

    def name(self, index: int) -> str:
        """The numbers of one term: "89", "3,2"."""
        return ",".join(str(int(axis)) for axis in np.unravel_index(index, self.values.shape))

    def called(self, index: int) -> str:
        """One term in a sentence: "unit 89 of dense"; of a slot also the cell that stands in it."""
        text = f"{self.noun} {self.name(index)} of {self.source}"
        if self.laid_out is None:
            return text
        layer, shape = self.laid_out
        place = [int(axis) for axis in np.unravel_index(index, shape)]
        where = f"row {place[0]}, column {place[1]}"
        return f"{text} ({where}{f' of map {place[2]}' if len(place) > 2 and shape[2] > 1 else ''} of {layer})"


@dataclass(frozen=True)
class Origin:
    """What feeds the strongest unit most: a map, or a unit, of a layer before it."""

    layer: str
    unit: int
    noun: str


def terms_of(session: Session, source: str, values: np.ndarray, score: float) -> Terms:
    """The terms with their words."""
    if session.network.output.placed:
        return Terms(source, values, score, "map")
    layer = session.network.layer(source)
    if layer.kind != "Flatten":
        return Terms(source, values, score, "unit" if values.ndim == 1 else "cell")
    shape = session.trace.activations[layer.inputs[0]].shape
    laid_out = (layer.inputs[0], shape) if len(shape) in (2, 3) else None
    return Terms(source, values, score, "slot", laid_out)


def origin(session: Session, terms: Terms, layer: LayerInfo | None) -> Origin | None:
    """What feeds the strongest unit for the class most; None where nothing does, or several do alike.

    Args:
        layer: whose maps or units may feed it.
    """
    network, flat = session.network, terms.values.ravel()
    alone = layer is not None and terms.noun == "unit" and terms.values.ndim == 1
    if not alone or layer is None or not flat.max() > 0 or not leads_to(network, layer.name, terms.source):
        return None
    target = targets.channel(terms.source, int(flat.argmax()))
    fed = inputs_of(network, session.trace.image, layer.name, target)
    if fed.max() <= 0 or np.count_nonzero(fed == fed.max()) > 1:
        return None
    return Origin(layer.name, int(fed.argmax()), "map" if len(layer.output_shape) == 3 else "unit")


def sentence(session: Session, terms: Terms, found: Origin | None) -> str:
    """The term that speaks most for the class, or, where none does, most against it."""
    name, flat = session.class_name(session.class_index), terms.values.ravel().astype(float)
    flat = np.where(np.abs(flat) < _ROUNDING * np.abs(flat).max(initial=0.0), 0.0, flat)
    if not flat.any():
        own = f"its bias alone, {number(terms.score)}" if decides_with_bias(session.network) else "0"
        return f"Every {terms.noun} of {terms.source} is silent for {name}: its score is {own}."
    best = int(flat.argmax())
    if flat[best] <= 0:
        return f"No {terms.noun} of {terms.source} speaks for {name}; {_most(terms, flat, -flat, 'against it')}."
    text = _most(terms, flat, flat, f"for {name}", found)
    return f"{text[0].upper()}{text[1:]}."


def _most(terms: Terms, flat: np.ndarray, strength: np.ndarray, way: str, found: Origin | None = None) -> str:
    at = int(strength.argmax())
    ties, value = int(np.count_nonzero(strength == strength[at])), signed(float(flat[at]))
    if ties > 1:
        return f"{ties:,} {terms.noun}s of {terms.source} speak most {way}, {value} each"
    fed = "" if found is None else f", fed most by {found.noun} {found.unit} of {found.layer},"
    return f"{terms.called(at)}{fed} speaks most {way}: {value}"
