"""What the page of higher levels says: how much a unit sees, and which pictures excite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from nnviz.analysis.data import digits
from nnviz.analysis.image.images import Transform
from nnviz.analysis.network.layers import LayerInfo
from nnviz.analysis.network.receptive import Field
from nnviz.analysis.search.strongest import Hit, Strongest, by_logits
from nnviz.figures.words import number
from nnviz.shell.session import Session
from nnviz.views.search.image_sets import DIGITS, Searched
from nnviz.views.search.index_job import unread
from nnviz.views.search.patch_panels import fitted_note

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def short(name: str, most: int) -> str:
    """A layer's name in at most so many letters, with the end left out: in deep nets the number stands before it."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def sees(field: Field | None, size: tuple[int, int]) -> str:
    """How much of a picture of `size` a unit sees, in pixels; "whole" where it is all of it wherever the unit stands.

    A field may be larger than the picture: then a unit sees at most so much.
    """
    if field is None:
        return "whole"
    return "x".join(str(min(extent.size, most)) for extent, most in zip(field, size, strict=True))


def sentence(
    session: Session,
    of: Searched,
    layers: Sequence[LayerInfo],
    fields: Mapping[str, Field | None],
    found: Strongest | None,
    hits: Sequence[Hit],
) -> str:
    """What the unit sees, against one of the first layer, and which pictures excite it."""
    layer = session.layer
    if layer.index == 0:
        return "This is the picture as the network gets it: pick a layer to see how much of it one unit there sees."
    size = (session.fitted.pixels.shape[0], session.fitted.pixels.shape[1])
    own, first = (sees(fields[each.name], size) for each in (layer, layers[0]))
    what = f"Unit {session.unit} of {layer.name} sees "
    what += "the whole picture" if own == "whole" else f"{own} of the {size[0]}x{size[1]} pixels"
    if first not in (own, "whole"):
        what += f", where a unit of {layers[0].name} sees {first}"
    if found is None:
        return f"{what}; the {of.noun}s that excite it most are being searched."
    if not hits:
        return f"{what}; it is silent on all of {found.searched:,} {of.noun}s."
    if of is not DIGITS:
        return f"{what}. {of_pictures(of, found.searched, hits)}"
    return f"{what}. {of_digits(found.searched, hits, own == 'whole', by_logits(session.network, layer.name))}"


def of_pictures(of: Searched, searched: int, hits: Sequence[Hit]) -> str:
    """Which pictures excite it most and least of those that are shown, and of which classes they are, where known."""
    first, last = hits[0], hits[-1]
    text = f"Of {searched:,} {of.noun}s {of.title(first.image)} excites it most ({number(first.value)})"
    if len(hits) < 2:
        return f"{text}, the others not at all."
    if searched <= len(hits):
        return f"{text}, {of.title(last.image)} least ({number(last.value)})."
    if of.labels is None:
        return f"{text}; the {_WORDS[len(hits)]} patches go down to {number(last.value)}."
    counts = Counter(str(of.labels[hit.image]) for hit in hits if of.labels[hit.image]).most_common(3)
    if not counts:
        return f"{text}."
    listed = ", ".join(f"{_WORDS[count]} of {label}" for label, count in counts)
    return f"{text}; of its {_WORDS[len(hits)]} strongest: {listed}."


def of_digits(searched: int, hits: Sequence[Hit], whole: bool, logits: bool) -> str:
    """Which digits the patches come from, and whether they are of one class."""
    counts = Counter(digits.digit(hit.image)[1] for hit in hits).most_common()
    parts = [f"{_WORDS[count]} {digit}{'s' if count > 1 else ''}" for digit, count in counts]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    plural = "s" if len(hits) > 1 else ""
    if whole:
        what = f"{_WORDS[len(hits)]} strongest of {searched:,} digits {'are' if plural else 'is'}"
    else:
        what = f"{_WORDS[len(hits)]} strongest patch{'es' if plural else ''} in {searched:,} digits"
        what += " are from" if plural else " is from"
    values = number(hits[0].value) + (f" to {number(hits[-1].value)}" if plural else "")
    so_what = f"{_WORDS[len(counts)]} classes share what excites it" if len(counts) > 1 else "all of one class"
    return f"Its {what} {listed} ({values}{' as logits' if logits else ''}): {so_what}."


def notes(session: Session, of: Searched, found: Strongest | None) -> str:
    """How it was searched, and what was done to the pictures."""
    network, noun, below = session.network, of.noun, "its digit and the unit's value"
    if of is not DIGITS:
        below = f"the unit's value, and under the pointer its {noun}"
    text = f"Below each patch {below}; chequers stand beyond the border. Pick one to open it."
    if found is not None and found.seen < found.available:
        kind = "test digit" if of is DIGITS else noun
        text += f" {found.searched:,} of the {found.available:,} {kind}s were searched, drawn at random."
    text += unread(of, found)
    if session.transform != Transform(shuffle=network.shuffle):
        text += f" The {noun}s are searched as they are, whatever is done to the picture."
    if note := fitted_note(network, of):
        text += f" For this network {note.replace('The picture was', f'each {noun} is')}"
    if network.shuffle is not None:
        text += f" The {noun}s are shuffled as this network was trained: neighbours in a patch are none in the {noun}."
    return text
