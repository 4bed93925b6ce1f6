"""A proxy that serves an app below a prefix, which it takes off before it asks the app, as nginx is often set up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

PREFIX = "/tools/nnviz"


@contextlib.contextmanager
def below_prefix(url: str) -> Iterator[str]:
    """The address at which the app at `url` is found below the prefix; all else there is 404."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = urlsplit(url).port

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(lambda *ends: _answer(*ends, port), "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PREFIX}"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Hand on the one request of a connection, and what both ends say after it."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.split(b" ")
        prefix = PREFIX.encode()
        if target == prefix:
            writer.write(b"HTTP/1.1 301 Moved\r\nLocation: " + prefix + b"/\r\nConnection: close\r\n\r\n")
            return
        if not target.startswith(prefix + b"/"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        headers = rest.split(b"\r\n")[:-2]
        if not any(header.lower().startswith(b"upgrade:") for header in headers):
            # One request a connection: a second one's address would pass as it is.
            headers = [header for header in headers if not header.lower().startswith(b"connection:")]
            headers.append(b"Connection: close")
        asked = b" ".join((method, target.removeprefix(prefix), version))
        from_app, to_app = await asyncio.open_connection("localhost", port)
        with contextlib.closing(to_app):
            to_app.write(b"\r\n".join((asked, *headers, b"", b"")))
            back = asyncio.create_task(_pipe(from_app, writer))
            there = asyncio.create_task(_pipe(reader, to_app))
            await back
            there.cancel()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
