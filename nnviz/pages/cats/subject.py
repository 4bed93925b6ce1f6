"""What the page is about: a photograph and a network that reads photographs, whatever the address names."""

from __future__ import annotations

from typing import Any

from nnviz.analysis.data import photographs
from nnviz.shell import address, library
from nnviz.shell.session import OF_NETWORK, Session, elsewhere

NETWORK = "photo-cnn"
"""What reads the photograph where the network of the address reads something else."""


_KINDS = ("classes", "labels", "number")
"""What the page has words for."""


def subject(session: Session) -> tuple[Session, str]:
    """What is shown, and in a sentence why it is not what the address says; nothing where it is.

    The address stays as it is until something is picked here: who only looks in finds his digit again elsewhere.
    """
    name, picture = session.name, session.picture
    if not photographs.read_by(session.network) or session.network.output.kind not in _KINDS:
        name = NETWORK
    if not library.fits(picture.name, library.bundled_network(NETWORK)):
        picture = library.picture(_first())
    if name == session.name and picture is session.picture:
        return session, ""
    return elsewhere(session, name, picture), _why(session, name, picture)


def _why(session: Session, name: str, picture: library.Picture) -> str:
    """What is shown instead of what the sidebar names, and why."""
    if name == session.name:
        return f"{session.picture.title.capitalize()} is no photograph: {name} looks at {picture.title}."
    reads = photographs.read_by(session.network)
    reason = "gives no classes" if reads else "reads no photographs"
    return f"{session.name} {reason}: here {name} looks at {picture.title}."


def _first() -> str:
    """The photograph that stands for a digit."""
    return library.first_picture(library.bundled_network(NETWORK))


def take(session: Session, **more: Any) -> None:
    """Let the address say what is shown here, and more."""
    left = {} if address.read().get("net") == session.name else dict.fromkeys(OF_NETWORK)
    address.write(**{**left, "net": session.name, "image": session.picture.name, **more})
