"""A browser that was not told the value of a control draws its default: that must be the address's value too.

What a run has sent to the browser is dropped where the next run begins before it is under way, and then no control is
told its value. One that draws its lowest value or its first option sends that with the next click, as if it had been
chosen: a photograph was turned by -180 degrees.
"""

import pytest
from shown import defaults
from visiting import visited


def script(slug: str) -> None:
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(registry.page(slug))


def beside(slug: str) -> None:
    """The sidebar."""
    from nnviz.app.sidebar import sidebar
    from nnviz.shell import session

    sidebar.draw(session.read())


ASKED = [
    ("neuron", {"view": "toy", "w1": "1.5"}, 1.5),
    ("mlp-vs-cnn", {"dx": 4}, 4),
    ("convolution", {"layer": "conv2", "unit": 5, "channel": 2}, 2),
    ("convolution", {"view": "own", "stride": 2, "pad": 1}, 2),
    ("filters", {"layer": "conv2", "unit": 5, "channel": 3, "sort": "norm"}, 3),
    ("maps", {"layer": "conv2", "unit": 5, "overlay": 1, "scope": "map"}, True),
    ("pooling", {"view": "pooling", "pool": "average", "psize": 3, "pstride": 2, "ppad": "same"}, 3),
    ("activation", {"layer": "conv2", "unit": 5}, 5),
    ("pooling", {"view": "invariance", "layer": "conv2", "unit": 5, "direction": "down", "shift": 2}, 2),
    ("strokes", {"layer": "conv2", "unit": 5}, "conv2"),
    ("decision", {"view": "knock", "layer": "conv2", "target": 3}, "conv2"),
    ("saliency", {"method": "occlusion", "occlusion.patch": 9, "occlusion.fill": "mean", "strength": 50}, 9),
    ("saliency", {"minus": 4, "signed": 0}, "4"),
    ("saliency", {"explain": "unit", "layer": "conv2", "unit": 5}, 5),
    ("saliency", {"evidence": "deletion", "method": "lrp", "measure": "score", "baseline": "mean"}, "mean"),
    ("preferred", {"preferred.of": "class", "target": 3, "preferred.steps": 8, "preferred.seed": 7}, 7),
    (
        "preferred",
        {"layer": "conv2", "unit": 5, "preferred.way": "between", "preferred.layer": "dense", "preferred.steps": 8},
        "dense",
    ),
    ("dossier", {"layer": "conv2", "unit": 5}, 5),
]


@pytest.mark.parametrize(("slug", "address", "one"), ASKED, ids=[f"{slug}-{one}" for slug, _, one in ASKED])
def test_the_default_of_each_control_is_what_the_address_says(slug, address, one):
    app = visited(script, finished=False, kwargs={"slug": slug}, net="mnist-cnn", image="test-0", **address)
    found = defaults(app)
    assert {name: drawn for name, (drawn, _) in found.items()} == {name: told for name, (_, told) in found.items()}
    assert one in [drawn.removeprefix("layer ") if isinstance(drawn, str) else drawn for drawn, _ in found.values()]


def test_the_default_of_each_control_beside_the_page_is_what_the_address_says():
    address = {"net": "mnist-mlp", "image": "test-3", "dx": 3, "dy": -2, "rotate": 30, "noise": 50}
    found = defaults(visited(beside, kwargs={"slug": ""}, **address, invert=1, stretch=1, shuffle=1))
    wanted = {
        "Network": "mnist-mlp",
        "Picture": "0",
        "Shift right (pixels)": 3,
        "Shift down (pixels)": -2,
        "Rotate (degrees)": 30,
        "Noise (of 255)": 50,
        "Invert": True,
        "Stretch": True,
        "Shuffle the pixels": True,
    }
    assert found == {name: (value, value) for name, value in wanted.items()}


@pytest.mark.parametrize("view", ["Cat", "Astronaut"])
def test_so_is_that_of_the_photographs(view):
    found = defaults(
        visited(script, kwargs={"slug": "cats"}, net="photo-cnn", image=view.lower(), **{"cats.dream": "last"})
    )
    assert found["Picture"] == (view, view)
    assert found["Which layer dreams"] == ("Last", "Last")
