"""The wire between a browser and the app, which a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Wire:
    """Passes on what comes to its port to the app's, both ways, unless it is cut, or deaf to the browser."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._cut = False
        self._ends: list[socket.socket] = []
        self.deaf = False
        self.lost = threading.Event()
        """That a message of the browser went nowhere: more than what keeps a connection awake."""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._door.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and take no new one."""
        self._cut = True
        while self._ends:
            _end(self._ends.pop())

    def mend(self) -> None:
        """Pass on again."""
        self._cut = self.deaf = False

    def close(self) -> None:
        """End it for good."""
        self.cut()
        _end(self._door)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._door.accept()
                if self._cut:
                    _end(here)
                    continue
                there = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [here, there]
                threading.Thread(target=self._pass, args=(here, there, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(there, here, False), daemon=True).start()

    def _pass(self, source: socket.socket, goal: socket.socket, from_browser: bool) -> None:
        with contextlib.suppress(OSError):
            while found := source.recv(1 << 16):
                if not (from_browser and self.deaf):
                    goal.sendall(found)
                elif len(found) > 100:
                    self.lost.set()
        _end(source)
        _end(goal)


def _end(socket_: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket_.shutdown(socket.SHUT_RDWR)
    socket_.close()


@contextlib.contextmanager
def wire(port: int) -> Iterator[Wire]:
    """A wire to the app at a port of this machine."""
    made = Wire(port)
    try:
        yield made
    finally:
        made.close()
