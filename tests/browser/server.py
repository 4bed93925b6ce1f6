"""The app in a process of its own, started as a speaker starts it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """The app in a process of its own."""

    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    """None where another process has started it."""

    @property
    def runs(self) -> bool:
        """Whether it has not ended; asked by the process that started it."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.runs:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"The app did not start:\n{self.log.read_text()}")


@contextlib.contextmanager
def serving(log: Path, *arguments: str, base: str = "") -> Iterator[Server]:
    """The app with the settings that users get, with what stands behind `--`, below the path `base`."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.baseUrlPath", base, "--", *arguments]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=quiet)
    try:
        server = Server(f"http://localhost:{port}{base}", log, process)
        server.wait()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def shared(place: Path) -> Iterator[Server]:
    """One app for all processes of a test run: the first that asks for it starts it, and ends it when all have left.

    A process that dies lets go of its locks, so none is waited for in vain.

    Args:
        place: a folder that all of them have.
    """
    place.mkdir(exist_ok=True)
    address, log = place / "address.txt", place / "log.txt"
    with contextlib.ExitStack() as stack:
        users = stack.enter_context((place / "users").open("w"))
        fcntl.flock(users, fcntl.LOCK_SH)
        with (place / "door").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            if not address.exists():
                found = stack.enter_context(serving(log))
                address.write_text(found.url)
                stack.callback(address.unlink)
                stack.callback(fcntl.flock, users, fcntl.LOCK_EX)
            else:
                found = Server(address.read_text(), log)
        yield found
