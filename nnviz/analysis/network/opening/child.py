"""The parent's side of the child process: started when a file of one's own may come, and asked file by file."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from nnviz.analysis.network.opening.limits import MIB
from nnviz.analysis.network.opening.worker import ANSWER, FORKS
from nnviz.errors import NnvizError

_WORKER = "from nnviz.analysis.network.opening.worker import serve; serve()"
_PACKAGES = Path(__file__).parents[4]
_START = 120.0
"""Seconds that importing TensorFlow may take on a machine that does much else."""
_SECONDS = 120.0
"""Seconds on the clock for one answer, with a second for every `_A_SECOND` bytes; on the CPU it has far fewer."""
_A_SECOND = 20 * MIB
_LARGEST_ANSWER = 128 * MIB


class Died(NnvizError):
    """The child process has no answer: it ended, or was ended, or this machine could not."""


class Child:
    """A process that opens files. One is enough: it takes one file at a time.

    `peak` is the most bytes of memory that one file took.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._ready = False
        self.peak = 0

    def start(self) -> None:
        """Start it if it does not run, and wait for nothing."""
        with self._lock:
            self._started()

    def ask(self, job: str, folder: Path, size: int, **more: Any) -> dict[str, Any]:
        """The answer to one request, which works in a private folder.

        Args:
            job: `worker.READ` or `worker.RUN`.
            folder: where it reads and writes.
            size: bytes of the file, which say how long it may take.
            more: what else the job asks for.

        Raises:
            NnvizError: the child's own sentence, or that it died.
        """
        answer = folder / ANSWER
        answer.unlink(missing_ok=True)
        with self._lock:
            status = self._request({"job": job, "folder": str(folder), **more}, _SECONDS + size / _A_SECOND)
        if status != 0 or not answer.is_file() or answer.stat().st_size > _LARGEST_ANSWER:
            raise Died(f"A file that opens within its memory and time was expected, and this one {_ended(status)}.")
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        if "hindered" in found:
            raise Died(found["hindered"])
        if "refused" in found:
            raise NnvizError(found["refused"])
        return found

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
            self._process = subprocess.Popen(
                [sys.executable, "-c", _WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                text=True,
                start_new_session=True,
            )
            self._ready = False
        return self._process

    def _request(self, request: dict[str, Any], seconds: float) -> int | None:
        """How the fork for a request ended; None where it said nothing in time."""
        process = self._started()
        if not self._ready:
            self._ready = self._line(process, _START) == "ready"
        if self._ready and process.stdin is not None:
            try:
                print(json.dumps(request), file=process.stdin, flush=True)
                line = self._line(process, seconds)
                if line:
                    status, peak = map(int, line.split())
                    self.peak = max(self.peak, peak)
                    if not FORKS:
                        self._end()
                    return status
            except OSError:  # it is gone
                pass
        self._end()
        return None

    def _line(self, process: subprocess.Popen[str], seconds: float) -> str:
        said: list[str] = []
        output = process.stdout
        if output is None:
            return ""
        reader = threading.Thread(target=lambda: said.append(output.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        return said[0].strip() if said else ""

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if hasattr(os, "killpg") and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own: with its fork
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was not sent yet
                    continue


def _ended(status: int | None) -> str:
    if status is None:
        return "gave no answer in time"
    if status == -getattr(signal, "SIGXCPU", 0):
        return "takes more than 10 s to build and run"
    return "needs more memory than it says, or is damaged"


the = Child()
"""The one of this process."""
atexit.register(the.close)
