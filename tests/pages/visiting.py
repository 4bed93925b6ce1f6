"""A page, opened at an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from streamlit.testing.v1 import AppTest

from nnviz.shell.jobs import Queue

_ROUNDS = 50


def visited(
    script: Callable[..., None],
    finished: bool = True,
    state: Mapping[str, object] = MappingProxyType({}),
    kwargs: Mapping[str, object] = MappingProxyType({}),
    **parameters: object,
) -> AppTest:
    """What a script shows with these parameters in its address, once the long jobs that it begins are done.

    `state` is what the session holds before it, `kwargs` are those of the script.
    """
    app = AppTest.from_function(script, kwargs=dict(kwargs), default_timeout=120)
    for name, value in state.items():
        app.session_state[name] = value
    for name, value in parameters.items():
        app.query_params[name] = str(value)
    app.run()
    return finish(app) if finished else healthy(app)


def finish(app: AppTest) -> AppTest:
    """Do what the page has begun, and what that begins in turn, as the timers of a browser would; show what it gives.

    However long it takes: how much of a job is done before a page draws depends on the machine.
    """
    for _ in range(_ROUNDS):
        healthy(app)
        busy = [each for each in app.session_state.values() if isinstance(each, Queue) and each.busy]
        if not busy:
            return app
        for each in busy:
            while each.busy:
                each.work(60)
        app.run()
    pytest.fail(f"After {_ROUNDS} rounds there was still work to do: {busy}")


def healthy(app: AppTest) -> AppTest:
    """The app, which shows no error."""
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    return app


def one_page(slug: str) -> None:
    """What Streamlit runs: one page."""
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(next(entry for entry in registry.PAGES if entry.slug == slug))
