"""UMAP where it is not installed; and how its work is watched and ended, on a bar as tqdm writes it."""

import os
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from nnviz import NnvizError
from nnviz.analysis.embedding import umap

ABSENT = """
from importlib import metadata
import sys
real = metadata.version
def version(name):
    if name == "umap-learn":
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.version = version
sys.modules["umap"] = None  # as Python itself has a module that is not there: its import fails
import numpy as np
from nnviz.analysis.embedding.umap import umap
from nnviz import NnvizError
try:
    next(umap(np.ones((40, 3), np.float32), 2))
except NnvizError as error:
    print(error)
"""


def test_without_it_one_sentence_says_how_to_get_it():
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", ABSENT], cwd=root, env=environment, capture_output=True, text=True)
    assert done.stdout.strip().endswith("umap-learn: `pip install umap-learn`, then start the app anew."), done.stderr


def test_it_says_so_only_where_it_is_missing():
    there = any((each.metadata["Name"] or "").lower() == "umap-learn" for each in metadata.distributions())
    assert bool(umap.missing()) is not there
    if not there:
        with pytest.raises(NnvizError, match="pip install umap-learn"):
            next(umap.umap(np.ones((40, 3), np.float32), 2))


def line(done, total):
    """What tqdm writes of a line: a carriage return, the text, and blanks over what stood there."""
    return f"\r{done} {total}   "


def test_the_numbers_that_the_bar_is_told_arrive_and_the_result_after_them():
    def work(bar):
        for done in range(4):
            bar.write(line(done, 3))
            bar.flush()
        bar.write("\n")
        return "points"

    steps = umap.Watched(work)
    assert list(steps) == [0, 1, 2, 3]
    assert steps.result == "points"


def test_to_stop_ends_the_work_with_its_next_number():
    go, written, ended = threading.Event(), [], threading.Event()

    def work(bar):
        try:
            for done in range(1000):
                bar.write(line(done, 1000))
                written.append(done)
                if done == 2:
                    go.wait(30)
        except umap.Ended:
            ended.set()
            raise

    numbers = iter(umap.Watched(work))
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    numbers.close()
    go.set()
    assert ended.wait(30)
    assert written == [0, 1, 2]


def test_an_error_of_the_work_is_raised_where_it_is_waited_for():
    def work(bar):
        bar.write(line(1, 2))
        raise NnvizError("no room")

    numbers = iter(umap.Watched(work))
    assert next(numbers) == 1
    with pytest.raises(NnvizError, match="no room"):
        next(numbers)
