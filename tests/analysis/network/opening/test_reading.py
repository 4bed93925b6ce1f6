"""What is read of a file takes no more memory than it has letters, and says no more than one can read."""

import subprocess
import sys

import pytest

from nnviz.analysis.network.opening.mending import Mending
from nnviz.analysis.network.opening.repairs import mended

PEAK = """
import resource
from nnviz.analysis.network.opening.checked_json import parse
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
parse({text})
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in kilobytes there alone")
@pytest.mark.parametrize(
    "text", ["""b'{"a":"' + b"x" * 30_000_000 + b'"}'""", """b'{"a":"' + b"\\\\n" * 15_000_000 + b'"}'"""]
)
def test_a_long_text_takes_a_few_times_its_size(text):
    """In a process of its own: what it takes at most is never given back."""
    done = subprocess.run([sys.executable, "-c", PEAK.format(text=text)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 400


def test_notes_are_short_and_few():
    named = {
        "class_name": "Sequential",
        "config": {
            "name": "n" * 50_000,
            "layers": [{"class_name": "Dense", "config": {"batch_input_shape": [None, 4], "units": 1}}],
        },
    }
    _, notes = mended(named)
    assert notes
    assert max(map(len, notes)) < 310
    how = Mending(True, {})
    for number in range(1000):
        how.note(f"Layer {number} was mended.")
    assert len(how.notes) == 50
