"""Sliders and switches made from what a method declares; the address holds what differs from the default."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from nnviz.analysis.attribution import Parameter, SaliencyMethod
from nnviz.analysis.network.network import Network
from nnviz.shell import address, controls
from nnviz.shell.session import Session
from nnviz.views.attribution.request import AttributionRequest
from nnviz.views.attribution.request import request as attribution_request

_PER_ROW = 2


def address_name(method: SaliencyMethod, parameter: Parameter) -> str:
    """What a method's parameter is called in the address."""
    return f"{method.name}.{parameter.name}"


def chosen(method: SaliencyMethod, network: Network) -> dict[str, Any]:
    """The values that the address gives to a method's parameters; the nearest that exist, or the defaults.

    Empty where the method does not fit the network.
    """
    if method.unfit(network):
        return {}
    found = address.read()
    return {
        parameter.name: nearest(parameter, found.get(address_name(method, parameter)))
        for parameter in method.parameters(network)
    }


def request(session: Session, method: SaliencyMethod) -> AttributionRequest:
    """What a method is asked for, with the address' parameters."""
    return attribution_request(session, method, chosen(method, session.network))


def replaced(method: SaliencyMethod, network: Network) -> list[str]:
    """What the address asks of a method's parameters and does not get, a sentence each."""
    if method.unfit(network):
        return []
    sentences, found = [], address.read()
    for parameter in method.parameters(network):
        name = address_name(method, parameter)
        text = found.get(name)
        if text is None or _means(parameter, text):
            continue
        span = " or ".join(parameter.choices) or f"from {parameter.low:g} to {parameter.high:g}"
        value = nearest(parameter, text)
        shown = value if isinstance(value, str) else f"{value:g}"
        sentences.append(f"{name} was expected to be {span}, so {shown} is used. Received: {text[:40]}.")
    return sentences


def _means(parameter: Parameter, text: str) -> bool:
    """Whether a text is a value of the parameter as it stands."""
    if parameter.choices:
        return text in parameter.choices
    try:
        return float(text) == nearest(parameter, text)
    except ValueError:
        return False


def nearest(parameter: Parameter, text: str | None) -> Any:
    """The value that a text stands for: within the declared range, one of the choices, else the default."""
    if text is None:
        return parameter.default
    if parameter.choices:
        return text if text in parameter.choices else parameter.default
    try:
        value = float(text)
    except ValueError:
        return parameter.default
    if not math.isfinite(value):
        return parameter.default
    value = min(max(value, parameter.low), parameter.high)
    return round(value) if isinstance(parameter.step, int) else value


def text_of(parameter: Parameter, value: Any) -> str | None:
    """What the address says for a value: nothing for the default."""
    if value == parameter.default or value is None:
        return None
    return value if isinstance(value, str) else f"{value:g}"


def sliders(method: SaliencyMethod, network: Network) -> None:
    """One control for each parameter of the method, two a row."""
    if method.unfit(network):
        return
    declared, values = method.parameters(network), chosen(method, network)
    for start in range(0, len(declared), _PER_ROW):
        row = declared[start : start + _PER_ROW]
        for place, parameter in zip(st.columns(_PER_ROW, gap="medium"), row, strict=False):
            with place:
                _control(address_name(method, parameter), parameter, values[parameter.name])


def _control(name: str, parameter: Parameter, value: Any) -> None:
    # A network's layers are among the choices: the key must not carry one network's over to another.
    key = f"parameter-{name}-{hash(parameter.choices)}"
    write = _writer(name, key, parameter)
    if not parameter.choices:
        kind: Callable[[float], float] = int if isinstance(parameter.step, int) else float
        low, high, step = kind(parameter.low), kind(parameter.high), kind(parameter.step)
        controls.knob(parameter.title, key, kind(value), low, high, write, step=step)
    elif len(parameter.choices) <= 4:
        address.bound(key, value)
        st.segmented_control(
            parameter.title,
            parameter.choices,
            default=value,
            key=key,
            required=True,
            on_change=write,
            width="stretch",
        )
    else:
        controls.listed(parameter.title, key, parameter.choices, value, write)


def _writer(name: str, key: str, parameter: Parameter) -> Callable[[], None]:
    return lambda: address.write(**{name: text_of(parameter, st.session_state[key])})
