"""What is said to speak for a class does: over classes, pictures and networks, among ties, zeros and negatives."""

import re

import numpy as np
import pytest
from draining import drained
from seeing import seen
from shipped import shipped

from nnviz import digits
from nnviz.analysis.intervention.knockout import knocked_out, ranking, switchable
from nnviz.analysis.network import targets
from nnviz.analysis.network.influence import contributions, deciding_layer, inputs_of
from nnviz.figures.words import number, signed
from nnviz.pages.decision import knockout, speaks, way
from nnviz.pages.decision.units_off import UnitsOff

NUMBER = r"[+\u2212]?\d+\.\d+(?:e[+\u2212]\d+)?"
BLACK = np.zeros((28, 28), np.uint8)
PICTURES = (digits.digit(0)[0], digits.digit(8)[0], BLACK)


def terms(session):
    """The terms of the class under study, as the page has them."""
    network = session.network
    source = deciding_layer(network)
    score = targets.class_score(network, session.class_index)
    return speaks.terms_of(session, source, *contributions(network, session.trace.image, source, score))


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp"])
def test_the_unit_that_is_said_to_speak_most_does_and_is_fed_by_what_is_said(name):
    network = shipped(name)
    for pixels in PICTURES:
        for target in (0, 3, 7):
            session = seen(network, pixels, target)
            found = terms(session)
            origin = speaks.origin(session, found, way.feeding(session, found.source))
            text = speaks.sentence(session, found, origin)
            (told,) = re.findall(NUMBER, text)
            assert told == signed(float(found.values.max()))
            unit = int(re.match(r"Unit (\d+) of dense", text).group(1))
            assert found.values[unit] == found.values.max() > 0
            if origin is not None:
                fed = inputs_of(network, session.trace.image, origin.layer, targets.channel(found.source, unit))
                assert fed[origin.unit] == fed.max() > 0
                assert f"fed most by {origin.noun} {origin.unit} of {origin.layer}," in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.0, 0.0], "Every unit of dense is silent for 7: its score is its bias alone, 1.50."),
        ([-1.0, -3.0, 0.0], "No unit of dense speaks for 7; unit 1 of dense speaks most against it: \u22123.00."),
        ([-2.0, -2.0], "No unit of dense speaks for 7; 2 units of dense speak most against it, \u22122.00 each."),
        ([0.5, 2.0, 2.0, -9.0], "2 units of dense speak most for 7, +2.00 each."),
        ([1e-12, -4.0], "No unit of dense speaks for 7; unit 1 of dense speaks most against it: \u22124.00."),
    ],
)
def test_among_zeros_ties_and_negatives_it_is_said_as_it_is(values, said):
    session = seen(shipped("mnist-cnn"), PICTURES[0])
    assert speaks.sentence(session, speaks.Terms("dense", np.array(values), 1.5, "unit"), None) == said


def test_a_slot_says_which_cell_stands_in_it():
    slots = speaks.Terms("flatten", np.zeros(12), 0.0, "slot", ("pool", (2, 3, 2)))
    assert slots.called(9) == "slot 9 of flatten (row 1, column 1 of map 1 of pool)"
    assert speaks.Terms("flatten", np.zeros(6), 0.0, "slot", ("digit", (2, 3, 1))).called(4) == (
        "slot 4 of flatten (row 1, column 1 of digit)"
    )


@pytest.mark.parametrize("name", ["mnist-cnn", "mnist-mlp"])
def test_what_a_knock_out_says_is_so(name):
    network = shipped(name)
    for pixels in PICTURES[1:]:
        for layer in switchable(network)[1:]:
            for target in (1, 8):
                session = seen(network, pixels, target)
                count = session.trace.activations[layer.name].shape[-1]
                score = targets.class_score(network, target)
                changes = drained(ranking(network, session.fitted, layer.name, score))[0]
                text = knockout.sentence(session, UnitsOff(layer, count, ()), session.trace, changes)
                if changes.min() >= 0:
                    assert "none alone speaks" in text
                    continue
                unit = int(re.search(rf"are on; {UnitsOff(layer, count, ()).noun} (\d+)", text).group(1))
                assert changes[unit] == changes.min()
                start, end = re.findall(NUMBER, text)
                assert start != end
                off = UnitsOff(layer, count, (unit,))
                after = knocked_out(network, session.fitted, layer.name, off.off)
                lone = knockout.sentence(session, off, after, changes)
                assert "nan" not in text + lone
                if " stays " not in lone:
                    assert " falls " in lone
                    assert number(float(after.logits[target])) in lone or re.findall(NUMBER, lone)[-1] == end
