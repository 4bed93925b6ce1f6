"""The limits of the child process, in a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from nnviz.analysis.network.opening import limits

# By its path: the package would import Keras first.
BEGIN = f"""
import importlib.util, resource, socket, subprocess, sys, time
spec = importlib.util.spec_from_file_location("limits", {limits.__file__!r})
limits = importlib.util.module_from_spec(spec)
spec.loader.exec_module(limits)
limits.begin()
"""
TRIED = {
    "a connection": ("socket.create_connection(('127.0.0.1', 9), 1)", "PermissionError"),
    "a name": ("socket.getaddrinfo('localhost', 80)", "PermissionError"),
    "a program": ("subprocess.run(['true'])", "PermissionError"),
    "memory": ("bytearray(700 * 2**20)", "MemoryError"),
    "a file": ("open('large', 'wb').write(bytes(65 * 2**20))", "OSError"),
    "a core": ("assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0); raise KeyError", "KeyError"),
    "a time": ("assert resource.getrlimit(resource.RLIMIT_CPU)[0] <= 12; raise KeyError", "KeyError"),
    "more memory": ("limits.allow(300 * 2**20, 0, 0); bytearray(700 * 2**20); raise KeyError", "KeyError"),
    "a larger file": ("limits.allow(0, 0, 2**27); open('l', 'wb').write(bytes(2**26 + 1)); raise KeyError", "KeyError"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize("what", TRIED)
def test_a_child_cannot_take_more_than_it_may(what, tmp_path):
    tried, error = TRIED[what]
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + tried], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(error), done.stderr
    assert not any(path.stat().st_size > 65 * limits.MIB for path in Path(tmp_path).iterdir())
