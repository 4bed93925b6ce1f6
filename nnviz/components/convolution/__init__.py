"""Convolution in the browser: the kernel slides over the input, and every cell's arithmetic is shown."""

from nnviz.components.convolution.convolution import MOST_VALUES, Cell, KernelGeometry, Stage, convolution, picked_cell

__all__ = ["MOST_VALUES", "Cell", "KernelGeometry", "Stage", "convolution", "picked_cell"]
