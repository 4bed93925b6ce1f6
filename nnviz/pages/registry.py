"""All pages, in the order of the story: a new one is a file and a line here."""

from __future__ import annotations

from nnviz.pages import FIRST_SLUG
from nnviz.pages.activation import page as activation
from nnviz.pages.cats import page as cats
from nnviz.pages.convolution import page as convolution
from nnviz.pages.data import page as data
from nnviz.pages.decision import page as decision
from nnviz.pages.dossier import page as dossier
from nnviz.pages.feature_maps import page as feature_maps
from nnviz.pages.filters import page as filters
from nnviz.pages.flatten import page as flatten
from nnviz.pages.mlp_vs_cnn import page as mlp_vs_cnn
from nnviz.pages.network import page as network
from nnviz.pages.neuron import page as neuron
from nnviz.pages.pooling import page as pooling
from nnviz.pages.preferred import page as preferred
from nnviz.pages.saliency import page as saliency
from nnviz.pages.strokes import page as strokes
from nnviz.shell.page import Page

PAGES: tuple[Page, ...] = (
    neuron.PAGE,
    network.PAGE,
    flatten.PAGE,
    mlp_vs_cnn.PAGE,
    convolution.PAGE,
    filters.PAGE,
    feature_maps.PAGE,
    activation.PAGE,
    pooling.PAGE,
    strokes.PAGE,
    decision.PAGE,
    saliency.PAGE,
    data.PAGE,
    preferred.PAGE,
    dossier.PAGE,
    cats.PAGE,
)


def page(slug: str) -> Page:
    """The page with that slug."""
    return next(entry for entry in PAGES if entry.slug == slug)


FIRST = page(FIRST_SLUG)
"""The page that the app opens on."""
