"""The settings of a network of one's own as a form: what comes of it is a card, the viewer's until he keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from nnviz.analysis.network.network import with_card
from nnviz.errors import NnvizError, in_one_sentence
from nnviz.shell import address, library, own_cards
from nnviz.shell.markdown import escape_markdown
from nnviz.shell.page import complain, small
from nnviz.shell.session import OF_NETWORK, Session

FOUND = "as found"
RANGES = ("0..255", "0..1", "-1..1", "caffe", "torch")
OWN = "own scale and offset"
KINDS = ("classes", "labels", "number", "numbers", "picture", "steps")
_PIXELS = {
    FOUND: "As found",
    "0..255": "0 to 255: pixels as they are",
    "0..1": "0 to 1",
    "-1..1": "-1 to 1",
    "caffe": "Caffe: blue first, less the mean of ImageNet",
    "torch": "Torch: 0 to 1, then by mean and deviation of ImageNet",
    OWN: "By a scale and an offset of its own",
}
_ANSWERS = {
    FOUND: "As found",
    "classes": "One of several classes",
    "labels": "Several labels, each yes or no",
    "number": "One number",
    "numbers": "Several numbers",
    "picture": "A picture",
    "steps": "A sequence of steps",
}
_SAID = "what became of the card"


def draw(session: Session, close: Callable[[], None]) -> None:
    """The form, and what can be done with the card that it made."""
    name, network = session.name, session.network
    takes = network.input
    told = takes.doubt or takes.assumed
    for sentence in filter(None, (told, "" if takes.found in told else takes.found)):
        small(sentence)
    with st.form("card", border=False):
        takes_column, says_column = st.columns(2, gap="large")
        with takes_column:
            facts = _input(session, _part(network.card, "input"))
        with says_column:
            facts |= _output(session, _part(network.card, "output"), network.card)
        applied = st.form_submit_button("Apply", icon=":material/check:", type="primary")
    if applied:
        try:
            written = ((name, facts["input"][name]) for name in ("scale", "offset"))
            facts["input"].update({name: _read(text) for name, text in written if text is not None})
            card = _merged(network.card, facts)
            with in_one_sentence("Settings that this network can be shown by", name):
                with_card(network, card)
        except NnvizError as error:
            complain(error)
        else:
            own_cards.put(name, card)
            address.write(**dict.fromkeys(OF_NETWORK))
            close()
            st.rerun()
    _keep(session)


def _keep(session: Session) -> None:
    """What the viewer set is his until he leaves: kept beside the model, or downloaded for an upload."""
    facts, source = own_cards.of_viewer(session.name), library.source(session.name)
    if facts is None:
        return
    with st.container(horizontal=True, gap="small"):
        # A stranger in the room writes nothing to the speaker's disk.
        if source.origin == "upload" or not _at_the_machine():
            file, kind = f"{source.path.stem}.json", "application/json"
            # Written when it is asked for: a file that waits is gone from the server with the run that made it.
            text = partial(own_cards.as_text, facts)
            st.download_button("Download the card", text, file, kind, icon=":material/download:", on_click="ignore")
        elif st.button("Keep beside the model", icon=":material/save:", key="card-keep"):
            try:
                st.session_state[_SAID] = own_cards.keep(facts, source.facts)
            except NnvizError as error:
                complain(error)
        if st.button("Back to what was found", icon=":material/undo:", key="card-drop"):
            own_cards.put(session.name, None)
            address.write(**dict.fromkeys(OF_NETWORK))
            st.rerun()
    if _SAID in st.session_state:
        small(st.session_state.pop(_SAID))


def _at_the_machine() -> bool:
    """Whether a browser seems to be on the machine itself: nor did a proxy pass it on, as far as that says so."""
    sent = {name.lower(): value for name, value in st.context.headers.items()}
    passed_on = sent.keys() & {"forwarded", "x-forwarded-for", "x-real-ip"}
    named = urlsplit(f"//{sent.get('host', 'localhost')}").hostname
    elsewhere = isinstance(st.context.ip_address, str)
    return not elsewhere and not passed_on and named in ("localhost", "127.0.0.1", "::1")


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = card.get(name, {})
    return found if isinstance(found, Mapping) else {}


def _input(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of what it takes: the keys of `input`, None where the card shall say nothing."""
    network, found = session.network, dict[str, Any]()
    names = [each.name for each in network.model.inputs]
    if len(names) > 1:
        chosen = st.selectbox("Which input is the picture", names, _at(names, given.get("name")))
        found["name"] = chosen
        held = _part(given, "held")
        st.caption("The other inputs are held at:")
        found["held"] = {
            name: st.number_input(escape_markdown(name), value=float(held.get(name, 0.0)), key=f"card-held-{name}")
            for name in names
        }
        found["held"].pop(chosen)
    options = [FOUND, *RANGES, OWN]
    now = given.get("range", OWN if "scale" in given else FOUND)
    pixels = st.selectbox("Its numbers for a pixel", options, _at(options, now), format_func=_PIXELS.__getitem__)
    left, right = st.columns(2)
    scale = left.text_input("Own scale", _numbers(given.get("scale", 1 / 255)), help="One number, or one a channel")
    offset = right.text_input("Own offset", _numbers(given.get("offset", 0.0)), help="Input = pixel * scale + offset")
    found["range"] = pixels if pixels in RANGES else None
    found["scale"], found["offset"] = (scale, offset) if pixels == OWN else (None, None)
    if network.image_shape[2] == 3:
        order = st.radio("Order of the colours", ["rgb", "bgr"], int(given.get("order") == "bgr"), horizontal=True)
        found["order"] = order if order == "bgr" or "order" in given else None
    if len(network.graph.input_shape) == 3 and None in network.graph.input_shape[:2]:
        size = given.get("size") or [size or 224 for size in network.image_shape[:2]]
        rows, columns = st.columns(2)
        found["size"] = [
            int(rows.number_input("Rows that it is shown", 1, 4096, int(size[0]))),
            int(columns.number_input("Columns that it is shown", 1, 4096, int(size[1]))),
        ]
    return {"input": found}


def _output(session: Session, given: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of what it says: the keys of `output`, and its classes."""
    network, found = session.network, dict[str, Any]()
    names = list(getattr(network.model, "output_names", ()))
    if len(names) > 1:
        found["name"] = st.selectbox("Which output is looked at", names, _at(names, given.get("name")))
    options = [FOUND, *KINDS]
    kind = st.selectbox(
        "Its answer is", options, _at(options, given.get("kind", FOUND)), format_func=_ANSWERS.__getitem__
    )
    found["kind"] = None if kind == FOUND else kind
    left, right = st.columns(2, vertical_alignment="bottom")
    found["unit"] = left.text_input("Unit of a number", str(given.get("unit", ""))).strip() or None
    logits = right.checkbox("Raw numbers are logits", bool(given.get("logits", False)))
    found["logits"] = logits or (False if "logits" in given else None)
    classes = card.get("classes", ())
    text = st.text_area(
        "Names of the classes, one a line", "\n".join(map(str, classes)), placeholder="cat\ndog", height=100
    )
    file = st.file_uploader("Or a labels.txt", type=["txt"], max_upload_size=1, key="card-labels")
    if file is not None:
        text = file.getvalue().decode("utf-8", "replace")
    return {"output": found, "classes": own_cards.class_names(text) or None}


def _merged(card: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """A card with what was set in the place of what it said; None takes a key away, and what is left empty goes."""
    made = dict(card)
    for name, value in facts.items():
        if isinstance(value, Mapping):
            part = {**_part(card, name), **value}
            value = {key: each for key, each in part.items() if each is not None}
        made[name] = value
    return {name: value for name, value in made.items() if value not in (None, {}, [])}


def _at(options: list[str], value: Any) -> int:
    return options.index(value) if value in options else 0


def _numbers(value: Any) -> str:
    return ", ".join(f"{each:.8g}" if isinstance(each, float | int) else str(each) for each in _several(value))


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _read(text: str) -> float | list[float]:
    """A number, or one a channel."""
    try:
        found = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        found = []
    if not found:
        raise NnvizError(f"A number, or one a channel between commas, was expected. Received: {text[:40]!r}.")
    return found[0] if len(found) == 1 else found
