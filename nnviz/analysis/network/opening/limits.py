"""Limits of a child process: memory, time, the size of what it writes, and no network."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

try:
    import resource
except ImportError:  # Windows has none of these limits
    resource = None  # type: ignore[assignment]

MIB = 2**20
OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS)
"""What is no fault of a file: it may open the next time."""
_MEMORY = 500 * MIB
"""What a child may take beside what its process had before it began."""
_SECONDS = 10
_WRITTEN = 64 * MIB
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system", "os.startfile", "pty.")


def begin() -> None:
    """Put this process under its limits, for good."""
    if sys.platform == "linux":
        # Only a process of one thread may: refused elsewhere, where the hook below still stands.
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
    sys.addaudithook(_forbid)
    allow(memory=0, seconds=0, written=_WRITTEN)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow(memory: int, seconds: float, written: int) -> None:
    """Give this process, from now on, as much beside what it has taken.

    Args:
        memory: bytes more than `_MEMORY`.
        seconds: of CPU, more than `_SECONDS`.
        written: bytes of its largest file.
    """
    if resource is None:
        return
    used = sum(os.times()[:2])
    for kind, soft in (
        (resource.RLIMIT_DATA, _data() + _MEMORY + memory),
        (resource.RLIMIT_CPU, int(used + _SECONDS + seconds) + 1),
        (resource.RLIMIT_FSIZE, written),
    ):
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise
            # Elsewhere a system may have a limit and refuse values of it.


def _data() -> int:
    """Bytes that this process may write to, as the limit counts them."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
    except (OSError, StopIteration):
        return 1024 * MIB


def _forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for a model file.")
