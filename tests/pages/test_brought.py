"""Every page on model files of every kind that people bring."""

from collections.abc import Iterator

import good_files
import pytest
from shown import captions
from streamlit.testing.v1 import AppTest
from visiting import healthy

from nnviz.pages.registry import PAGES
from nnviz.shell import library, options
from nnviz.shell.jobs.worker import worker


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """What a page begins in the background is not waited for here."""
    with worker.drawing():
        yield
    worker.close()


def script(slug: str) -> None:
    """What Streamlit runs: one page."""
    from nnviz.pages import registry
    from nnviz.shell import page

    page.show(next(entry for entry in registry.PAGES if entry.slug == slug))


@pytest.mark.parametrize("name", good_files.MODELS)
def test_every_page_shows_it_or_says_in_a_sentence_why_not(name, tmp_path, monkeypatch):
    path, _ = good_files.write(name, tmp_path)
    monkeypatch.setattr(options, "given", options.Options(model=path))
    network = library.network(name)
    for page in PAGES:
        app = AppTest.from_function(script, kwargs={"slug": page.slug}, default_timeout=60)
        app.query_params["net"] = name
        healthy(app.run())
        assert app.query_params["net"] == name, page.slug
        told = [each.value for each in app.info]
        if reason := page.unfit(network):
            assert told == [reason], page.slug
        else:
            assert len(captions(app)) == 1, page.slug
            assert not told, page.slug
