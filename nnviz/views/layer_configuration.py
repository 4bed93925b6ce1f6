"""The button behind which a layer's full configuration stands: Keras' own terms, with what each means here."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from nnviz.analysis.layer.configuration import configuration
from nnviz.analysis.network.layers import LayerInfo
from nnviz.shell.markup import html, write_html
from nnviz.shell.page import ON_WALL


def popover(layer: LayerInfo) -> None:
    """Draw it beside the layer's description; not in a talk, where nobody clicks."""
    if st.session_state.get(ON_WALL):
        return
    with (
        st.container(key="configuration", width="content"),
        st.popover("Configuration", icon=":material/list_alt:", width="content"),
    ):
        rows = (
            html("<tr><th scope='row'>{}</th><td>{}</td><td>{}</td></tr>", each.name, each.value, each.meaning)
            for each in configuration(layer)
        )
        title = html("<caption>{}, as Keras was told to make it</caption>", layer.name)
        write_html('<table class="nn-configuration">{}{}</table>', title, Markup().join(rows))
