"""All pages, in the order of the story: a new one is a file and a line here."""

from __future__ import annotations

from nnviz.pages import feature_maps
from nnviz.pages.page import Page

PAGES: tuple[Page, ...] = (feature_maps.PAGE,)
