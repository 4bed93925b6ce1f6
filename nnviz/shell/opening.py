"""Opening a network of one's own: work with a bar, while the page stays as it is; and why one was refused.

A viewer's choice is opened as a job; when it is done, the address says so. What was refused is said on every page,
until he chooses something else.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from nnviz.analysis.cache import Cache
from nnviz.analysis.data import photographs
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.shell import address, jobs, library, models, own_cards, uploads
from nnviz.shell.jobs import Job
from nnviz.shell.models import Source
from nnviz.shell.session import OF_NETWORK

QUEUE = "open"
"""Name of the queue of what is being opened; its bar is drawn by the app."""
_UNDER_WAY = "network being opened"
_REFUSED = "network refused"
_SWAPPED = "picture taken with the network"


@dataclass(frozen=True, eq=False)
class _Asked:
    """A source that is being opened.

    Attributes:
        labels: names of its classes as they came with it, or "".
    """

    source: Source
    job: Job
    labels: str = ""


def choose(name: str) -> None:
    """Show the network of that name: at once where it is open or ships, else when it is."""
    let_go()
    source = library.source(name)
    if not source.own or models.is_open(source):
        try:
            show(name)
        except NnvizError as error:  # one that was refused before
            refuse(str(error))
    else:
        _begin(_Asked(source, _job(source)))


def take(files: Sequence[uploads.Upload]) -> None:
    """Open what was uploaded; what is no model is refused."""
    let_go()
    try:
        source = uploads.place(files, library.network_names())
    except NnvizError as error:
        refuse(str(error))
        return
    labels = next((_text(file) for file in files if Path(file.name).suffix.lower() == ".txt"), "")
    _begin(_Asked(source, _job(source, files), labels))


def _job(source: Source, files: Sequence[uploads.Upload] = ()) -> Job:
    """The work; its result is the network, which is kept elsewhere."""
    key = str(source.path) if files else models.key(source)
    return Job(f"Opening {source.path.name}", ("open", key), lambda: _steps(source, files), Cache(0))


def _text(file: uploads.Upload) -> str:
    file.seek(0)
    return file.read(2**20).decode("utf-8", "replace")


def _begin(asked: _Asked) -> None:
    jobs.again(QUEUE)
    st.session_state[_UNDER_WAY] = asked


def _steps(source: Source, files: Sequence[uploads.Upload] = ()) -> Generator[Progress, None, str]:
    """Written to the disk, opened, run once."""
    total, size = 100, sum(file.size for file in files)
    copied = 30 if files else 0
    with in_one_sentence("A model that can be shown", source.path.name):
        for done in uploads.write(files, source):
            yield Progress(copied * done // max(size, 1), total)
        yield Progress(copied, total)
        network = models.opened(source)
        yield Progress(80, total)
        library.warm(network)
        yield Progress(95, total)
        # What is asked first when it is shown, and may take a look at some pictures.
        _ = network.input.doubt
        _ = photographs.read_by(network)
    return source.name


def settle() -> bool:
    """Bring what is being opened up to date, before a page reads the address; whether a page can be drawn already.

    It cannot where the address names a network that nobody has opened yet: a link that is opened first.
    """
    name = address.read().get("net")
    asked: _Asked | None = st.session_state.get(_UNDER_WAY)
    if asked is None and name is not None:
        source = library.sources().get(name)
        if source is not None and source.own and _must_wait(source):
            asked = _Asked(source, _job(source))
            _begin(asked)
    if asked is None:
        return True
    job = jobs.begin(QUEUE, asked.job)
    if job.busy:
        return name != asked.source.name
    del st.session_state[_UNDER_WAY]
    jobs.again(QUEUE)  # it holds what was uploaded
    if job.state == "done":
        _opened(asked)
    elif job.state == "failed":
        refuse(job.reason)
    if job.state != "done" and name == asked.source.name:
        address.write(net=library.safe()["net"], **dict.fromkeys(OF_NETWORK))
    return True


def _must_wait(source: Source) -> bool:
    try:
        return not models.is_open(source)
    except NnvizError:  # its file is gone: said by who reads the address
        return False


def _opened(asked: _Asked) -> None:
    source = asked.source
    if source.origin == "upload" and source.name not in uploads.of_viewer():
        uploads.keep(source)
    names = own_cards.class_names(asked.labels)
    if len(names) == len(library.network(source.name).classes):
        own_cards.put(source.name, {**library.network(source.name).card, "classes": names})
    show(source.name)


def show(name: str) -> None:
    """Let the address say another network: its first layer, and a picture that it reads where the one that is shown is
    none."""
    found, shown = library.network(name), address.read().get("image")
    moved: dict[str, Any] = dict.fromkeys(OF_NETWORK)
    if shown is not None and not library.fits(shown, found):
        first = moved["image"] = library.first_picture(found)
        said = f"{name} reads {'photographs' if photographs.read_by(found) else 'digits'}: {first} for {shown}."
        st.session_state[_SWAPPED] = (name, first, said)
    address.write(net=name, **moved)


def swapped(name: str, picture: str) -> str:
    """That this picture was taken with this network, in the place of one that it does not read; else nothing."""
    *place, said = st.session_state.get(_SWAPPED, (None, None, ""))
    return f" {said}" if place == [name, picture] else ""


def refuse(reason: str) -> None:
    """Note why a network or a picture could not be shown: it stands on every page while what is shown instead is."""
    st.session_state[_REFUSED] = (reason, address.read().get("net"))


def refused() -> str:
    """Why what the viewer wanted is not what is shown; else nothing."""
    reason, shown = st.session_state.get(_REFUSED, ("", None))
    return reason if shown in (None, address.read().get("net")) else ""


def let_go() -> None:
    """What was refused is said no more: the viewer chose anew, or has read it."""
    st.session_state.pop(_REFUSED, None)
