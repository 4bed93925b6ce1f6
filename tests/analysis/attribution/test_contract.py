"""One contract for all attribution methods, on networks of every kind."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from draining import drained
from quick_methods import GRADIENT_CAMS, NAMES, QUICK, quick

import nnviz.analysis.attribution as package
from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, explain, explaining, method_named
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import trace
from nnviz.analysis.progress import Progress


def test_result_progress_and_repetition(fitting):
    case, method = fitting
    network, options = case.network, quick(method, case.network)
    result, reports = drained(explaining(network, case.picture, method.name, **options))
    traced = trace(network, case.picture)

    assert isinstance(result, Attribution)
    assert result.values.shape in (traced.image.shape, traced.image.shape[:2])
    assert result.values.dtype == np.float32
    assert np.isfinite(result.values).all()
    # Under each mask of Score-CAM the score of a random net may be below that of black: then nothing speaks for it.
    assert np.abs(result.values).max() > 0 or method.name == "score-cam"
    with pytest.raises(ValueError, match="read-only"):
        result.values[...] = 0
    assert (result.method, result.signed) == (method.name, method.signed)
    assert result.signed or result.values.min() >= 0

    assert result.target == targets.class_score(network, traced.winner)
    # Of one sigmoid the winner's score is positive, whichever of its two classes that is.
    least = traced.logits.min() if case.name == "one_sigmoid" else 0.0
    np.testing.assert_allclose(result.score, traced.logits[traced.winner] - least, rtol=1e-4, atol=1e-5)

    done = [report.done for report in reports]
    assert all(isinstance(report, Progress) for report in reports)
    assert done == sorted(set(done))
    assert done[0] > 0
    assert {report.total for report in reports} == {done[-1]}
    for report in reports:
        if report.so_far is not None:
            assert report.so_far.values.shape == result.values.shape
            assert np.isfinite(report.so_far.values).all()

    again = explain(network, case.picture, method.name, **options)
    np.testing.assert_array_equal(again.values, result.values)


@pytest.mark.parametrize("name", NAMES)
def test_the_last_partial_result_is_the_result(cases, name, monkeypatch):
    """Small chunks give many partial results; what they end in is what is returned."""
    case, method = cases["sequential_cnn"], method_named(name)
    monkeypatch.setattr("nnviz.analysis.network.passes._CHUNK_BYTES", 1)
    options = quick(method, case.network)
    index = next(i for i in range(4) if explain(case.network, case.picture, name, i, **options).values.any())
    result, reports = drained(explaining(case.network, case.picture, name, index, **options))
    partial = [report.so_far for report in reports if report.so_far is not None]
    if name in QUICK:
        assert len(reports) >= 6
        assert partial
        if reports[-1].so_far is not None:
            np.testing.assert_allclose(partial[-1].values, result.values, rtol=1e-6, atol=1e-7)
        assert any(np.abs(part.values - result.values).max() > 0 for part in partial)


def test_closing_after_the_first_step_stops_the_work(cases, method, monkeypatch):
    case = cases["sequential_cnn"]
    monkeypatch.setattr("nnviz.analysis.network.passes._CHUNK_BYTES", 1)
    steps = explaining(case.network, case.picture, method.name, **quick(method, case.network))
    first = next(steps)
    assert method.name not in QUICK or first.done < first.total
    steps.close()
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value is None


def kinds_of_target(network: Network, shapes):
    inner = next(layer for layer in network.layers[1:] if layer.parameters and layer.name != "answer")
    shape = shapes[inner.name]
    found = [targets.logit(1), 0, targets.difference(1, 0), targets.channel(inner.name, 1)]
    if len(shape) == 3:
        found.append(targets.unit(inner.name, shape[0] // 2, shape[1] - 1, 1))
    return found


def test_every_kind_of_target_is_scored_as_the_trace_says(fitting):
    case, method = fitting
    network, traced = case.network, trace(case.network, case.picture)
    shapes = {name: array.shape for name, array in traced.activations.items()}
    for target in kinds_of_target(network, shapes):
        wanted = targets.as_target(target, network)
        on_an_early_layer = wanted.layer in shapes
        if on_an_early_layer and method.name in GRADIENT_CAMS:
            continue  # needs a layer before the target; see test_a_gradient_cam_needs_a_layer_before_the_target
        result = explain(network, case.picture, method.name, target, **quick(method, network))
        values = traced.activations[wanted.layer] if on_an_early_layer else traced.logits
        expected = float((wanted.spread(network, shapes) * values).sum())
        assert result.target == wanted
        np.testing.assert_allclose(result.score, expected, rtol=1e-4, atol=1e-4)
        assert np.isfinite(result.values).all()


def test_another_target_gives_another_map(fitting):
    case, method = fitting
    options = quick(method, case.network)
    maps = [
        explain(case.network, case.picture, method.name, i, **options).values for i in range(len(case.network.classes))
    ]
    first, second = maps[:2]
    if method.name == "eigen-cam":  # asks for no class
        np.testing.assert_array_equal(first, second)
    elif method.name == "score-cam":  # see above: nothing may speak for some of the classes
        assert max(np.abs(other - first).max() for other in maps) > 0
    elif (
        not method.signed and case.name == "one_sigmoid"
    ):  # what speaks for one of its classes speaks against the other
        assert first.any() or second.any()
    else:
        assert np.abs(first - second).max() > 0


def test_a_difference_is_the_difference_where_the_method_is_linear_in_the_score(cases):
    case = cases["sequential_cnn"]
    linear = ("gradient", "gradient-x-input", "smoothgrad", "integrated-gradients", "occlusion")
    for name in (*linear, "expected-gradients", "kernel-shap"):
        options = quick(method_named(name), case.network)
        maps = [
            explain(case.network, case.picture, name, target, **options).values
            for target in (2, 3, targets.difference(2, 3))
        ]
        np.testing.assert_allclose(maps[2], maps[0] - maps[1], rtol=1e-3, atol=1e-5, err_msg=name)


def test_every_method_is_in_the_tuple():
    found = set()
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(item, SaliencyMethod) and not inspect.isabstract(item):
                found.add(item)
    assert found == {type(method) for method in METHODS}
    assert len(set(NAMES)) == len(NAMES) == len(found)


def test_the_model_is_left_as_it_was(cases, method):
    case = cases["nested"]
    before = [np.asarray(weight).tobytes() for weight in case.model.weights]
    explain(case.network, case.picture, method.name, **quick(method, case.network))
    assert [np.asarray(weight).tobytes() for weight in case.model.weights] == before


def test_maps_over_the_image_add_up_or_take_the_largest(cases):
    case = cases["branched"]
    result = explain(case.network, case.picture, "gradient", 1)
    np.testing.assert_allclose(result.over_image(), result.values.sum(axis=2))
    np.testing.assert_array_equal(result.over_image(magnitude=True), np.abs(result.values).max(axis=2))
    places = explain(case.network, case.picture, "occlusion", 1, patch=3)
    np.testing.assert_array_equal(places.over_image(magnitude=True), np.abs(places.values))


def test_another_class_costs_no_new_function(cases, method):
    """A new compilation a class is a second a click."""
    case = cases["sequential_cnn"]
    options = quick(method, case.network)
    explain(case.network, case.picture, method.name, 0, **options)
    explain(case.network, case.picture, method.name, None, **options)
    before = {key: function.experimental_get_tracing_count() for key, function in compiled_functions(case.network)}
    for target in (1, 2, None, targets.difference(1, 3)):
        explain(case.network, case.picture, method.name, target, **options)
    after = {key: function.experimental_get_tracing_count() for key, function in compiled_functions(case.network)}
    assert after == before


def compiled_functions(network):
    return [(k, f) for k, f in network._functions.items() if hasattr(f, "experimental_get_tracing_count")]
