"""What the page is about: a photograph and a network that reads photographs, whatever the address names."""

from __future__ import annotations

from typing import Any

from nnviz.analysis import digits, photographs
from nnviz.analysis.network import Network
from nnviz.pages import address, library, session
from nnviz.pages.session import Session

NETWORK = "photo-cnn"
"""What reads the photograph where the network of the address reads something else."""


def reads(network: Network) -> bool:
    """Whether a network can be asked about photographs: its card says so, or it takes colours and tells no digits."""
    return photographs.read_by(network) or (network.image_shape[-1] == 3 and not digits.read_by(network))


def subject(current: Session) -> tuple[Session, str]:
    """What is shown, and in a sentence why it is not what the address says; nothing where it is.

    The address stays as it is until something is picked here: who only looks in finds his digit again elsewhere.
    """
    name, picture = current.name, current.picture
    if not reads(current.network):
        name = NETWORK
    if not library.fits(picture.name, library.bundled_network(NETWORK)):
        picture = library.picture(_first())
    if name == current.name and picture is current.picture:
        return current, ""
    swapped = [f"{name} for {current.name}"] * (name != current.name)
    if picture is not current.picture:
        swapped.append(f"{picture.title} for {current.picture.title}")
    why = f"Photographs only: {'; '.join(swapped)}."
    return session.elsewhere(current, name, picture), why


def _first() -> str:
    """The photograph that stands for a digit."""
    return library.first_picture(library.bundled_network(NETWORK))


def take(seen: Session, **more: Any) -> None:
    """Let the address say what is shown here, and more."""
    left = {} if address.read().get("net") == seen.name else dict.fromkeys(session.OF_NETWORK)
    address.write(**{**left, "net": seen.name, "image": seen.picture.name, **more})
