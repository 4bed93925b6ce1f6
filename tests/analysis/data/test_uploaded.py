"""Pictures that were uploaded together: what is taken of a folder and of a zip, and what is refused."""

import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image
from refusing import refusal

from nnviz.analysis.data import uploaded
from nnviz.analysis.data.uploaded import from_files, from_zip


def png(shade):
    content = io.BytesIO()
    Image.fromarray(np.full((4, 5), shade, np.uint8)).save(content, "PNG")
    return content.getvalue()


def zipped(members, **more):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


FILES = {"mine/cats/a.png": png(1), "mine/dogs/B.PNG": png(2), "mine/c.png": png(3), "mine/notes.txt": b"none"}


@pytest.mark.parametrize("kind", ["files", "zip"])
def test_a_folder_is_as_one_that_lies_on_the_disk(kind):
    found = from_files(list(FILES.items()), "mine") if kind == "files" else from_zip(zipped(FILES), "mine.zip")
    assert [(each.path, each.label) for each in found.entries] == [
        ("c.png", None),
        ("cats/a.png", "cats"),
        ("dogs/B.PNG", "dogs"),
    ]
    assert [each.name for each in found.entries] == ["folder-c", "folder-cats-a", "folder-dogs-b"]
    assert [int(found.picture(number)[0, 0, 0]) for number in range(3)] == [3, 1, 2]
    assert found.number("folder-cats-a") == 1
    assert found.number("../../etc/passwd") is None


def test_its_key_is_that_of_its_content():
    """What is kept of it is kept for all: of two of the same names each must have its own."""
    one, other = dict(FILES), FILES | {"mine/c.png": png(4)}
    keys = {from_files(list(each.items()), "x").key for each in (one, other)}
    keys |= {from_zip(zipped(each), "x").key for each in (one, other)}
    assert len(keys) == 4
    assert from_files(list(one.items()), "x").key == from_files(list(one.items())[::-1], "y").key


def link():
    found = zipfile.ZipInfo("mine/link.png")
    found.external_attr = (stat.S_IFLNK | 0o777) << 16
    return found


@pytest.mark.parametrize(
    "name", ["../up.png", "/etc/root.png", "a/../../up.png", "C:/windows.png", "a\\..\\up.png", "mine/cats/a.png"]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_leads_elsewhere_or_is_there_twice_is_left_out_and_counted(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(name, png(9))
    found = from_zip(content.getvalue(), "x.zip")
    assert len(found) == 3
    assert found.left_out == "1 file that a zip of pictures has no need of"
    assert list(tmp_path.iterdir()) == []


def test_links_encrypted_and_oddly_packed_members_are_left_out():
    content = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(link(), "/etc/passwd")
        archive.writestr("mine/odd.png", png(5), zipfile.ZIP_LZMA)
        archive.writestr("mine/.hidden.png", png(5))
        archive.writestr("__MACOSX/mine/._c.png", png(5))
    locked = bytearray(content.getvalue())
    at = locked.rindex(b"PK\x01\x02", 0, locked.index(b"mine/c.png", locked.index(b"PK\x01\x02")))
    locked[at + 8] |= 1
    found = from_zip(bytes(locked), "x.zip")
    assert [each.path for each in found.entries] == ["cats/a.png", "dogs/B.PNG"]
    assert found.left_out.startswith("3 files")


def test_a_member_that_unpacks_to_far_more_is_refused():
    bomb = zipped({"a.png": png(1), "b.bmp": bytes(20_000_000)})
    assert "b.bmp, of 19," in refusal(from_zip, bomb, "bomb.zip")
    assert "unpack to 60,000,000" in refusal(
        from_zip, zipped({"b.bmp": np.random.default_rng(0).bytes(60_000_000)}), "x"
    )


def test_a_member_that_says_less_than_it_unpacks_to_is_not_unpacked_further():
    content = bytearray(zipped({"a.bmp": bytes(3_000_000)}))
    for sign, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = content.index(sign)
        struct.pack_into("<I", content, place + at, 500)
    found = from_zip(bytes(content), "liar.zip")
    assert "was expected" in refusal(found.picture, 0)


def test_a_damaged_member_is_one_that_cannot_be_read():
    content = bytearray(zipped({"a.png": png(1), "b.png": png(2)}))
    content[content.index(b"a.png") + 8] ^= 255
    found = from_zip(bytes(content), "x.zip")
    assert found.first == 1
    assert "a.png: a file that unpacks was expected" in refusal(found.picture, 0)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04" + bytes(50), png(1), zipped({}), zipped({"notes.txt": b"none"}), zipped(FILES)[:-40]],
)
def test_what_is_no_zip_of_pictures_is_refused(content):
    assert refusal(from_zip, content, "x.zip").startswith("x.zip: ")


def test_the_number_of_pictures_and_of_members_is_bounded(monkeypatch):
    monkeypatch.setattr(uploaded, "MOST", 3)
    assert "Received: 4" in refusal(from_zip, zipped({f"{n}.png": b"" for n in range(4)}), "x")
    assert "Received: 13 files" in refusal(from_zip, zipped({f"{n}.txt": b"" for n in range(13)}), "x")
    assert "Received: 4" in refusal(from_files, [(f"{n}.png", b"") for n in range(4)], "x")
    monkeypatch.setattr(uploaded, "MOST_BYTES", 100)
    assert "expected" in refusal(from_files, [("a.png", bytes(101))], "x")
    assert "expected" in refusal(from_zip, zipped({"a.png": png(1)}), "x")
