"""The Saliency page: its sliders from the declarations, its work in slices, and what it says."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup
from visiting import visited

from nnviz.analysis.attribution import FAMILIES, METHODS, Parameter, explain, method_named
from nnviz.analysis.network import passes
from nnviz.figures import words
from nnviz.pages.saliency import parameters, sentences
from nnviz.shell import caches, target_words
from nnviz.shell.jobs import Job, Queue
from nnviz.views.attribution.request import AttributionRequest, attributions

WHOLE = Parameter("steps", "Steps", 25, 1, 500)
REAL = Parameter("noise", "Noise", 0.15, 0.0, 1.0, 0.05)
NAMED = Parameter("baseline", "Baseline", "black", choices=("black", "white"))


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (WHOLE, None, 25),
        (WHOLE, "40", 40),
        (WHOLE, "9999", 500),
        (WHOLE, "-3", 1),
        (WHOLE, "many", 25),
        (WHOLE, "nan", 25),
        (WHOLE, "inf", 25),
        (REAL, "0.3", 0.3),
        (REAL, "2", 1.0),
        (NAMED, "white", "white"),
        (NAMED, "green", "black"),
    ],
)
def test_a_parameter_takes_the_nearest_value_that_it_declares(parameter: Parameter, text: Any, value: Any):
    found = parameters.nearest(parameter, text)
    assert found == value
    assert parameter.checked(found) == value  # what the page sends, the method takes


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_address_holds_only_what_differs_and_brings_it_back(method, cases):
    for parameter in method.parameters(cases["sequential_cnn"].network):
        assert parameters.text_of(parameter, parameter.default) is None
        for value in (parameter.low, parameter.high) if not parameter.choices else parameter.choices:
            text = parameters.text_of(parameter, value)
            assert parameters.nearest(parameter, text) == value


@pytest.fixture
def request_of(cases, monkeypatch) -> Iterator[Callable[..., AttributionRequest]]:
    """Makes wishes for a tiny network, whose long methods go one image a step."""
    monkeypatch.setattr(passes, "_CHUNK_BYTES", 1)
    case = cases["sequential_cnn"]

    def make(name: str, **values: Any) -> AttributionRequest:
        key = (name, tuple(sorted(values.items())))
        return AttributionRequest(method_named(name), case.network, case.picture, 1, values, key)

    caches.attributions.clear()
    yield make
    caches.attributions.clear()


def wanted(own_queue: Queue, *requests: AttributionRequest) -> list[Job]:
    """What there is of some attributions, as the page asks for them."""
    return own_queue.want([request.job() for request in requests], begin=True)


def test_quick_methods_are_done_at_once_and_kept_for_every_viewer(request_of):
    requests, own_queue = [request_of(name) for name in ("gradient", "grad-cam")], Queue()
    first = wanted(own_queue, *requests)
    own_queue.work(60)
    again = wanted(Queue(), *requests)
    assert [found.state for found in first] == ["done", "done"]
    assert [a.result is b.result for a, b in zip(first, again, strict=True)] == [True, True]
    request = requests[0]
    expected = explain(request.network, request.image, "gradient", 1)
    np.testing.assert_array_equal(first[0].result.values, expected.values)


def test_a_stop_keeps_what_there_is_until_it_is_asked_for_again(request_of):
    own_queue, requests = Queue(), [request_of("smoothgrad", samples=12), request_of("occlusion")]
    found, other = wanted(own_queue, *requests)
    while found.progress is None or found.progress.done < 3:
        own_queue.work(1e-9)
    own_queue.current.stop()
    own_queue.work(60)
    assert wanted(own_queue, *requests)[0] is found
    assert (found.state, found.progress.done, found.progress.total) == ("stopped", 3, 12)
    assert found.found.values.any()
    assert other.state == "done"
    assert not own_queue.busy
    own_queue.again(requests[0].job())
    found, other = wanted(own_queue, *requests)
    own_queue.work(60)
    assert (found.state, other.state) == ("done", "done")
    expected = explain(requests[0].network, requests[0].image, "smoothgrad", 1, samples=12)
    np.testing.assert_array_equal(found.result.values, expected.values)


def test_an_error_of_one_method_leaves_the_others(request_of):
    own_queue = Queue()
    bad, good = wanted(own_queue, request_of("occlusion", patch=99), request_of("gradient"))
    own_queue.work(60)
    assert bad.state == "failed"
    assert "patch was expected" in bad.reason
    assert good.state == "done"


def test_a_method_that_does_not_fit_says_so(cases):
    case = cases["mlp_8x8"]
    (found,) = attributions([AttributionRequest(method_named("grad-cam"), case.network, case.picture, 0, {}, "unfit")])
    assert found.state == "unfit"
    assert "feature maps" in found.reason


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_what_is_said_to_be_strongest_is_and_names_stand_as_text(cases, method):
    """Of every method and class, signed or not, on pixels and on enlarged maps where many places tie."""
    case = cases["sequential_cnn"]
    few = {"samples": 12, "steps": 3, "max_maps": 4}
    values = {each.name: few[each.name] for each in method.parameters(case.network) if each.name in few}
    for target, with_sign in ((0, True), (1, True), (1, False)):
        found = explain(case.network, case.picture, method.name, target, **values)
        bold = target_words.TargetWords(found.target, "<b>", "the logit of <b>", "for <i>")
        text = sentences.sentence(bold, method, found, with_sign)
        # Text, and no markup: whatever draws it escapes it.
        assert not isinstance(text, Markup)
        assert "nan" not in text
        drawn = found.over_image(magnitude=not (with_sign and method.signed))
        if not drawn.any():
            assert "is zero everywhere" in text
            continue
        row, column = (int(each) for each in re.search(r"row (\d+), column (\d+)", text).groups())
        assert abs(drawn[row, column]) == np.abs(drawn).max()
        ties = np.count_nonzero(drawn == drawn[row, column])
        assert (f"{ties:,} pixels alike" in text) == (ties > 1)
        told = words.number(drawn[row, column], sign=with_sign and method.signed)
        assert re.findall(r"[+\u2212]?\d[\d.]*(?:e[\u2212+]\d+)?", text.split("most")[1]) == [told]
        if with_sign and method.signed:
            assert ("most strongly for <b>" in text) == (drawn[row, column] > 0)


def test_every_method_has_a_family_and_every_family_a_method():
    assert {method.family for method in METHODS} == set(FAMILIES)


def app() -> None:
    from nnviz.pages.saliency.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ({"net": "mnist-cnn"}, "Integrated gradients: row 8, column 10 speaks most strongly for 7"),
        ({"net": "mnist-mlp", "method": "grad-cam"}, "Grad-CAM needs a layer of feature maps"),
        ({"net": "mnist-cnn", "method": "lrp"}, "Conservation"),
        ({"net": "mnist-cnn", "evidence": "deletion"}, "As its pixels go"),
        ({"net": "mnist-cnn", "evidence": "randomisation", "method": "gradient"}, "After randomising output, dense"),
        ({"net": "mnist-mlp", "evidence": "stability", "method": "gradient"}, "which leaves the answer 7 in"),
        ({"net": "mnist-cnn", "method": "occlusion", "target": "3", "occlusion.patch": "7"}, "orange speaks for 3"),
        ({"net": "mnist-cnn", "method": "score-cam", "target": "0"}, "it cuts off what speaks against"),
        ({"net": "mnist-cnn", "method": "nonsense", "strength": "abc", "signed": "7"}, "Integrated gradients"),
    ],
)
def test_the_page_draws(address, wanted):
    test = visited(app, **address)
    assert wanted in " ".join(str(element.proto.body) for element in test.get("html"))
    if address.get("method") == "occlusion":
        assert {slider.label: slider.value for slider in test.slider}["Patch (pixels)"] == 7


def test_another_class_goes_to_the_address_and_the_winner_leaves_it():
    test = visited(app, finished=False, net="mnist-cnn")
    test.button_group(key="target-class").set_value(3).run()
    assert test.query_params["target"] == "3"
    test.button_group(key="target-class").set_value(7).run()
    assert "target" not in test.query_params


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"method": "nonsense"}, "There is no method 'nonsense', so integrated-gradients is shown."),
        ({"net": "mnist-mlp", "method": "grad-cam"}, "Shown is integrated-gradients."),
        ({"integrated-gradients.steps": "9999"}, "steps was expected to be from 1 to 500, so 500 is used."),
        ({"integrated-gradients.baseline": "green"}, "black is used. Received: green."),
        ({"target": "10"}, "target runs from 0 to 9 here, so 9 is shown."),
        ({"evidence": "proof"}, "Received: proof."),
    ],
)
def test_what_the_address_asks_for_and_does_not_get_is_said(address, said):
    test = visited(app, finished=False, **{"net": "mnist-cnn", **address})
    assert any(said in element.value for element in test.info)


def test_what_the_address_asks_for_and_gets_is_not_said():
    address = {"net": "mnist-cnn", "integrated-gradients.steps": 40, "target": 3}
    test = visited(app, finished=False, **address)
    assert not test.info


def test_a_family_opens_on_the_method_of_it_that_was_looked_at_last():
    test = visited(app, finished=False, net="mnist-cnn", method="gradient")
    families = test.button_group(key="saliency-family")
    families.set_value("cam").run()
    assert test.query_params["method"] == "grad-cam"
    test.button_group(key="saliency-family").set_value("gradients").run()
    assert test.query_params["method"] == "gradient"
    # A plain net has no maps to weigh: its methods are said to be missing, and their family is not offered.
    plain = visited(app, finished=False, net="mnist-mlp")
    assert "CAM" not in plain.button_group(key="saliency-family").options
