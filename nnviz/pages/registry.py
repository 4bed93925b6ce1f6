"""All pages, in the order of the story: a new one is a file and a line here."""

from __future__ import annotations

from nnviz.pages import (
    convolution,
    decision,
    feature_maps,
    filters,
    flatten,
    higher,
    network,
    neuron,
    plain,
    pooling,
)
from nnviz.pages.cats import page as cats
from nnviz.pages.data import page as data
from nnviz.pages.dossier import page as dossier
from nnviz.pages.likes import page as likes
from nnviz.pages.page import Page
from nnviz.pages.saliency import page as saliency

PAGES: tuple[Page, ...] = (
    neuron.PAGE,
    network.PAGE,
    flatten.PAGE,
    plain.PAGE,
    convolution.PAGE,
    filters.PAGE,
    feature_maps.PAGE,
    pooling.PAGE,
    higher.PAGE,
    decision.PAGE,
    saliency.PAGE,
    data.PAGE,
    likes.PAGE,
    dossier.PAGE,
    cats.PAGE,
)

FIRST = network.PAGE
"""The page that the app opens on."""


def page(slug: str) -> Page:
    """The page with that slug."""
    return next(entry for entry in PAGES if entry.slug == slug)
