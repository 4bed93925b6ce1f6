"""What all pages have alike, whoever made them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app import FIRST, App

from nnviz.shell.page import Page

FOUND = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const all = (what) => [...main.querySelectorAll(what)].filter((node) => node.checkVisibility());
  return {
    astray: all(".st-key-slider-layer, .st-key-slider-unit").filter((node) => !node.closest(".st-key-study"))
      .map((node) => node.className),
    switches: all("[class*=st-key-switch-]").map((node) => /st-key-switch-([\\w-]+)/.exec(node.className)[1]),
    primary: all("[data-testid=stBaseButton-primary]").map((node) => node.innerText),
    captions: all("[data-testid=nnCaption]").map((node) => node.innerText.trim()),
    foot: all(".st-key-foot a").map((node) => /Previous|Next/.exec(node.innerText)?.[0]).filter(Boolean),
    menu: all(".st-key-menu a").filter((link) => getComputedStyle(link).backgroundColor !== "rgba(0, 0, 0, 0)").length,
  };
}"""


def ungrammatical(app: App, pages: Sequence[Page]) -> Iterator[str]:
    """Where the page that is open departs from the others.

    Args:
        pages: those in the menu, in the order of the story.
    """
    found = app.page.evaluate(FOUND)
    yield from (f"layer or unit outside of the head: {each}" for each in found["astray"])
    if "view" in found["switches"][1:]:
        yield f"another switch before that of the view: {found['switches']}"
    if len(found["primary"]) > 1:
        yield f"several primary actions: {found['primary']}"
    yield from (f"a caption that is no sentence: {each}" for each in found["captions"] if not each.endswith((".", "?")))
    slug = app.slug or FIRST
    wanted = ["Previous"] * (slug != pages[0].slug) + ["Next"] * (slug != pages[-1].slug)
    if found["foot"] != wanted:
        yield f"the foot has {found['foot']}"
    if found["menu"] != 1:
        yield f"the menu marks {found['menu']} pages"
