"""Light, dark and a dark room, changed by the page's own button, while all that is on the page stays."""

from __future__ import annotations

from app import App

LOOK = """() => [
  window.stays, document.documentElement.dataset.nnTheme, localStorage.getItem("nnviz-theme"),
  getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor,
]"""


def test_the_button_changes_the_theme_and_loads_nothing_anew(app: App) -> None:
    app.open("maps")
    app.page.evaluate("() => { window.stays = 1; }")
    button = app.page.get_by_role("button", name="Colours:")
    found = []
    for _ in range(3):
        button.click()
        app.frames(3).still()
        found.append(app.page.evaluate(LOOK))
    assert found == [
        [1, "dark", "dark", "rgb(14, 16, 19)"],
        [1, "dark room", "dark room", "rgb(0, 0, 0)"],
        [1, "light", "light", "rgb(255, 255, 255)"],
    ]


def test_the_theme_is_kept_and_a_phone_has_one_menu_button(app: App) -> None:
    app.page.set_viewport_size({"width": 390, "height": 844})
    app.open("maps")
    app.page.get_by_role("button", name="Colours:").click()
    app.open("filters")
    assert app.page.evaluate("() => window.nnTheme.name") == "dark"
    assert app.page.locator(".st-key-menu a:visible").all_inner_texts() == ["Start the talk"]
    app.page.get_by_role("button", name="Menu").click()
    app.page.get_by_role("link", name="Pooling").click()
    app.main.locator("h1", has_text="Pooling").wait_for()
    app.still()
    assert app.page.get_by_role("link", name="Pooling").count() == 0
