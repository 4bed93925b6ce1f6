"""The child process: TensorFlow is imported once, and each file is opened in a fork of its own that has limits.

Nothing is computed before a fork, so TensorFlow has started no threads yet. Each line on standard input is a request;
its answer is written beside the file, and a line on standard output says how the fork ended and how many bytes it had
at most.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnviz.analysis.network.opening import building, config, container, limits, reading
from nnviz.analysis.network.opening.limits import MIB, OF_THE_MACHINE
from nnviz.errors import NnvizError

ANSWER = "answer.json"
READ, RUN = "read", "run"
_LAYERS_A_SECOND = 100
"""Layers that are given their weights and run once, on a slow machine that does much else."""
FORKS = sys.platform == "linux"
"""Whether a process that has imported TensorFlow can be forked; elsewhere each file takes a process of its own."""


def serve() -> None:
    """Answer requests until standard input ends."""
    # Whatever a library prints goes elsewhere: standard output is for the answers alone.
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii") as answers:
        os.dup2(2, 1)
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            if not FORKS:
                _answer(request)
                print(0, 0, file=answers, flush=True)
                return
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    os.close(answers.fileno())
                    _answer(request)
                    status = 0
                finally:
                    os._exit(status)
            _, status, used = os.wait4(child, 0)
            print(os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024, file=answers, flush=True)


def _answer(request: dict[str, Any]) -> None:
    folder = Path(request["folder"])
    limits.begin()
    try:
        with _in_one_sentence():
            found: dict[str, Any] = _read(folder, request) if request["job"] == READ else _run(folder, request)
    except NnvizError as error:
        found = {"refused": str(error)}
    except OSError as error:
        found = {"hindered": f"Room to unpack the file was expected, and this machine says: {error.strerror}."}
    (folder / ANSWER).write_text(json.dumps(found), encoding="utf-8")


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    try:
        yield
    except NnvizError:
        raise
    except OSError as error:
        if error.errno in OF_THE_MACHINE:
            raise
        raise NnvizError("A sound file was expected, and this one is damaged (OSError).") from error
    except MemoryError as error:
        raise NnvizError("A file that needs no more memory than it says was expected, and this one does.") from error
    except Exception as error:  # C libraries raise what they like
        raise NnvizError(f"A sound file was expected, and this one is damaged ({type(error).__name__}).") from error


def _read(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    copy, most = folder / container.RECEIVED, request["most_bytes"]
    size = copy.stat().st_size
    limits.allow(memory=0, seconds=size / (50 * MIB), written=min(most, 20 * size) + 64 * MIB)
    return asdict(reading.read(copy, request["name"], most, request["trusted"]))


def _run(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    clean = folder / reading.CLEAN
    layers = config.uses(json.loads((clean / building.CONFIG).read_text(encoding="utf-8")))

    def allow(size: Any) -> None:
        limits.allow(
            memory=6 * size.weights + 3 * size.activations // 2,
            seconds=(size.weights + size.activations) / (100 * MIB) + layers / _LAYERS_A_SECOND,
            written=size.weights + 64 * MIB,
        )

    building.measure_and_run(clean, request["numbers"], allow)
    return {}
