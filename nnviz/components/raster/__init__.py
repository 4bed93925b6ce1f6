"""The eye of the app: one canvas that draws packed arrays and reports what is picked in them."""

from nnviz.components.raster.raster import Line, Panel, Place, picked_in, raster

__all__ = ["Line", "Panel", "Place", "picked_in", "raster"]
