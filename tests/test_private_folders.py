"""What a killed process left is removed, and what another one has stays."""

import subprocess
import sys
from pathlib import Path

from nnviz.private_folders import private_folder, sweep

MADE = "import os; from nnviz.private_folders import private_folder; f = private_folder(); print(f.name, flush=True); "


def test_only_what_nobody_has_any_more_is_removed():
    with private_folder() as own:
        killed = subprocess.run(
            [sys.executable, "-c", MADE + "os._exit(9)"], capture_output=True, text=True, check=False
        )
        running = subprocess.Popen(
            [sys.executable, "-c", MADE + "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        kept, left = Path(running.stdout.readline().strip()), Path(killed.stdout.strip())
        assert left.is_dir()
        sweep()
        assert (left.exists(), kept.is_dir(), Path(own).is_dir()) == (False, True, True)
        running.communicate("\n")
    assert not kept.exists()
