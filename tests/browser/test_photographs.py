"""The photograph network in the browser: every page opens on it, a block opens, and the sidebar has photographs."""

from __future__ import annotations

import re

import pytest
from app import App

from nnviz.pages.registry import PAGES

CATS = ("tabby cat", "tiger cat", "Egyptian Mau", "Siamese cat", "Persian cat")


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_a_page_opens_on_the_photograph_network(app: App, slug: str) -> None:
    app.open(slug, net="photo-cnn", image="cat")
    assert app.main.locator("h1").inner_text() == next(page.title for page in PAGES if page.slug == slug)
    assert app.address["net"] == "photo-cnn"
    assert app.address["image"] == "cat"
    assert re.search(r"\d", app.caption), app.caption
    assert app.element("stException").count() == 0
    assert app.alerts == []
    assert app.colours("photographs") > 100


def test_the_cat_is_a_cat_and_a_click_opens_a_block(app: App) -> None:
    app.open(net="photo-cnn", image="cat")
    assert app.says in CATS
    app.click("blocks", panel=6, tile=1)
    app.until(block="block05", layer="block05_add")
    assert app.picked("network")
    app.page.get_by_role("button", name="All blocks").click()
    app.until(block=None)
    assert app.says in CATS


def test_a_thumbnail_is_a_click_away(app: App) -> None:
    app.open(net="photo-cnn", image="cat")
    app.click("photographs", tile=1)
    app.until(image="coffee")
    assert app.says == "espresso"
