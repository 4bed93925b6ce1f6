"""Arrays in, Plotly figures out; and the colours and ranges that pages and notebooks share."""

from nnviz.figures.curves import accuracy_curves
from nnviz.figures.histograms import histograms
from nnviz.figures.maps import heatmap, mosaic
from nnviz.figures.neurons import activation_curve
from nnviz.figures.sums import adding_up, largest_terms

__all__ = ["accuracy_curves", "activation_curve", "adding_up", "heatmap", "histograms", "largest_terms", "mosaic"]
