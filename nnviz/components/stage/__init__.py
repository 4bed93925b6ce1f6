"""The stage: a network in space, between a picture and its answer."""

from nnviz.components.stage.stage import (
    ANSWER,
    PICTURE,
    Answer,
    BrowserNet,
    Choice,
    Heard,
    Pick,
    Wall,
    Wire,
    Zoom,
    stage,
)

__all__ = ["ANSWER", "PICTURE", "Answer", "BrowserNet", "Choice", "Heard", "Pick", "Wall", "Wire", "Zoom", "stage"]
