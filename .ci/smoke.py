"""Uses the installed package as somebody would who has no clone: from any folder, in a notebook and by its command."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# pip has no need to ask anybody, and neither has a first start: its cache is one of its own.
os.environ["NNVIZ_CACHE"] = tempfile.mkdtemp()

ENVIRONMENT = Path(sys.argv[1]).resolve()
COMMAND = ENVIRONMENT / "bin" / "nnviz"


def said(*arguments: str) -> str:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def package() -> None:
    import nnviz

    assert ENVIRONMENT in Path(nnviz.__file__).parents, nnviz.__file__
    assert said("--version") == f"nnviz {nnviz.__version__}"
    assert "--model MODEL" in said("--help")
    assert len(nnviz.bundled()) == 5, nnviz.bundled()
    for name in nnviz.bundled():
        network = nnviz.load(name)
        photograph = network.card.get("data") == "photographs"
        picture = nnviz.photographs.photograph("cat") if photograph else nnviz.digits.digit(0)[0]
        trace = nnviz.trace(network, picture)
        print(f"{name}: {network.classes[trace.winner]}")
        assert photograph or name.endswith("-shuffled") or network.classes[trace.winner] == "7"
    from nnviz.talk import scenes

    assert len(scenes.bundled().scenes) == 26


def command() -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    log = Path("log.txt")
    asked = [COMMAND, "--", "--server.port", str(port), "--server.headless", "true"]
    with log.open("w") as out:
        server = subprocess.Popen(asked, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 120
        # The last part of a start: the first picture can be drawn.
        while "trace ready" not in log.read_text() and server.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert "trace ready" in log.read_text(), log.read_text()
        address = f"http://localhost:{port}/filters"
        with urllib.request.urlopen(
            urllib.request.Request(address, headers={"accept": "text/html"}), timeout=30
        ) as page:
            assert "BACKEND_BASE_URL" in page.read().decode()
        # As .streamlit/config.toml has it.
        assert "usage statistics" not in log.read_text(), log.read_text()
        assert f"localhost:{port}" in log.read_text(), log.read_text()
    finally:
        server.terminate()
        assert server.wait(30) in (0, -15), server.returncode


package()
command()
print("The installed package works.")
