"""The pages of the talk: not views of a network, so they stand apart from the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nnviz.talk import rehearse, speaker, wall


@dataclass(frozen=True)
class Place:
    """A page of the talk.

    Attributes:
        title, icon, slug: as of every page.
        draw: draws it.
        menu: whether the menu stands above it.
    """

    title: str
    icon: str
    slug: str
    draw: Callable[[], None]
    menu: bool = False


TALK = Place("Start the talk", ":material/slideshow:", "talk", wall.draw)
REHEARSE = Place("Rehearse", ":material/checklist:", "rehearse", rehearse.draw, menu=True)
PREVIEW = Place("What comes next", ":material/preview:", "preview", wall.preview)
SPEAKER = Place("Speaker's view", ":material/speaker_notes:", "speaker", speaker.draw)

PLACES = (TALK, REHEARSE, PREVIEW, SPEAKER)
