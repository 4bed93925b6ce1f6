"""Hostile and broken picture files: one sentence each, or the picture; in bounded memory and time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hostile_pictures import FILES, written
from PIL import Image

LARGEST = 1_000_000_000
READER = """
    import json, resource, sys
    from pathlib import Path
    from nnviz.analysis.image.decode import decode
    from nnviz.errors import NnvizError

    def most():
        # What getrusage says of a child begins with what its parent had.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def spent():
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    for path in sorted(Path(sys.argv[1]).iterdir(), key=lambda each: int(each.name)):
        content, before = path.read_bytes(), spent()
        try:
            found = decode(content, "x.png").pixels
            said = [list(found.shape), int(found[0, 0, 0])]
        except NnvizError as error:
            said = str(error)
        print(json.dumps([said, round(spent() - before, 2), most()]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What a process of its own says of each: a sentence or the picture, seconds of CPU, and the most memory so far."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, (build, _) in enumerate(FILES.values()):
        (folder / str(number)).write_bytes(build())
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", textwrap.dedent(READER), str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(FILES), f"{list(FILES)[len(found)]} ended it: {done.stderr[-300:]}"
    assert "bomb" not in done.stderr.lower()
    return dict(zip(FILES, found, strict=True))


@pytest.mark.parametrize(("name", "expected"), [(name, word) for name, (_, word) in FILES.items()])
def test_each_is_one_sentence_or_a_picture(outcomes, name, expected):
    said, seconds, memory = outcomes[name]
    assert seconds < 10
    assert memory < LARGEST
    if expected is None:
        assert isinstance(said, list), said
        assert said[0][:2] in ([16, 24], [9, 9])
    else:
        assert isinstance(said, str), said
        assert len(said) < 300
        assert said.startswith("x.png: ")
        assert re.search(expected, said), said
        assert "Received: " in said
        assert "bomb" not in said.lower()


def test_a_picture_of_fifty_megapixels_with_transparency_is_read_in_bounded_memory(tmp_path):
    picture = np.zeros((7000, 7000, 4), np.uint8)
    picture[..., 3], picture[:, :3500, 3] = 255, 0
    (tmp_path / "0").write_bytes(written(Image.fromarray(picture), "PNG", compress_level=1))
    command = [sys.executable, "-c", textwrap.dedent(READER), str(tmp_path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=300, check=True
    )
    said, _, memory = json.loads(done.stdout)
    assert said == [[7000, 7000, 3], 255]
    assert memory < LARGEST
