"""The stage: a network in space, between a picture and its answer."""

from nnviz.components.stage.stage import Answer, BrowserNet, Choice, Pick, Wall, Wire, stage

__all__ = ["Answer", "BrowserNet", "Choice", "Pick", "Wall", "Wire", "stage"]
