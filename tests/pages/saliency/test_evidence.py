"""The evidence on the Saliency page: its sentences follow from the numbers, and nothing is begun that is not shown."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from visiting import finish, visited

from nnviz import digits, trace
from nnviz.analysis.attribution import METHODS, explain, method_named
from nnviz.analysis.evidence import Curves, Erased, Randomised, Stability
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.pages.saliency.evidence import deletion, randomisation, stability
from nnviz.shell import caches, library


def app() -> None:
    from nnviz.pages.saliency.page import PAGE
    from nnviz.shell import page

    page.show(PAGE)


def drawn(wanted: str, pixels: np.ndarray | None = None, **address: str) -> tuple[AppTest, str]:
    """The page, where its sentence stands, and all that it says; of an uploaded picture, where there is one."""
    state = {}
    if pixels is not None:
        state, address["image"] = {"uploaded picture": library.Picture("upload", "mine", pixels)}, "upload"
    test = visited(app, state=state, **{"net": "mnist-cnn", **address})
    said = " ".join(str(element.proto.body) for element in test.get("html"))
    assert wanted in said
    return test, said


@pytest.fixture(scope="module")
def seen() -> SimpleNamespace:
    """What the sentences read of a session."""
    network = load("mnist-cnn")
    found = trace(network, digits.digit(0)[0])
    names = {"class_name": lambda index: network.classes[index], "target_name": network.classes[7]}
    return SimpleNamespace(network=network, trace=found, class_index=7, explains="class", **names)


def curves(lost: int, won: int, target=None, measure="probability", differ=100) -> Curves:
    """Curves that are better than so many of ten random ones: straight lines of known areas."""
    shares = np.array([0.0, 1.0])
    random = np.outer(np.arange(10) + 0.5, [2.0, 0.0])  # areas 0.5 to 9.5
    own = np.array([[2.0 * (10 - lost), 0.0], [2.0 * won, 0.0]])
    target = target or targets.logit(7)
    shown = np.zeros((28, 28, 1), np.float32)
    erased = Erased(shown, shown, np.array([0, 784]), np.zeros((11, 28, 28), np.int32), None, None)
    return Curves(shares, own[0], own[1], random, random, differ, 784, target, measure, "black", erased)


@pytest.mark.parametrize(
    ("lost", "won", "said"),
    [
        (10, 10, "it points at what the probability rests on, better than every random order."),
        (9, 1, "among the random orders."),
        (0, 0, "worse than every random order."),
        (10, 3, "better than every random order as its pixels go, among the random orders as they come."),
        (10, 0, "better than every random order as its pixels go, worse than every random order as they come."),
        (5, 10, "among the random orders as its pixels go, better than every random order as they come."),
    ],
)
def test_the_verdict_of_deletion_follows_from_the_counts(seen, lost, won, said):
    found = curves(lost, won)
    assert found.beaten == (lost, won)
    sentence = deletion.sentence(seen, method_named("gradient"), found)
    assert f"better than {lost} of 10" in sentence
    assert f"better than {won} of 10" in sentence
    assert sentence.endswith(f"<b>Gradient: {said}</b>")


@pytest.mark.parametrize(
    ("target", "measure", "name"),
    [
        (targets.logit(7), "probability", "probability"),
        (targets.logit(7), "score", "logit"),
        (targets.difference(0, 1), "score", "score"),
        (targets.channel("conv1", 2), "score", "activation"),
        (targets.unit("conv1", 1, 2, 2), "score", "activation"),
    ],
)
def test_a_measure_is_called_what_it_is(seen, target, measure, name):
    assert deletion.curves_title(seen, curves(10, 10, target, measure)) == f"{name} of 7"


def test_how_deletion_says_what_was_ordered_and_what_has_no_probability():
    method = method_named("gradient")
    assert "100 of 784 pixels that differ" in deletion.note(method, curves(1, 1))
    assert "all 784 pixels" in deletion.note(method, curves(1, 1, differ=784))
    unit = targets.unit("conv1", 1, 2, 2)
    assert "There is no probability of a unit." in deletion.note(method, curves(1, 1, unit, "score"), unit)
    pair = targets.difference(3, 8)
    assert "no probability of a difference of scores." in deletion.note(method, curves(1, 1, pair, "score"), pair)


@pytest.mark.parametrize(
    ("last", "blind", "said"),
    [
        (0.1, 0.3, "is 0.10 alike, no more than maps that never saw the network reach 0.30: <b>it depends on"),
        (0.5, 0.6, "<b>it depends on what was learned</b>."),
        (0.5, 0.3, "is still 0.50 alike; maps that never saw the network reach 0.30: <b>part of it does not depend"),
        (0.9, 0.3, "<b>most of it does not depend on what was learned</b>."),
        (float("nan"), 0.3, "is the same everywhere: <b>it depends on what was learned</b>."),
    ],
)
def test_the_verdict_of_randomisation_is_held_against_blind_maps(seen, last, blind, said):
    found = Randomised(((), ("conv1",)), np.array([1.0, last]), np.zeros((2, 4, 4)), np.array([0.0, blind]))
    sentence = randomisation.sentence(seen, method_named("gradient"), found, True)
    assert said in sentence
    if np.isfinite(last):
        assert "<b>" not in randomisation.sentence(seen, method_named("gradient"), found, False)


def test_of_a_picture_of_one_colour_stability_says_that_there_is_no_noise(seen):
    found = Stability(np.array([]), np.array([]), float("nan"), 0, 0.02, 0.0)
    assert "No noise could be added" in stability.sentence(seen, method_named("gradient"), found, True)
    steady = replace(found, changes=np.zeros(8), alike=np.ones(8), copies=8, sigma=0.02)
    assert "it does not change at all" in stability.sentence(seen, method_named("gradient"), steady, True)


def test_the_score_of_the_class_is_a_logit_on_the_page():
    test, said = drawn("the logit of 7", evidence="deletion", measure="score", method="gradient")
    assert "pixels that differ" in said
    assert test.button_group(key="switch-measure").value == "score"
    assert test.button_group(key="switch-measure").options == ["Probability", "Logit"]


def test_agreement_begins_no_map_of_its_own_and_leaves_its_maps_to_the_maps_view():
    caches.attributions.clear()
    test, _ = drawn("agree most", evidence="agreement", image="test-3")
    assert "jobs-attribution" not in test.session_state
    assert len(caches.attributions) == len(METHODS)
    test.query_params.pop("evidence")
    before = {key: id(found) for key, found in caches.attributions.items()}
    test.run()
    assert not test.session_state["jobs-attribution"].busy
    assert {key: id(found) for key, found in caches.attributions.items()} == before


@pytest.mark.parametrize("kind", ["deletion", "randomisation", "stability"])
def test_the_map_and_what_is_measured_of_it_are_one_job_and_the_map_is_left_to_the_maps_view(kind):
    caches.attributions.clear()
    caches.results.clear()
    address = {"net": "mnist-mlp", "image": "test-4", "method": "smoothgrad"}
    test = visited(app, finished=False, evidence=kind, **address)
    (mine,) = test.session_state["jobs-evidence"].jobs
    assert "jobs-attribution" not in test.session_state
    shares = []
    while mine.busy:
        mine.work(0)
        shares += [] if mine.progress is None else [mine.progress.done / mine.progress.total]
    assert (mine.state, shares) == ("done", sorted(shares))
    ((_, found),) = caches.attributions.items()
    expected = explain(load("mnist-mlp"), digits.digit(4)[0], "smoothgrad")
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6)
    assert mine.result.attribution is found
    finish(test)
    test.query_params.pop("evidence")
    test.run()
    (first, *_) = test.session_state["jobs-attribution"].jobs
    assert first.result is found


def test_a_picture_like_its_baseline_and_one_without_range_are_said():
    black, grey = np.zeros((28, 28), np.uint8), np.full((28, 28), 90, np.uint8)
    test, _ = drawn("Received: one that is black everywhere.", black, evidence="deletion", method="gradient")
    assert not test.error
    drawn("As its pixels go", black, evidence="deletion", method="gradient", baseline="white")
    drawn("No noise could be added", grey, evidence="stability", method="gradient")
