"""Feature visualisation: what a unit, a channel, a layer or a class likes best."""

from nnviz.analysis.visualization import objectives, transforms
from nnviz.analysis.visualization.dream import dream, dreaming
from nnviz.analysis.visualization.forming import visualize, visualizing
from nnviz.analysis.visualization.result import Visualization

__all__ = ["Visualization", "dream", "dreaming", "objectives", "transforms", "visualize", "visualizing"]
