"""The blocks of a deep network on the Network page: all of them at a glance, and which one is open."""

from __future__ import annotations

import streamlit as st

from nnviz.analysis.network.blocks import Block
from nnviz.analysis.network.layers import LayerInfo
from nnviz.shell import address
from nnviz.shell.page import inform
from nnviz.shell.session import Session
from nnviz.views import answer


def opened(found: tuple[Block, ...]) -> Block | None:
    """The block that the address opens; one that is not there is said."""
    name = address.read().get("block")
    if name is None:
        return None
    block = next((each for each in found if each.name == name), None)
    if block is None:
        which = "so all blocks are shown" if found else "and it is shown whole"
        inform(f"There is no block {name[:40]!r} in this network, {which}.")
    return block


def steps(found: tuple[Block, ...], block: Block) -> None:
    """To the block before, to all of them, and to the next."""
    at = found.index(block)
    _step("Block before", "arrow_back", "block-back", found[at - 1] if at > 1 else None)
    st.button("All blocks", icon=":material/view_module:", key="block-all", on_click=lambda: address.write(block=None))
    _step("Next block", "arrow_forward", "block-on", found[at + 1] if at + 1 < len(found) else None)


def _step(label: str, icon: str, key: str, block: Block | None) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        disabled=block is None,
        on_click=None if block is None else lambda: enter(block),
    )


def enter(block: Block, unit: int | None = None) -> None:
    """Open a block at the layer that is shown of it, and at one of its maps."""
    address.write(block=block.name, layer=shown_of(block).name, unit=unit, row=None, column=None, page=None)


def shown_of(block: Block) -> LayerInfo:
    """The layer that stands for a block: the last with maps, else the last."""
    return next((layer for layer in reversed(block.layers) if layer.spatial), block.last)


def within(session: Session, found: tuple[Block, ...], block: Block, most: int) -> list[LayerInfo]:
    """What a block reads, and its layers; of more than `most` those that change most, and the one under study."""
    at = found.index(block)
    before = [shown_of(found[at - 1])] if at else []
    always = {*(layer.name for layer in before), block.last.name, session.layer.name}
    kept = [*before, *block.layers]
    for passes_on in (lambda layer: layer.kind == "BatchNormalization", lambda layer: layer.pointwise):
        if len(kept) > most:
            kept = [layer for layer in kept if layer.name in always or not passes_on(layer)]
    return kept[:1] + kept[1 - most :] if len(kept) > most else kept


def sentence(session: Session, found: tuple[Block, ...]) -> str:
    """What one sees of the blocks, in plain text: how maps get smaller and more, and what comes of it."""
    kept = [session.trace.activations[shown_of(block).name].shape for block in found[1:]]
    maps = [shape for shape in kept if len(shape) == 3]
    text = f"{len(found) - 1} blocks from the picture to the answer"
    if maps:
        (rows, columns, channels), (height, width, last) = maps[0], maps[-1]
        text += (
            f": {channels} maps of {rows}x{columns} become {last} of {height}x{width}, less of where and more of what"
        )
    return f"{text}; the net says {answer.said(session)}. Click a map to open its block."
