"""A page, opened at an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streamlit.testing.v1 import AppTest


def visited(script: Callable[[], None], jobs: Iterable[str] = (), **parameters: object) -> AppTest:
    """What a script shows with these parameters in its address, once these long jobs are done in turn."""
    app = AppTest.from_function(script, default_timeout=120)
    for name, value in parameters.items():
        app.query_params[name] = str(value)
    app.run()
    finish(app, jobs)
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    return app


def finish(app: AppTest, jobs: Iterable[str]) -> None:
    """Do what is left of these jobs, and show what that gives."""
    for job in jobs:
        if job in app.session_state:
            app.session_state[job].work(300)
            app.run()
