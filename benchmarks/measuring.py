"""What the benchmarks share: timing two things in turn, their ratio, a table, and what they were measured on."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

ROOT = Path(__file__).parents[1]
PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "streamlit", "plotly", "playwright")


def seconds(job: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def interleaved(jobs: Mapping[str, Callable[[], object]], repeats: int, warm: int = 3) -> dict[str, np.ndarray]:
    """Seconds of `repeats` calls of each job, taken in turn: A B, B A, A B ..., so that noise meets all alike."""
    names = list(jobs)
    for _ in range(warm):
        for name in names:
            jobs[name]()
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names if turn % 2 == 0 else reversed(names):
            taken[name].append(seconds(jobs[name]))
    return {name: np.array(times) for name, times in taken.items()}


def ratio(times: np.ndarray, floor: np.ndarray) -> dict[str, float]:
    """The ratio of the medians, and the quartiles of the ratios of calls made one after the other."""
    low, high = np.percentile(times / floor, (25, 75))
    return {"ratio": float(np.median(times) / np.median(floor)), "low": float(low), "high": float(high)}


def milliseconds(times: Sequence[float] | np.ndarray, percentile: float = 50) -> float:
    """A percentile of times in seconds, in milliseconds."""
    return float(np.percentile(times, percentile) * 1000)


def machine() -> dict[str, Any]:
    """What it was measured on; no name of the machine, and no path."""
    found: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    if hasattr(os, "getloadavg"):
        found["load"] = round(os.getloadavg()[0], 2)
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table, its columns as wide as what stands in them."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        first, *rest = (cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in _columns(row))
        return f"| {' | '.join([first, *rest])} |"

    def _columns(row: Sequence[str]) -> list[tuple[int, tuple[str, int]]]:
        return list(enumerate(zip(row, widths, strict=True)))

    rule = f"|{'|'.join('-' * (width + 1) + (':' if at else '-') for at, width in enumerate(widths))}|"
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def report(found: dict[str, Any], path: Path | None) -> None:
    """Write what was found, and what it was measured on, as JSON."""
    if path is not None:
        path.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n", encoding="utf-8")


def launch(playwright: Any) -> Any:
    """A Chromium or Chrome of this machine, else the one that Playwright downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    own = next((path for name in names if (path := shutil.which(name))), None)
    # As root in a container Chromium has no sandbox; without a graphics card its own software draws what is in space.
    software = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
    return playwright.chromium.launch(executable_path=own, args=["--no-sandbox", "--disable-dev-shm-usage", *software])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Log:
    """The lines that a process writes, each with the time at which it came."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process.pid
        self.lines: list[tuple[float, str]] = []
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.lines.append((time.perf_counter(), line.rstrip()))


@contextmanager
def serving(script: Path, port: int, **environment: str) -> Iterator[Log]:
    """A Streamlit server of `script`, ended afterwards."""
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--browser.gatherUsageStats", "false"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Log(process)
    finally:
        process.terminate()
        process.wait(20)


def answering(port: int, limit: float = 90) -> float:
    """Wait until a server answers; the time at which it did (`time.perf_counter`)."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        with suppress(URLError, OSError), urlopen(f"http://localhost:{port}/_stcore/health", timeout=2) as found:
            if found.status == 200:
                return time.perf_counter()
        time.sleep(0.02)
    raise TimeoutError(f"A server on port {port} was expected. Received: no answer in {limit:g} s.")
