"""A folder of one's own: what is listed, under which names, what is read, and what is refused."""

import os
import re
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from shipped import shipped

from nnviz.analysis.data import folder as listing
from nnviz.analysis.data.folder import first_readable, folder
from nnviz.analysis.data.pictures import batch
from nnviz.analysis.image.decode import decode
from nnviz.errors import NnvizError


def painted(path, shade=200, size=(20, 16), mode="RGB", **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(shade).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **more)
    return path


def test_pictures_are_listed_by_their_paths_with_the_sub_folder_as_label(tmp_path):
    painted(tmp_path / "b.png")
    painted(tmp_path / "cats" / "tom.JPG")
    painted(tmp_path / "cats" / "old" / "Felix 2.webp")
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / ".hidden.png").write_bytes(b"")
    painted(tmp_path / ".thumbnails" / "a.png")
    found = folder(tmp_path)
    assert [(entry.path, entry.label) for entry in found.entries] == [
        ("b.png", None),
        ("cats/old/Felix 2.webp", "old"),
        ("cats/tom.JPG", "cats"),
    ]
    assert [entry.name for entry in found.entries] == ["folder-b", "folder-cats-old-felix-2", "folder-cats-tom"]
    assert found.labels.tolist() == ["", "old", "cats"]
    assert [found.number(entry.name) for entry in found.entries] == [0, 1, 2]


def test_every_name_is_another_and_stays_when_others_come(tmp_path):
    for name in ("a b.png", "a-b.png", "a_b.jpg", "ü.png", "ö.png", "plain.png"):
        painted(tmp_path / name)
    names = {entry.path: entry.name for entry in folder(tmp_path).entries}
    assert len(set(names.values())) == 6
    assert all(re.fullmatch(r"folder-[a-z0-9-]+", name) for name in names.values())
    painted(tmp_path / "another.png")
    after = {entry.path: entry.name for entry in folder(tmp_path).entries}
    assert {path: after[path] for path in names} == names


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "b.png", "folder-", "folder-..", "", "0"])
def test_a_name_is_looked_up_and_never_opened(tmp_path, name):
    painted(tmp_path / "b.png")
    assert folder(tmp_path).number(name) is None


def test_pictures_are_what_decode_reads(tmp_path):
    painted(tmp_path / "grey.png", mode="L")
    painted(tmp_path / "inks.tif", mode="CMYK")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned = painted(tmp_path / "turned.jpg", exif=exif)
    found = folder(tmp_path)
    shapes = []
    for number, entry in enumerate(found.entries):
        pixels = found.picture(number)
        np.testing.assert_array_equal(pixels, decode((tmp_path / entry.path).read_bytes(), entry.path).pixels)
        shapes.append(pixels.shape)
    assert shapes == [(16, 20, 1), (16, 20, 3), (20, 16, 3)]
    assert turned.exists()


def test_one_that_cannot_be_read_is_none_and_says_why(tmp_path):
    painted(tmp_path / "b.png")
    (tmp_path / "a.png").write_bytes(b"no picture")
    painted(tmp_path / "c.png").write_bytes((tmp_path / "b.png").read_bytes()[:60])
    found = folder(tmp_path)
    pixels = list(found.pixels(np.array([2, 1, 0])))
    assert [each is None for each in pixels] == [True, False, True]
    with pytest.raises(NnvizError, match=r"a\.png: a whole PNG.*Received: 10 bytes"):
        found.picture(0)
    assert first_readable(found) == 1
    (tmp_path / "b.png").unlink()
    with pytest.raises(NnvizError, match=r"b\.png: a file that can be read was expected\. Received: No such file"):
        found.picture(1)
    with pytest.raises(NnvizError, match=r"at least one picture that can be read was expected\. Received: .*3 that"):
        first_readable(found)


def test_no_link_leads_out_of_the_folder(tmp_path):
    inside, outside = tmp_path / "mine", tmp_path / "other"
    painted(inside / "a.png")
    painted(outside / "secret.png")
    (inside / "out.png").symlink_to(outside / "secret.png")
    (inside / "deep").symlink_to(outside)
    (inside / "up").symlink_to(inside)
    (inside / "nothing.png").symlink_to(inside / "gone.png")
    (inside / "circle.png").symlink_to(inside / "circle.png")
    (inside / "again.png").symlink_to(inside / "a.png")
    found = folder(inside)
    assert [entry.path for entry in found.entries] == ["a.png", "again.png"]
    assert found.outside == 5
    (inside / "a.png").unlink()
    (inside / "a.png").symlink_to(outside / "secret.png")  # after it was listed
    assert list(found.pixels(np.arange(2))) == [None, None]


def test_a_sub_folder_that_may_not_be_read_is_counted(tmp_path, monkeypatch):
    painted(tmp_path / "a.png")
    painted(tmp_path / "shut" / "b.png")
    real = os.scandir

    def scandir(path):
        # As the system refuses it; who may read everything, as these tests may, is refused nothing.
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = folder(tmp_path)
    assert [entry.path for entry in found.entries] == ["a.png"]
    assert found.closed == 1


def test_a_link_to_the_folder_itself_is_the_folder(tmp_path):
    painted(tmp_path / "mine" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    found = folder(tmp_path / "link")
    assert found.picture(0).shape == (16, 20, 3)


def test_a_file_whose_name_is_no_text_can_be_read_and_shown(tmp_path):
    painted(tmp_path / "a.png")
    os.rename(os.fsencode(tmp_path / "a.png"), os.fsencode(tmp_path) + b"/caf\xe9.png")
    found = folder(tmp_path)
    assert found.entries[0].title == "caf?.png"
    assert found.picture(0).shape == (16, 20, 3)
    assert len(found.key) == 64
    assert found.number(found.entries[0].name) == 0


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(NnvizError, match=r"no picture|no file"):
        folder(tmp_path)


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (lambda path: None, "nothing of that name"),
        (lambda path: path.write_text("x"), "a file"),
        (lambda path: path.mkdir(), "no file"),
        (lambda path: (path.mkdir(), (path / "a.txt").write_text("x")), "1 other file and no picture"),
    ],
)
def test_what_is_no_folder_with_pictures_is_said_in_one_sentence(make, received, tmp_path):
    make(tmp_path / "mine")
    with pytest.raises(NnvizError, match=rf"^A folder with .* was expected\. Received: .*mine, {received}\.$"):
        folder(tmp_path / "mine")


def test_too_many_are_refused_once_there_is_one_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "MOST", 2)
    for name in ("a", "b", "one/c", "one/d", "two/e", "two/f"):
        painted(tmp_path / f"{name}.png")
    looked_into, real = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked_into.append(os.path.basename(path)) or real(path))
    with pytest.raises(NnvizError, match=r"1 to 2 pictures.*Received: .*, more than 2 pictures\."):
        folder(tmp_path)
    assert looked_into == [tmp_path.name, "one"]
    monkeypatch.setattr(listing, "MOST", 6)
    assert len(folder(tmp_path)) == 6


def test_a_file_too_large_for_a_picture_is_not_read(tmp_path):
    painted(tmp_path / "a.png")
    with (tmp_path / "b.tif").open("wb") as file:
        file.write(b"II*\0")
        file.truncate(1_500_000_000)  # a hole: it takes no room
    found = folder(tmp_path)
    tracemalloc.start()
    with pytest.raises(NnvizError, match=r"^b\.tif: a picture of at most 400 MB was expected\. Received: 1,500 MB\.$"):
        found.picture(1)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000
    assert [each is None for each in found.pixels(np.arange(2))] == [False, True]


def test_the_key_is_that_of_the_content(tmp_path):
    painted(tmp_path / "a.png")
    before = folder(tmp_path).key
    assert folder(tmp_path).key == before
    os.utime(tmp_path / "a.png", (1, 1))
    touched = folder(tmp_path).key
    painted(tmp_path / "b.png")
    assert len({before, touched, folder(tmp_path).key}) == 3


def test_a_network_is_given_them_as_it_takes_a_picture(tmp_path):
    painted(tmp_path / "a.png", size=(40, 30))
    painted(tmp_path / "b.png", mode="L")
    (tmp_path / "c.png").write_bytes(b"broken")
    network, found = shipped("mnist-cnn"), folder(tmp_path)
    pixels, numbers = batch(network, found, np.array([0, 1, 2]))
    assert numbers.tolist() == [0, 1]
    assert pixels.shape == (2, 28, 28, 1)
    from nnviz.analysis.image.images import fit

    for given, number in zip(pixels, numbers, strict=True):
        wanted = fit(found.picture(number), network.image_shape, network.scale, network.offset)
        np.testing.assert_array_equal(given, wanted.pixels)


def test_pictures_of_all_sizes_are_one_size_for_a_network_of_any(tmp_path, cases):
    painted(tmp_path / "a.png", size=(40, 30))
    painted(tmp_path / "b.png", size=(300, 500))
    network = cases["any_size"].network
    pixels, _ = batch(network, folder(tmp_path), np.arange(2))
    assert pixels.shape == (2, 224, 224, network.image_shape[2])
