"""One contract for all attribution methods, on networks of every kind."""

import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest

import nnviz.analysis.attribution as package
from nnviz.analysis import targets
from nnviz.analysis.attribution import METHODS, Attribution, SaliencyMethod, explain, explaining, method_named
from nnviz.analysis.network import Network, load
from nnviz.analysis.progress import Progress
from nnviz.analysis.trace import trace
from nnviz.errors import NnvizError

NAMES = tuple(method.name for method in METHODS)
QUICK = {
    "smoothgrad": {"samples": 6},
    "integrated-gradients": {"steps": 6},
    "occlusion": {"patch": 4, "stride": 3},
    "rise": {"samples": 8, "grid": 3},
    "vargrad": {"samples": 6},
    "expected-gradients": {"samples": 6},
    "kernel-shap": {"samples": 10, "regions": 3},
    "score-cam": {"max_maps": 5},
}
GRADIENT_CAMS = ("grad-cam", "grad-cam++", "layer-cam")
CAMS = (*GRADIENT_CAMS, "score-cam", "eigen-cam")
RECTIFIED = ("guided-backpropagation", "deconvnet")


@pytest.fixture(params=NAMES)
def method(request):
    return method_named(request.param)


VECTORS_ONLY = ("mlp_28x28x1", "mlp_8x8", "mlp_64")
WITH_MAPS = ("sequential_cnn", "branched", "nested", "shared", "logits_end", "one_sigmoid")
WITH_MAPS += ("several_sigmoids", "any_size")
WITHOUT_RELU = ("shared", "logits_end")
UNFIT = [(name, way) for name in VECTORS_ONLY for way in CAMS]
UNFIT += [(name, way) for name in WITHOUT_RELU for way in RECTIFIED]
FITTING = [(name, way) for way in NAMES for name in (*WITH_MAPS, *VECTORS_ONLY) if (name, way) not in UNFIT]


@pytest.fixture(params=FITTING, ids="-".join)
def fitting(request, cases):
    """Each case with each method that makes sense on it."""
    name, way = request.param
    return cases[name], method_named(way)


def quick(method, network):
    """Few steps; patches no longer than the declared range of this network."""
    declared = {parameter.name: parameter for parameter in method.parameters(network)}
    return {name: min(value, declared[name].high) for name, value in QUICK.get(method.name, {}).items()}


def drained(steps):
    """All progress, and the result."""
    reports = []
    while True:
        try:
            reports.append(next(steps))
        except StopIteration as end:
            return reports, end.value


def test_result_progress_and_repetition(fitting):
    case, method = fitting
    network, options = case.network, quick(method, case.network)
    reports, result = drained(explaining(network, case.picture, method.name, **options))
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

    assert result.target == targets.logit(traced.winner)
    np.testing.assert_allclose(result.score, traced.logits[traced.winner], rtol=1e-4, atol=1e-5)

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
    monkeypatch.setattr("nnviz.analysis.attribution.base._CHUNK_BYTES", 1)
    options = quick(method, case.network)
    index = next(i for i in range(4) if explain(case.network, case.picture, name, i, **options).values.any())
    reports, result = drained(explaining(case.network, case.picture, name, index, **options))
    partial = [report.so_far for report in reports if report.so_far is not None]
    if name in QUICK:
        assert len(reports) >= 6
        assert partial
        if reports[-1].so_far is not None:
            np.testing.assert_allclose(partial[-1].values, result.values, rtol=1e-6, atol=1e-7)
        assert any(np.abs(part.values - result.values).max() > 0 for part in partial)


def test_closing_after_the_first_step_stops_the_work(cases, method, monkeypatch):
    case = cases["sequential_cnn"]
    monkeypatch.setattr("nnviz.analysis.attribution.base._CHUNK_BYTES", 1)
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
        wanted = targets.as_target(target)
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
    elif case.name == "one_sigmoid":  # the first class is the fixed 0: nothing speaks for it
        assert not first.any()
        assert second.any()
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


@pytest.mark.parametrize("name", GRADIENT_CAMS)
def test_a_gradient_cam_needs_a_layer_before_the_target(cases, name):
    case = cases["sequential_cnn"]
    result = explain(case.network, case.picture, name, targets.channel("conv2", 1), layer="conv1")
    assert result.values.any()
    with pytest.raises(NnvizError, match=r"^A layer before the target.*Received: conv2"):
        explain(case.network, case.picture, name, targets.channel("conv1", 1), layer="conv2")


@pytest.mark.parametrize("target", [99, -1, targets.channel("nothing", 0), targets.unit("conv1", 0, 0, 99), "cat", 1.5])
def test_a_target_that_is_not_there_is_refused_at_once(cases, method, target):
    case = cases["sequential_cnn"]
    with pytest.raises(NnvizError) as caught:
        explaining(case.network, case.picture, method.name, target)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("target", [99, targets.channel("nothing", 0), targets.unit("conv1", 99, 0, 0)])
def test_a_target_out_of_range_is_refused_where_sizes_are_free(cases, method, target):
    case = cases["any_size"]
    with pytest.raises(NnvizError):
        explain(case.network, case.picture, method.name, target)


def test_parameters_out_of_their_declaration_are_refused_at_once(cases, method):
    case = cases["sequential_cnn"]
    for parameter in method.parameters(case.network):
        if parameter.choices:
            wrong = ["nothing of the kind", *([] if parameter.open else [3, None, True])]
        else:
            wrong = [parameter.low - 1, parameter.high + 1, "3", None, True, float("nan"), [parameter.default]]
            if isinstance(parameter.step, int):
                wrong.append(parameter.low + 0.5)
        for value in wrong:
            with pytest.raises(NnvizError, match=parameter.name):
                explaining(case.network, case.picture, method.name, **{parameter.name: value})
    with pytest.raises(NnvizError, match=r"Received: colour"):
        explaining(case.network, case.picture, method.name, colour=3)


def test_declared_parameters_can_be_run_at_both_ends(cases, method):
    case = cases["one_sigmoid"]
    for parameter in method.parameters(case.network):
        for value in parameter.choices or (parameter.low, min(parameter.high, 30)):
            result = explain(case.network, case.picture, method.name, 1, **{parameter.name: value})
            assert np.isfinite(result.values).all(), (parameter.name, value)


def test_declarations_are_whole(fitting):
    case, method = fitting
    assert method.title
    assert method.paper
    assert method.what.endswith(".")
    names = [parameter.name for parameter in method.parameters(case.network)]
    assert len(set(names)) == len(names)
    for parameter in method.parameters(case.network):
        assert parameter.checked(parameter.default) == parameter.default


@pytest.mark.parametrize(("name", "way"), UNFIT)
def test_what_does_not_fit_says_so(cases, name, way):
    case, reason = cases[name], "vectors only" if name in VECTORS_ONLY else "ReLUs, and .* has none"
    assert re.search(reason, method_named(way).unfit(case.network))
    with pytest.raises(NnvizError, match=reason):
        explaining(case.network, case.picture, way)


def test_every_method_on_every_network_either_fits_or_says_why_not(cases):
    refused = [(name, way) for way in NAMES for name in cases if method_named(way).unfit(cases[name].network)]
    assert sorted(refused) == sorted(UNFIT)
    assert sorted(FITTING + UNFIT) == sorted((name, way) for way in NAMES for name in cases)


def test_a_bad_image_and_an_unknown_method_are_refused_at_once(cases, method):
    network = cases["sequential_cnn"].network
    with pytest.raises(NnvizError):
        explaining(network, np.full((12, 12), np.nan), method.name)
    with pytest.raises(NnvizError, match=r"gradient.*Received: 'magic'"):
        explaining(network, cases["sequential_cnn"].picture, "magic")


@pytest.mark.parametrize("name", ["integrated-gradients", "occlusion", "kernel-shap", "score-cam"])
def test_a_reference_is_a_name_a_number_or_an_image(cases, name):
    case = cases["sequential_cnn"]
    option = "fill" if name == "occlusion" else "baseline"
    options = quick(method_named(name), case.network)

    def run(value):
        return explain(case.network, case.picture, name, 3, **{option: value}, **options).values

    np.testing.assert_array_equal(run("black"), run(0))
    np.testing.assert_array_equal(run("black"), run(np.zeros_like(case.picture)))
    np.testing.assert_allclose(run("white"), run(1.0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(run("mean"), run(float(case.picture.mean())), rtol=1e-4, atol=1e-5)
    assert np.abs(run("black") - run("white")).max() > 0
    for wrong in (np.zeros((3, 3)), float("nan"), None, [["a"]]):
        with pytest.raises(NnvizError, match=option):
            run(wrong)


def test_black_is_black_in_the_networks_own_range(cases):
    """For a network that takes -1 to 1, black is -1, not 0."""
    own = load(cases["sequential_cnn"].model, {"input": {"scale": 1 / 127.5, "offset": -1}})
    picture = (2 * cases["sequential_cnn"].picture - 1).astype(np.float32)
    named = explain(own, picture, "integrated-gradients", 1, baseline="black").values
    np.testing.assert_allclose(named, explain(own, picture, "integrated-gradients", 1, baseline=-1.0).values)


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
