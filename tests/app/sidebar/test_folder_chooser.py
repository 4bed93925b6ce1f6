"""A folder of one's own on the pages: its pictures by their names, and the index of it that all viewers share."""

import re

import numpy as np
import pytest
from draining import drained
from PIL import Image
from shown import caption, texts
from visiting import finish, visited

from nnviz.analysis.cache import Cache
from nnviz.analysis.data.folder import folder
from nnviz.analysis.data.photographs import gallery, photograph
from nnviz.analysis.data.pictures import batch
from nnviz.analysis.search.index import index
from nnviz.errors import NnvizError
from nnviz.shell import caches, library, options
from nnviz.shell.jobs import queue, worker
from nnviz.views.search import image_sets, index_job
from nnviz.views.search.patch_panels import given

JOB = f"jobs-{index_job.JOB}"


def script() -> None:
    from nnviz.pages.strokes import page as strokes
    from nnviz.shell import page

    page.show(strokes.PAGE)


def beside() -> None:
    from nnviz.app.sidebar import sidebar
    from nnviz.shell import page, session

    current = session.read()
    session.write_address(current)
    page.notify(current, stand=True)
    sidebar.draw(current)


def opened(finished=True, run=script, **parameters):
    return visited(run, finished, **parameters)


@pytest.fixture
def own(nothing_kept, tmp_path, monkeypatch):
    """A folder with 24 pictures in four sub-folders and one that cannot be read; nothing is searched yet."""
    root = tmp_path / "mine"
    for entry in gallery():
        (root / entry.name).mkdir(parents=True)
        for number in range(6):
            part = photograph(entry.name)[number * 8 : 200 + number * 8, number * 12 : 200 + number * 12]
            Image.fromarray(part).save(root / entry.name / f"{number}.png")
    (root / "astronaut" / "a broken one.png").write_bytes(b"no picture")
    (root / "a link.png").symlink_to(tmp_path / "nothing.png")
    monkeypatch.setattr(options, "given", options.Options(folder=folder(root)))
    return root


def test_a_network_for_photographs_opens_on_the_folder_and_is_searched_in_it(own):
    assert library.first_picture(library.network("photo-cnn")) == "folder-astronaut-0"
    assert library.first_picture(library.network("mnist-cnn")) == "test-0"
    slugs = {
        name: [each.slug for each in image_sets.sets(library.network(name))] for name in ("photo-cnn", "mnist-cnn")
    }
    assert slugs == {"photo-cnn": ["folder", "photographs"], "mnist-cnn": ["digits", "folder"]}


def test_its_pictures_are_looked_up_by_their_names(own):
    found = library.picture("folder-cat-3")
    np.testing.assert_array_equal(found.pixels, photograph("cat")[24:224, 36:236])
    assert (found.name, found.title, found.label) == ("folder-cat-3", "cat/3.png", "cat")
    for name in ("../../etc/passwd", "/etc/passwd", "cat/3.png", "mine", "folder-cat-9", "folder-../x"):
        with pytest.raises(NnvizError, match=r"A picture was expected.*one of the 25 of the folder.*Received"):
            library.picture(name)
    with pytest.raises(NnvizError, match=r"a broken one\.png: a whole PNG"):
        library.picture("folder-astronaut-a-broken-one")


@pytest.mark.parametrize("name", ["../../etc/passwd", "folder-gone", "folder-astronaut-a-broken-one"])
def test_a_link_to_a_picture_that_is_not_there_opens_the_first_and_says_so(name, own):
    app = opened(run=beside, finished=False, net="photo-cnn", image=name)
    assert app.query_params["image"] == "folder-astronaut-0"
    assert "The default one, folder-astronaut-0, is shown." in app.info[0].value
    assert "Shown: astronaut/0.png" in "".join(each.value for each in app.sidebar.caption)


def test_the_sidebar_has_a_page_of_them_open_at_the_one_shown(own):
    app = opened(run=beside, finished=False, net="photo-cnn", image="folder-coffee-2")
    slider = app.slider(key="folder-page")
    assert (slider.label, slider.value, slider.max) == ("Folder: 25 pictures", 2, 3)
    slider.set_value(3).run()
    assert not app.exception
    assert app.slider(key="folder-page").value == 3
    assert app.query_params["image"] == "folder-coffee-2"


def test_the_index_is_that_of_the_folder_and_one_that_cannot_be_read_is_said(own):
    app = opened(net="photo-cnn", layer="classes", unit=281)
    found, _ = drained(index(library.network("photo-cnn"), folder(own), where=own.parent / "other"))
    best = found.layers["classes"].of(281)[0]
    title = folder(own).entries[best.image].path
    assert f"Of 24 pictures {title} excites it most ({best.value:.2f})" in caption(app)
    assert re.search(r"of its eight strongest: six of cat", caption(app))
    said = "1 file could not be read: astronaut/a broken one.png. Left out: 1 link to elsewhere."
    assert said in "".join(texts(app))
    assert "searched, drawn at random" not in "".join(texts(app))


def test_two_viewers_share_one_index_and_each_can_stop_it(own, monkeypatch):
    monkeypatch.setattr(worker, "_PATIENCE", 300)
    with queue.worker.drawing():  # as if a third viewer's page took long: no step is done meanwhile
        one = opened(finished=False, net="mnist-cnn", among="folder", layer="conv2", unit=1)
        two = opened(finished=False, net="mnist-cnn", among="folder", layer="conv1", unit=3)
        (job,) = one.session_state[JOB].jobs
        assert two.session_state[JOB].jobs == [job]
        job.stop()
        one.run()
        two.run()
    assert [button.label for button in two.button if button.key == "again-index"] == ["Go on searching"]
    one.button(key="again-index").click().run()
    assert not one.exception
    two.run()
    finish(two)
    assert "Of 24 pictures" in caption(two)
    assert not [button for button in two.button if button.key == "again-index"]


def test_it_is_there_at_once_in_the_next_session(own, monkeypatch):
    opened(net="mnist-cnn", among="folder", layer="conv2", unit=1)
    monkeypatch.setattr(caches, "results", Cache(caches.results.ceiling))
    app = opened(finished=False, net="mnist-cnn", among="folder", layer="conv2", unit=1)
    (found,) = app.session_state[JOB].jobs
    found.work(300)
    assert (found.progress.done, found.progress.so_far.seen) == (25, 25)


def test_the_address_chooses_among_what_there_is(own):
    app = opened(finished=False, net="mnist-cnn", among="nonsense", layer="conv1", unit=1)
    assert app.session_state[JOB].jobs[0].title == "Searching the digits"
    app = opened(finished=False, net="photo-cnn", among="photographs", layer="stem_conv", unit=1)
    assert app.session_state[JOB].jobs[0].title == "Searching the photographs"
    app = opened(finished=False, net="photo-cnn", layer="stem_conv", unit=1)
    assert app.session_state[JOB].jobs[0].title == "Searching the pictures"


def test_without_a_folder_there_is_no_choice():
    assert [each.slug for each in image_sets.sets(library.network("mnist-cnn"))] == ["digits"]
    app = opened(finished=False, net="mnist-cnn", layer="conv1", unit=1)
    assert not app.get("button_group")


@pytest.mark.parametrize("name", ["photo-cnn", "mnist-cnn", "mnist-cnn-shuffled"])
def test_what_a_patch_is_cut_out_of_is_what_was_searched(own, name):
    network, of = library.network(name), image_sets.of_folder(library.folder())
    pixels, numbers = batch(network, of.pictures, np.arange(1, 25, 5))
    for wanted, number in zip(pixels, numbers.tolist(), strict=True):
        np.testing.assert_array_equal(given(network, library.content_key(name), of, number), wanted)
