"""Many viewers on one server: `python benchmarks/viewers.py [--viewers 10 50] [--seconds 120] [--json FILE]`.

Each viewer speaks the protocol of Streamlit's browser code over a WebSocket of his own: he opens an address, answers
the timers of the page, reads for a while once it stands still, and goes on to the next one. No browser runs, so its
drawing is in no figure; the viewers' own process takes its share of the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from benchmarks.measuring import ROOT, answering, free_port, milliseconds, report, serving, table

GOALS = {10: 1.0, 50: 5.0}
"""Seconds that the 95th percentile of a page may take, by the number of viewers."""
PAGES = (
    *("", "neuron", "flatten", "mlp-vs-cnn", "convolution", "filters", "maps", "pooling", "strokes", "decision"),
    *("saliency", "data", "preferred", "dossier", "cats"),
)
NETWORKS = ("mnist-cnn", "mnist-mlp")
PATIENCE, SILENT = 120.0, 0.1
"""Seconds after which a page counts as failed, and after which one that says nothing more is over."""
HEADS = ("Viewers", "Pages", "p50 s", "p95 s", "Work done p95 s", "Errors", "MB a viewer", "Goal")


@dataclass
class Viewer:
    """What one viewer met: seconds until a page's run had ended, until its timers had too, and what went wrong."""

    number: int
    shown: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def addresses(self) -> Iterator[tuple[str, str]]:
        """All pages, one after the other, each viewer from another one on; every round with other pictures."""
        draw = random.Random(self.number)
        for page in islice(cycle(PAGES), self.number % len(PAGES), None):
            net = draw.choice(NETWORKS)
            yield page, urlencode({"net": net, "image": f"test-{draw.randrange(200)}", "unit": draw.randrange(8)})

    async def step_through(self, url: str, seconds: float, pause: float) -> None:
        """Open page after page until the time is over, with a pause of about so many seconds after each."""
        draw, end = random.Random(1000 + self.number), time.perf_counter() + seconds
        # So that not all of them press at once.
        await asyncio.sleep(draw.uniform(0, pause))
        async with connect(url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            for page, query in self.addresses():
                if time.perf_counter() > end:
                    return
                await self._open(socket, page, query, end)
                await asyncio.sleep(draw.uniform(0.5, 1.5) * pause)

    async def _open(self, socket: Any, page: str, query: str, end: float) -> None:
        began, shown = time.perf_counter(), 0.0
        await socket.send(_rerun(page, query))
        drawn: dict[str, float] = {}
        due: dict[str, float] = {}
        last, runs = began, True
        # Runs that are asked for while one is under way may be made as one: over is what stays silent for a while.
        while runs or due or time.perf_counter() < last + SILENT:
            ends = min([*due.values(), began + PATIENCE if runs or due else last + SILENT])
            message = None
            with suppress(TimeoutError):
                wait = max(ends - time.perf_counter(), 0.001)
                message = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(), wait))
            now = time.perf_counter()
            if now > began + PATIENCE:
                self.errors.append(f"{page}: not done after {PATIENCE:g} s")
                return
            if message is None:
                for name in [name for name, at in due.items() if at <= now]:
                    due.pop(name)
                    runs = True
                    await socket.send(_rerun(page, query, name))
                continue
            kind, last = message.WhichOneof("type"), now
            self._note(page, kind, message)
            if kind == "new_session":
                runs = True
            elif kind == "auto_rerun":
                drawn[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "stop_auto_rerun":
                drawn, due = {}, {}
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                runs, shown = False, shown or now - began
                # A timer starts once it is drawn, and again with each run that draws it.
                due |= {name: now + interval for name, interval in drawn.items()}
                drawn = {}
            if now > end + 30:
                return
        self.shown.append(shown)
        self.done.append(last - began)

    def _note(self, page: str, kind: str | None, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if kind == "delta" and element.HasField("exception"):
            self.errors.append(f"{page}: {element.exception.message[:200]}")
        elif kind == "delta" and element.alert.format == Alert.ERROR:
            self.errors.append(f"{page}: {element.alert.body[:200]}")
        elif kind == "page_not_found":
            self.errors.append(f"{page}: not found")


def _rerun(page: str, query: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = bool(fragment)
    return message.SerializeToString()


async def _all(url: str, count: int, seconds: float, pause: float, memory: list[float], server: int) -> list[Viewer]:
    viewers = [Viewer(number) for number in range(count)]
    tasks = [asyncio.create_task(viewer.step_through(url, seconds, pause)) for viewer in viewers]
    while not all(task.done() for task in tasks):
        memory.append(resident(server))
        await asyncio.sleep(1)
    for viewer, task in zip(viewers, tasks, strict=True):
        if (error := task.exception()) is not None:
            viewer.errors.append(f"{type(error).__name__}: {error}")
    return viewers


def resident(process: int) -> float:
    """What a process holds in memory, in MB (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


def measured(count: int, seconds: float, pause: float) -> dict[str, Any]:
    """A server of its own, visited once by one viewer on all pages, then by `count` at once."""
    port = free_port()
    with serving(ROOT / "dashboard.py", port) as log:
        answering(port)
        url, server = f"ws://localhost:{port}/_stcore/stream", log.process
        # One round alone, so that what is made once for all is not laid at anybody's door.
        asyncio.run(_all(url, 1, 60, 0.2, [], server))
        before, memory = resident(server), [0.0]
        viewers = asyncio.run(_all(url, count, seconds, pause, memory, server))
    shown = [taken for viewer in viewers for taken in viewer.shown]
    done = [taken for viewer in viewers for taken in viewer.done]
    errors = [error for viewer in viewers for error in viewer.errors]
    return {
        "viewers": count,
        "pages": len(shown),
        "p50_s": milliseconds(shown) / 1000,
        "p95_s": milliseconds(shown, 95) / 1000,
        "done_p95_s": milliseconds(done, 95) / 1000,
        "errors": errors,
        "before_mb": before,
        "peak_mb": max(memory),
        "mb_a_viewer": (max(memory) - before) / count,
    }


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--seconds", type=float, default=120, help="how long they step through pages")
    parser.add_argument("--pause", type=float, default=8, help="about how many seconds a viewer looks at a page")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args()
    found = [measured(count, asked.seconds, asked.pause) for count in asked.viewers]
    print(table(HEADS, [_row(row) for row in found]))
    for row in found:
        for error in sorted(set(row["errors"])):
            print(f"{row['viewers']} viewers: {error}")
    report({"viewers": found, "pause": asked.pause}, asked.json)


def _row(row: dict[str, Any]) -> list[Any]:
    goal = GOALS.get(row["viewers"])
    met = "" if goal is None else f"{goal:g} s {'met' if row['p95_s'] <= goal else 'missed'}"
    times = [f"{row[name]:.2f}" for name in ("p50_s", "p95_s", "done_p95_s")]
    return [row["viewers"], row["pages"], *times, len(row["errors"]), f"{row['mb_a_viewer']:.1f}", met]


if __name__ == "__main__":
    main()
