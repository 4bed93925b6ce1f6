"""What happens once, when the server starts: the command line is read, and TensorFlow is imported.

This module imports neither TensorFlow nor Streamlit, so that the server is up before they are.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnviz.errors import NnvizError, in_one_sentence
from nnviz.installation import version
from nnviz.shell import options
from nnviz.shell.options import Options, is_saved_model


@dataclass
class Warmup:
    """The work that the server begins with, in the background, and how long each part took (seconds).

    What fails is written to the log, and the rest is done: each page says of a file what is wrong with it, and shows
    what ships. But the first part is what all else needs; without it there is an error.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    doing: str = ""
    error: NnvizError | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def start(self, jobs: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """Run the jobs one after the other in a thread of their own."""
        threading.Thread(target=self._run, args=(tuple(jobs),), daemon=True, name="warm-up").start()

    def _run(self, jobs: Sequence[tuple[str, Callable[[], object]]]) -> None:
        try:
            for title, job in jobs:
                self.doing, began = title, time.perf_counter()
                try:
                    with in_one_sentence(f"A start with {title} ready", "none"):
                        job()
                except NnvizError as error:
                    print(f"nnviz: {error}", file=sys.stderr, flush=True)
                    if not self.seconds:
                        self.error = error
                        return
                    continue
                self.seconds[title] = time.perf_counter() - began
                print(f"nnviz: {title} ready after {self.seconds[title]:.2f} s", flush=True)
        finally:
            self.done.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is done. Raises NnvizError, in the thread of who waits, where nothing can be shown."""
        finished = self.done.wait(timeout)
        if finished and self.error is not None:
            raise self.error
        return finished


warmup = Warmup()
_POLITE = 0.0002
"""Seconds after which the import of TensorFlow lets another thread go on."""
_AFTER_FIRST = 5.0
"""Seconds from all that the first picture needs until the first picture is surely drawn."""
program = "streamlit run dashboard.py --"
"""How the app was started, for `--help` and for what is wrong on the command line."""


def parser() -> argparse.ArgumentParser:
    """What stands on the command line."""
    found = argparse.ArgumentParser(
        prog=program,
        description="See what a neural net learned.",
        epilog="" if "streamlit" in program else "Options of the server stand after --: nnviz -- --server.port 8600",
    )
    found.add_argument("--model", type=Path, help="a Keras model of one's own (.keras, .h5, a SavedModel folder)")
    found.add_argument("--image", type=Path, help="a picture of one's own")
    found.add_argument("--card", type=Path, help="facts about the model (JSON): classes, scale and offset of its input")
    found.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="MODEL",
        help="a model of one's own whose code may run: a Lambda, a class of one's own (may be given more than once)",
    )
    found.add_argument("--talk", type=Path, help="a talk of one's own (YAML); see the README")
    found.add_argument("--folder", type=Path, help="a folder with pictures of one's own, searched with its sub-folders")
    found.add_argument("--version", action="version", version=f"nnviz {version()}")
    return found


def read_command_line(arguments: Sequence[str]) -> Options:
    """Check the command line. Ends the process with a sentence where a file is missing."""
    options_of = parser()
    found = options_of.parse_args(arguments)
    for name in ("image", "card", "talk"):
        path = getattr(found, name)
        if path is not None and not path.is_file():
            options_of.error(f"--{name}: an existing file was expected. Received: {path}")
    for name, given in (("model", [found.model] if found.model else []), ("trust", found.trust)):
        for path in given:
            if not path.is_file() and not is_saved_model(path):
                options_of.error(f"--{name}: an existing file was expected. Received: {path}")
    # What is trusted is to be opened: the first is the model where none is named.
    model = found.model or next(iter(found.trust), None)
    if found.card is not None and model is None:
        options_of.error("--card: it describes a model, so --model was expected too")
    if found.talk is not None:
        from nnviz.talk import scenes

        try:
            with in_one_sentence("A talk", found.talk.name):
                scenes.read(found.talk)
        except NnvizError as error:
            options_of.error(f"--talk: {error}")
    pictures = None
    if found.folder is not None:
        from nnviz.analysis.data.folder import folder

        try:
            with in_one_sentence("A folder with pictures", str(found.folder)):
                pictures = folder(found.folder)
                _ = pictures.first  # one at least can be read
        except NnvizError as error:
            options_of.error(f"--folder: {error}")
    models = os.environ.get("NNVIZ_MODELS")
    if models and not Path(models).is_dir():
        options_of.error(f"NNVIZ_MODELS: a folder with models was expected. Received: {models}")
    trusted = tuple(path.resolve() for path in found.trust)
    return Options(model, found.image, found.card, found.talk, pictures, Path(models) if models else None, trusted)


def begin(arguments: Sequence[str]) -> None:
    """Read the command line and start the background work. Called once, by the server."""
    options.given = read_command_line(arguments)
    jobs: list[tuple[str, Callable[[], object]]] = [("TensorFlow", _import_tensorflow), ("network", _first_network)]
    if options.given.talk is not None:
        jobs.append(("talk", _own_talk))
    # Last: the first picture is not slower for it.
    warmup.start([*jobs, ("trace", _first_trace), ("child for own models", _prepare)])


def _load_library() -> None:
    """Load TensorFlow's library while all other threads go on: by its import it would hold them up."""
    found = importlib.util.find_spec("tensorflow")
    if sys.platform != "linux" or found is None or found.origin is None:
        return
    libraries = sorted(Path(found.origin).parent.glob("libtensorflow_*.so.*"), reverse=True)
    for path in libraries:
        ctypes.CDLL(None).dlopen(os.fsencode(path), os.RTLD_NOW | os.RTLD_LOCAL)


def _import_tensorflow() -> None:
    _load_library()
    interval = sys.getswitchinterval()
    # The first page is sent meanwhile, and each of its requests changes threads a dozen times.
    sys.setswitchinterval(_POLITE)
    # Modules hold no garbage, and to look for some among a million objects again and again is a quarter of the import.
    gc.disable()
    try:
        import tensorflow  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
        sys.setswitchinterval(interval)
    import nnviz.analysis.attribution  # noqa: F401

    keep_session()


def keep_session() -> None:
    """Let nothing empty Keras' session.

    Streamlit does so after every run of a script, and empties TensorFlow's kernels with it: the next call of each
    compiled function then takes as long as its first (0.3 s and more on MobileNetV2, for every viewer).
    """
    import keras

    keras.backend.clear_session = lambda *args, **kwargs: None


def _prepare() -> None:
    """Start the child that opens models of one's own, a little later: its imports would take a core from the first
    picture. Who brings a model before starts it himself."""
    from nnviz.analysis.network import opening

    later = threading.Timer(_AFTER_FIRST, opening.prepare)
    later.daemon = True
    later.start()


def _own_talk() -> None:
    """What only the networks can tell of a talk: whether its layers and units are there. Else the process ends."""
    from nnviz.talk import talks

    try:
        talks.check(talks.current())
    except NnvizError as error:
        print(f"nnviz: error: --talk: {error}", file=sys.stderr, flush=True)
        os._exit(2)


def _first_network() -> None:
    from nnviz.shell import library

    library.network(library.first_network())


def _first_trace() -> None:
    from nnviz.shell import library

    first = library.first_network()
    try:
        with in_one_sentence("A network that can be shown", first):
            library.warm(library.network(first))
    except NnvizError:  # one's own, of which each page says what is wrong with it: what ships is shown instead
        library.warm(library.network(library.safe()["net"]))
    finally:
        # Streamlit collects garbage after every run of a page, and would walk through all that TensorFlow brought
        # along each time: 0.2 s in which the next key press waits. What is here now stays for good.
        gc.collect()
        gc.freeze()
