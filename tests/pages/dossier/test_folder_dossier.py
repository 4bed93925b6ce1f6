"""The dossier and the patches of a folder of one's own: files that cannot be read, sub-folders as classes."""

import html
import re

import numpy as np
import pytest
import shown
from PIL import Image
from shown import caption, texts
from visiting import visited

from nnviz import digits, trace
from nnviz.analysis.data.folder import folder
from nnviz.analysis.data.pictures import output_shapes
from nnviz.analysis.dossier import Distribution
from nnviz.analysis.network.network import load
from nnviz.pages.dossier import facts
from nnviz.pages.dossier.page import standing
from nnviz.shell import caches, options
from nnviz.views.search import image_sets


def dossier() -> None:
    from nnviz.pages.dossier import page as dossier
    from nnviz.shell import page

    page.show(dossier.PAGE)


def strokes() -> None:
    from nnviz.pages.strokes import page as strokes
    from nnviz.shell import page

    page.show(strokes.PAGE)


@pytest.fixture
def pictures(nothing_kept, tmp_path, monkeypatch):
    """Makes a folder of test digits by their paths in it the viewer's own, with a network of their own if one is given.

    A number of None is a file that is no picture.
    """

    def make(numbers, model=None):
        root = tmp_path / "mine"
        for path, number in numbers.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if number is None:
                (root / path).write_bytes(b"no picture")
            else:
                Image.fromarray(digits.digit(number)[0]).save(root / path)
        given = {"folder": folder(root)}
        if model is not None:
            model.save(tmp_path / "own.keras")
            given["model"] = tmp_path / "own.keras"
        monkeypatch.setattr(options, "given", options.Options(**given))
        return root

    return make


def test_a_network_of_any_size_needs_not_read_the_first_file(pictures, cases):
    root = pictures({"a broken one.png": None, **{f"{n}.png": n for n in range(1, 7)}}, cases["any_size"].model)
    network = load(cases["any_size"].model)
    found = [trace(network, np.asarray(Image.open(root / f"{n}.png").resize((224, 224)))) for n in range(1, 7)]
    shapes = {name: array.shape for name, array in found[0].activations.items()}
    assert dict(output_shapes(network, folder(root))) == shapes
    for layer in ("conv1", "conv2", "pooled"):
        answers = np.array([each.activations[layer].reshape(-1, shapes[layer][-1]).max(axis=0) for each in found])
        unit = int(answers.min(axis=0).argmax())
        assert (answers[:, unit] > 0).all()
        address = {"net": "own", "image": "folder-2", "layer": layer, "unit": unit}
        app = visited(dossier, **address)
        assert "1 file could not be read: a broken one.png" in "".join(texts(app))
        header, _ = shown.picture(app, "dossier-patches")
        best = np.argsort(-answers[:, unit], kind="stable")[: facts.HITS] + 1
        assert sorted(header["panels"][0]["names"]) == sorted(f"{n}.png" for n in best)
        assert len(header["panels"]) == (1 if layer == "pooled" else 2)
        assert f"nit {unit} of {layer} sees" in caption(visited(strokes, **address))


def test_a_file_removed_after_the_search_is_chequered_and_said(pictures):
    root = pictures({f"{n:02d}.png": n for n in range(12)})
    address = {"net": "mnist-cnn", "among": "folder", "image": "test-0", "layer": "conv2", "unit": 5}
    header, before = shown.picture(visited(dossier, **address), "dossier-patches")
    before = shown.tiles(header, before)
    names = header["panels"][0]["names"]
    (root / names[1]).unlink()
    (root / names[4]).write_bytes(b"no picture")
    caches.thumbnails.clear()
    app = visited(dossier, **address)
    said = f"2 files that were searched cannot be read any more: {', '.join(sorted((names[1], names[4])))}."
    assert said in html.unescape("".join(texts(app)))
    header, values = shown.picture(app, "dossier-patches")
    after = shown.tiles(header, values)
    for at, name in enumerate(names):
        lost = at in (1, 4)
        assert header["panels"][0]["names"][at] == name + ": cannot be read any more" * lost
        assert header["panels"][0]["labels"][at] != ""
        assert (set(np.unique(after[0][at])) == {200.0, 226.0}) is lost
        assert (len(np.unique(after[1][at])) == 1) is lost
        if not lost:
            np.testing.assert_array_equal(after[1][at], before[1][at])
            np.testing.assert_array_equal(after[0][at][..., :1], before[0][at][..., :1])
    assert [mark["tile"] for mark in header["marks"]] == [at for at in range(len(names)) if at not in (1, 4)]
    app = visited(strokes, **address)
    assert "cannot be read any more" in "".join(texts(app))
    panel = next(panel for panel in shown.pictures(app)[1][0]["panels"] if panel["note"] == "under study")
    assert f"{names[1]}: cannot be read any more" in panel["names"]


def test_with_none_of_its_pictures_left_a_unit_still_has_a_page(pictures):
    root = pictures({f"{n:02d}.png": n for n in range(12)})
    address = {"net": "mnist-cnn", "among": "folder", "image": "test-0", "layer": "conv1", "unit": 3}
    visited(dossier, **address)
    for path in root.iterdir():
        path.unlink()
    caches.thumbnails.clear()
    for script in (dossier, strokes):
        app = visited(script, **address)
        said = re.search(
            r"(\d+) files that were searched cannot be read any more: .* and (\d+) more\.", "".join(texts(app))
        )
        assert int(said[1]) == int(said[2]) + 3 >= facts.HITS
        assert "nit 3 of conv1" in caption(app)


def answer_of(unit, number):
    network = load("mnist-cnn")
    return float(trace(network, digits.digit(number)[0]).activations["conv2"][..., unit].max())


def test_with_one_sub_folder_there_are_no_others(pictures):
    pictures({f"pets/{n}.png": n for n in range(6)})
    said = caption(visited(dossier, net="mnist-cnn", among="folder", image="test-0", layer="conv2", unit=5))
    mean = np.mean([answer_of(5, number) for number in range(6)])
    assert said.startswith(f"Unit 5 of conv2 answers most to pictures of pets, {mean:.2f} on average; it speaks most")


def test_sub_folders_that_are_no_classes_are_others_too(pictures):
    kinds = {"7": (0, 17, 26, 34), "pets": (1, 35, 38, 43), "cars": (2, 5, 14, 29)}
    pictures({f"{kind}/{n}.png": n for kind, numbers in kinds.items() for n in numbers})
    said = caption(visited(dossier, net="mnist-cnn", among="folder", image="test-0", layer="conv2", unit=5))
    means = {kind: np.mean([answer_of(5, number) for number in numbers]) for kind, numbers in kinds.items()}
    best = max(means, key=means.get)
    rest = np.mean([mean for kind, mean in means.items() if kind != best])
    what = "7s" if best == "7" else f"pictures of {best}"
    assert f"answers most to {what}, {means[best]:.2f} on average against {rest:.2f} to the others" in said


def test_sub_folders_that_are_all_classes_stand_beside_them(pictures):
    kinds = {"7": (0, 17, 26, 34), "2": (1, 35, 38, 43)}
    pictures({f"{kind}/{n}.png": n for kind, numbers in kinds.items() for n in numbers})
    app = visited(dossier, net="mnist-cnn", among="folder", image="test-0", layer="conv2", unit=5)
    (table,) = (text for text in texts(app) if "nn-speaks three" in text)
    cells = re.findall(r'class="(name|number)[^>]*>(.*?)</span>', table)
    row = [text for _, text in cells[[text for _, text in cells].index("7") :]][:2]
    assert row == ["7", f"{np.mean([answer_of(5, number) for number in kinds['7']]):.2f}"]


@pytest.mark.parametrize(
    ("values", "here", "said"),
    [
        (np.arange(2000), 1999.0, "This picture: 1999.00, above > 99.9% of them"),
        (np.arange(4), 9.0, "This picture: 9.00, above 100.0% of them"),
        (np.arange(4) + 1, 1.5, "This picture: 1.50, above 25.0% of them"),
        (np.arange(5000), 0.5, "This picture: 0.50, above < 0.1% of them"),
        (np.arange(5000) == 7, 0.0, "This picture: 0, as > 99.9% of them"),
        (np.arange(4) == 3, 0.0, "This picture: 0, as 75.0% of them"),
    ],
)
def test_a_share_is_never_rounded_to_a_certainty(values, here, said):
    answers = Distribution(values.astype(np.float32))
    found = facts.UnitFacts(image_sets.DIGITS, None, (), answers, here, None, None, False, "", None, None)
    assert standing(found) == said
