"""What the page of higher levels says: how much a unit sees, and which pictures excite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from nnviz.analysis import digits
from nnviz.analysis.images import Transform
from nnviz.analysis.layers import LayerInfo
from nnviz.analysis.receptive import Field
from nnviz.analysis.strongest import Hit, Strongest, by_logits
from nnviz.figures.words import number
from nnviz.pages.patch_panels import fitted_note
from nnviz.pages.searched import DIGITS, PHOTOGRAPHS, for_network
from nnviz.pages.session import Session

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
    current: Session,
    layers: Sequence[LayerInfo],
    fields: Mapping[str, Field | None],
    found: Strongest | None,
    hits: Sequence[Hit],
) -> str:
    """What the unit sees, against one of the first layer, and which pictures excite it."""
    layer, of = current.layer, for_network(current.network)
    if layer.index == 0:
        return "This is the picture as the network gets it: pick a layer to see how much of it one unit there sees."
    size = (current.fitted.pixels.shape[0], current.fitted.pixels.shape[1])
    own, first = (sees(fields[each.name], size) for each in (layer, layers[0]))
    what = f"Unit {current.unit} of {layer.name} sees "
    what += "the whole picture" if own == "whole" else f"{own} of the {size[0]}x{size[1]} pixels"
    if first not in (own, "whole"):
        what += f", where a unit of {layers[0].name} sees {first}"
    if found is None:
        return f"{what}; the {of.noun}s that excite it most are being searched."
    if not hits:
        return f"{what}; it is silent on all of {found.searched:,} {of.noun}s."
    if of is not DIGITS:
        return f"{what}. {of_photographs(found.searched, hits)}"
    return f"{what}. {of_digits(found.searched, hits, own == 'whole', by_logits(current.network, layer.name))}"


def of_photographs(searched: int, hits: Sequence[Hit]) -> str:
    """Which photographs excite it most and least."""
    first, last = hits[0], hits[-1]
    text = f"Of {searched} photographs {PHOTOGRAPHS.name(first.image)} excites it most ({number(first.value)})"
    if len(hits) < 2:
        return f"{text}, the others not at all."
    return f"{text}, {PHOTOGRAPHS.name(last.image)} least ({number(last.value)})."


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


def notes(current: Session, found: Strongest | None) -> str:
    """How it was searched, and what was done to the digits."""
    network = current.network
    noun, below = for_network(network).noun, "its digit and the unit's value"
    if noun != DIGITS.noun:
        below = f"the unit's value, and under the pointer its {noun}"
    text = f"Below each patch {below}; chequers stand beyond the border. Pick one to open it."
    if found is not None and found.searched < found.available:
        text += f" {found.searched:,} of the {found.available:,} test {noun}s were searched, drawn at random."
    if current.transform != Transform(shuffle=network.shuffle):
        text += f" The {noun}s are searched as they are, whatever is done to the picture."
    if note := fitted_note(network):
        text += f" For this network {note.replace('The picture was', f'each {noun} is')}"
    if network.shuffle is not None:
        text += " The digits are shuffled as this network was trained: neighbours in a patch are none in the digit."
    return text
