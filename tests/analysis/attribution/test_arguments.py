"""What every attribution method may be asked: targets, parameters, references, and what each refuses."""

import re

import numpy as np
import pytest
from quick_methods import FITTING, GRADIENT_CAMS, NAMES, UNFIT, VECTORS_ONLY, quick

from nnviz.analysis.attribution import explain, explaining, method_named
from nnviz.analysis.network import targets
from nnviz.analysis.network.network import load
from nnviz.errors import NnvizError


@pytest.mark.parametrize("name", GRADIENT_CAMS)
def test_a_gradient_cam_needs_a_layer_before_the_target(cases, name):
    case = cases["sequential_cnn"]
    result = explain(case.network, case.picture, name, targets.channel("conv2", 1), layer="conv1")
    assert result.values.any()
    with pytest.raises(NnvizError, match=r"^For .* a layer up to conv1.*Received: conv2"):
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
