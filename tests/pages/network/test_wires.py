"""The wires of a unit: what analysis.influence says, of the strongest units that stand on the stage."""

import numpy as np
import pytest
from seeing import seen

from nnviz.analysis.network import targets
from nnviz.analysis.network.graph import LOGITS
from nnviz.analysis.network.influence import answer_layer, inputs_of, outputs_of
from nnviz.components.stage import ANSWER, PICTURE
from nnviz.pages.network.walls import places, walls
from nnviz.pages.network.wires import MOST, wires


def drawn(session):
    """The walls, that of the layer under study, and its wires by (side, wall): numbers there, and values."""
    standing = walls(session, places(session, (), None), None)
    at = next((at for at, wall in enumerate(standing) if wall.layer == session.layer.name), ANSWER)
    found = {}
    for wire in wires(session, standing, at):
        found.setdefault((wire.side, wire.wall), {})[wire.index] = wire.value
    return standing, at, found


def strongest(values, units):
    """The strongest that are not nothing, by where they stand."""
    own = values[units]
    order = np.argsort(-np.abs(own), kind="stable")[:MOST]
    return {int(index): pytest.approx(float(own[index]), rel=1e-5) for index in order if own[index]}


@pytest.mark.parametrize("name", ["sequential_cnn", "branched", "one_sigmoid"])
def test_wires_are_what_units_do_for_each_other(name, cases):
    case = cases[name]
    network, last = case.network, answer_layer(case.network)
    for layer in network.layers[1:]:
        session = seen(network, case.picture, layer=layer)
        unit = int(np.abs(session.activations).reshape(-1, session.activations.shape[-1]).max(axis=0).argmax())
        session = seen(network, case.picture, layer=layer, unit=unit)
        standing, at, found = drawn(session)
        target, image = targets.unit_score(network, layer.name, unit, last), session.trace.image
        wanted = {}
        before = standing[at].reads if at >= 0 else [n for n, wall in enumerate(standing) if wall.answers]
        for source in before:
            if source == PICTURE:
                total = float(inputs_of(network, image, network.layers[0].name, target).sum())
                wanted["from", PICTURE] = {0: pytest.approx(total, rel=1e-5)}
            else:
                wall = standing[source]
                wanted["from", source] = strongest(inputs_of(network, image, wall.layer, target), wall.units)
        if at >= 0:
            for sink, wall in enumerate(standing):
                if at in wall.reads:
                    wanted["to", sink] = strongest(outputs_of(network, image, layer.name, unit, wall.layer), wall.units)
            if standing[at].answers:
                effects = outputs_of(network, image, layer.name, unit, LOGITS)
                wanted["to", ANSWER] = strongest(effects, np.arange(effects.size))
        assert found == {key: value for key, value in wanted.items() if value}, layer.name


def test_what_feeds_a_class_is_activation_times_weight(cases):
    case = cases["mlp_28x28x1"]
    weights, _ = case.model.get_layer("answer").get_weights()
    session = seen(case.network, case.picture, layer=case.network.layer("answer"), unit=2)
    standing, at, found = drawn(session)
    assert at == ANSWER
    (side, wall), own = next(iter(found.items()))
    terms = session.trace.activations["hidden2"] * weights[:, 2]
    assert (side, standing[wall].layer, len(found)) == ("from", "hidden2", 1)
    assert own == {
        index: pytest.approx(float(terms[unit]), rel=1e-4) for index, unit in enumerate(standing[wall].units)
    }


def test_one_sigmoid_speaks_for_the_second_of_two_classes(cases):
    case = cases["one_sigmoid"]
    maps = seen(case.network, case.picture).trace.activations["conv"]
    unit = int(maps.max(axis=(0, 1)).argmax())
    *_, found = drawn(seen(case.network, case.picture, layer=case.network.layer("conv"), unit=unit))
    weights, _ = case.model.get_layer("answer").get_weights()
    term = float(maps[..., unit].ravel() @ weights.reshape(6, 6, 3)[..., unit].ravel())
    assert found["to", ANSWER] == {1: pytest.approx(term, rel=1e-4)}


def test_a_unit_that_has_no_wall_has_no_wires(cases):
    case = cases["sequential_cnn"]
    assert wires(seen(case.network, case.picture), [], None) == []
