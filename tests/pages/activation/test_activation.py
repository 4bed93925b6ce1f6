"""The activation page: its caption in every case, and F taken out of all layers."""

import re

import numpy as np
import pytest
from shipped import shipped
from shown import texts
from visiting import visited

import nnviz
from nnviz.analysis.data.digits import digit
from nnviz.analysis.intervention.without_activations import accuracy_without, answer_without, layers_without
from nnviz.analysis.layer.activation import layer_activation, layers_with_activation
from nnviz.analysis.progress import finished
from nnviz.figures.words import percent
from nnviz.pages.activation.page import sentence
from nnviz.shell import caches, library


def script() -> None:
    from nnviz.pages.activation import page as activation
    from nnviz.shell import page

    page.show(activation.PAGE)


def captioned(app):
    (found,) = [text for text in texts(app) if 'class="nn-caption"' in text]
    return found


def test_a_caption_says_one_thing_in_every_case(cases):
    """Of units of every activation of every kind of network: no number twice, none with a hyphen."""
    for case in cases.values():
        trace = nnviz.trace(case.network, case.picture)
        for layer in layers_with_activation(case.network):
            found = layer_activation(case.network, trace, layer.name)
            for unit in range(min(found.after.shape[-1], 4)):
                cell = tuple(size // 2 for size in found.after.shape[:-1])
                said = sentence(found, unit, cell)
                where = f"{case.network.name} {layer.name} {unit}: {said}"
                assert "nan" not in said, where
                assert not re.search(r"(?<![\w.])-\d", said), where
                share = found.zeroed(unit if found.after.ndim > 1 else None)
                if found.alone and share:
                    assert f"sets {percent(share)} of" in said, where
                changed = re.search(r"goes from (\S+) to (\S+)\.$", said)
                assert not changed or changed[1] != changed[2], where


@pytest.mark.parametrize("net", ["mnist-mlp", "mnist-cnn"])
def test_without_f_it_says_what_was_counted_and_what_this_picture_becomes(net):
    network = shipped(net)
    if net == "mnist-mlp":
        counted = finished(accuracy_without(network))
        caches.results.keep(("accuracy without F", library.bundled_key(net)), counted)
        wanted = f"reads {counted.without.correct:,} of 10,000 test digits instead of {counted.trained.correct:,}"
    app = visited(script, net=net, image="test-4", without="1")
    assert not app.exception
    names = layers_without(network)
    assert f"Without F in its {len(names)} layers that have one" in captioned(app)
    _, answer = answer_without(network, nnviz.trace(network, digit(4)[0]).image)
    assert percent(float(answer.max())).replace(">", "&gt;") in "".join(texts(app))
    if net == "mnist-mlp":
        assert wanted in captioned(app)
    assert ("Max pooling" in "".join(texts(app))) is (net == "mnist-cnn")
    before = network.model.get_weights()
    app.button(key="without-f").click().run()
    assert "without" not in app.query_params
    assert "Without F" not in captioned(app)
    for was, now in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)
