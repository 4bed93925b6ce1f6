"""The address is the state: the one place that reads and writes the page's query parameters.

A change of page empties them, so what they last said is kept in the session too, and put back on a page that
is opened without any. And whatever a browser sends carries the address that it has at that moment: two clicks in quick
succession both carry the one from before the first. What is late in that way is brought up to date here, since the
second would undo the first. It is read once in a run of the script or of a fragment: what is written in it is known.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnviz.shell import old_addresses

TALK, SCENE, STEP = "talk", "scene", "step"
"""Parameters of a talk: which one of those that are given now, the scene that it shows, and the step inside it."""
PLAY = "play"
"""Parameter that has an animation start: 1 plays what stands there already; whoever turns it by hand ends that."""

PREDICT = "predict"
"""Parameter that has the audience guess the answer: 1 hides it, 0 shows it; see `hidden_answer`."""
_SUBJECT = ("net", "image", "values")
"""What the answer depends on; another one hides it again."""

_LAST = "address"
_GOOD = "last good address"
_ASKED = "parameters asked for"
_OTHER = "values that are no option"
_PLACES = "pages on which each widget was drawn last"
_TOLD = 4.0
"""Seconds for which a widget that is drawn anew is told its value."""
_SUPERSEDED = "addresses that the browser may still send"
_LATE = 10.0
"""Seconds for which a browser may not have heard yet of an address that was written."""


class Parameters(dict[str, str]):
    """The parameters of the address; notes which of them are asked for, since the others do nothing.

    All who read in one run share them, so they are not changed: `dict(found)` is a copy, and notes nothing.
    """

    def __getitem__(self, name: str) -> str:
        _note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        _note(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter's value, or the default."""
        _note(name)
        return super().get(name, default)


def _note(name: str) -> None:
    st.session_state.setdefault(_ASKED, set()).add(name)


def asked() -> frozenset[str]:
    """Names of the parameters that were asked for since `forget_asked`, whether the address has them or not."""
    return frozenset(st.session_state.get(_ASKED, ()))


def forget_asked() -> None:
    """Begin to note anew."""
    st.session_state[_ASKED] = set()
    st.session_state[_OTHER] = {}


def read() -> Parameters:
    """All parameters by name."""
    run, last = _run(), st.session_state.get(_LAST)
    if run is not None and last is not None and last.run is run:
        return last.found
    given = st.query_params.to_dict()
    before = last.found if last is not None else {}
    found = _brought_up_to_date(old_addresses.parameters(given), before)
    if found != given:
        st.query_params.from_dict(found)
    return _keep(found, given if found == before else {})


@dataclass(frozen=True)
class _Last:
    """What the address said last, the run in which that was read or written, and what the browser said meanwhile."""

    found: Parameters
    run: object
    stale: Mapping[str, str]


def _keep(found: Mapping[str, str], stale: Mapping[str, str]) -> Parameters:
    kept = Parameters(found)
    st.session_state[_LAST] = _Last(kept, _run(), stale)
    return kept


def _run() -> object | None:
    """What stands for this run of the script or of a fragment, its callbacks too: Streamlit makes it anew for each."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.parallel_coordinator


def write(**values: Any) -> None:
    """Set parameters; None or False removes one, True is written as 1.

    While the audience predicts, another picture or network hides the answer again, whoever writes it here.
    """
    before = dict(read())
    found = dict(before)
    for name, value in values.items():
        if value is None or value is False:
            found.pop(name, None)
        else:
            found[name] = "1" if value is True else str(value)
    if PREDICT in before and PREDICT not in values and any(found.get(name) != before.get(name) for name in _SUBJECT):
        found[PREDICT] = "1"
    replace(found)


def unheard(name: str, value: Any) -> bool:
    """Whether a widget stands where the browser's address had it before the browser heard of a newer one.

    A message brings what all widgets stand at: to the server, one that was moved by an earlier click, of which the
    browser does not know yet, seems to be moved back by the next.
    """
    read()
    return st.session_state[_LAST].stale.get(name) == str(value)


def hide_answer() -> None:
    """Hide the answer again, where the audience predicts: another picture is shown under the name of the one before."""
    if PREDICT in dict.keys(read()):
        write(**{PREDICT: 1})


def replace(found: Mapping[str, str]) -> None:
    """Set all parameters at once."""
    before = dict(read())
    if before != dict(found):
        st.query_params.from_dict(dict(found))
        _superseded().append((_path(), before, time.monotonic()))
    _keep(found, st.session_state[_LAST].stale)


def _brought_up_to_date(given: dict[str, str], last: Mapping[str, str]) -> dict[str, str]:
    """What a run is to read that was asked for with the address `given`, where it said `last` before."""
    if not given:
        # A talk is left when another page is opened.
        return {name: text for name, text in last.items() if name not in (TALK, SCENE, STEP, PLAY)}
    if not last or given == last:
        return given
    if _replaced_since(given):
        return dict(last)
    _superseded().clear()
    return given


def _replaced_since(given: dict[str, str]) -> bool:
    """Whether an address has been replaced since, and the viewer did not go back to it."""
    context, since, path = get_script_run_ctx(), time.monotonic() - _LATE, _path()
    went_back = context is not None and context.is_history_navigation
    return not went_back and any(place == path and old == given and at > since for place, old, at in _superseded())


def _superseded() -> deque[tuple[str, dict[str, str], float]]:
    """Page, parameters and time of what was replaced; of a slider that is dragged fast the last dozens."""
    return st.session_state.setdefault(_SUPERSEDED, deque(maxlen=64))


def _path() -> str:
    return urlsplit(st.context.url or "").path


def whole(name: str, default: int, low: int, high: int) -> tuple[int, bool]:
    """A whole number from the address, the nearest that exists, and whether it had to be replaced."""
    text = read().get(name)
    if text is None:
        return min(max(default, low), high), False
    try:
        value = int(text)
    except ValueError:
        return min(max(default, low), high), True
    return min(max(value, low), high), not low <= value <= high


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    """One of the options from the address, else the default; `unknown` then tells of it."""
    text = read().get(name)
    if text is None or text in options:
        return text or default
    st.session_state.setdefault(_OTHER, {})[name] = (text, options, default)
    return default


def unknown(*names: str) -> list[str]:
    """A sentence for each of these parameters (all, where none is named) whose value was none of its options.

    Not for a page to say of all that it asks for: some names mean another thing on another page.
    """
    return [
        f"For {name} one of {', '.join(options)} was expected, so {shown} is shown. Received: {text[:40]}."
        for name, (text, options, shown) in st.session_state.get(_OTHER, {}).items()
        if not names or name in names
    ]


def remember_good() -> None:
    """Note that what the address says could be shown."""
    st.session_state[_GOOD] = read()


def last_good() -> dict[str, str]:
    """The last address that could be shown; empty at first."""
    return dict(st.session_state.get(_GOOD, {}))


def bound(key: str, value: Any, within: Hashable = None, near: float = 0.0) -> None:
    """Give a widget the value that the address says, unless it has it already.

    It is to be made with that value as its own default too: what a run has sent is dropped where another run begins
    before it is under way, and a browser that was not told would draw the lowest value or the first option, and send
    that with whatever is clicked next.

    Set only where it differs: a widget that is told its own value in every run would jump back under a hand
    that is faster than the run. And on another page than before, or with another range or other options (`within`):
    there the browser draws it anew and has forgotten its value, though the server has not. There it is told again for
    some seconds, unless it is moved: a run that follows at once replaces what the first has sent, and a browser that
    still loads the script of its sliders would draw them at their lowest value, and send that.

    Numbers that differ by less than `near` are one: the address holds a rounded one, a widget what it was moved to.
    """
    places = st.session_state.setdefault(_PLACES, {})
    place, now = (_path(), within), time.monotonic()
    before, first, since = places.get(key, (None, None, now))
    if before != place:
        first, since = value, now
    told = first == value and now - since < _TOLD
    if key not in st.session_state or _differ(st.session_state[key], value, near) or told:
        st.session_state[key] = value
    places[key] = place, first if told else None, since


def _differ(one: Any, other: Any, near: float) -> bool:
    return abs(one - other) >= near if near and one is not None else one != other


def writer(name: str, key: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[], None]:
    """A callback that writes a widget's value to the address."""

    def changed() -> None:
        value = convert(st.session_state[key])
        if not unheard(name, value):
            write(**{name: value})

    return changed
