"""The photograph network in the browser: a block opens, and the sidebar has photographs."""

from __future__ import annotations

from app import App

CATS = ("tabby cat", "tiger cat", "Egyptian Mau", "Siamese cat", "Persian cat")


def test_the_cat_is_a_cat_a_click_opens_a_block_and_a_thumbnail_another_picture(app: App) -> None:
    app.open(net="photo-cnn", image="cat")
    assert app.says in CATS
    assert app.page.get_by_role("button", name="Draw a digit").count() == 0
    wall = app.stage.titles.index("block05")
    app.stage.click(wall, 0)
    app.until(block=None, layer="block05_add")
    assert app.stage.picked == (wall, 0)
    app.stage.click(wall, 0)
    app.until(block="block05", layer="block05_add")
    assert app.stage.titles[-1] == "add"
    assert app.stage.picked is not None
    app.page.get_by_role("button", name="All blocks").click()
    app.until(block=None)
    assert app.says in CATS
    app.click("photographs", tile=1)
    app.until(image="coffee")
    assert app.says == "espresso"
