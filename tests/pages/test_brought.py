"""Every page on model files of every kind that people bring."""

import good_files
import pytest
from crossing import crossed
from shown import captions
from streamlit.testing.v1 import AppTest
from visiting import healthy, one_page

from nnviz.pages.registry import PAGES
from nnviz.shell import library, options

pytestmark = pytest.mark.usefixtures("nothing_goes_on")


@pytest.mark.parametrize(("name", "slugs"), crossed(good_files.MODELS, [page.slug for page in PAGES], 3))
def test_every_page_shows_it_or_says_in_a_sentence_why_not(name, slugs, tmp_path, monkeypatch):
    path, _ = good_files.write(name, tmp_path)
    monkeypatch.setattr(options, "given", options.Options(model=path))
    network = library.network(name)
    for page in (page for page in PAGES if page.slug in slugs):
        app = AppTest.from_function(one_page, kwargs={"slug": page.slug}, default_timeout=60)
        app.query_params["net"] = name
        healthy(app.run())
        assert app.query_params["net"] == name, page.slug
        told = [each.value for each in app.info]
        if reason := page.unfit(network):
            assert told == [reason], page.slug
        else:
            assert len(captions(app)) == 1, page.slug
            assert not told, page.slug
