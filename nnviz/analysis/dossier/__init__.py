"""The dossier of a unit: what is known of one channel or neuron from its weights, from data, and by switching it off.

    dossier.distribution(maxima, 5)                  # how strongly it answers, and how often it is silent
    dossier.class_means(maxima, 5, labels, 10)       # which classes' pictures excite it
    dossier.effects(network, pictures, "conv2", 5)   # which class scores it raises and lowers
    dossier.correlations(maxima, 5)                  # the units most like it, by what they answer
    dossier.cosines(network, "conv2", 5)             # and by their weights

`maxima` (pictures, units) are the largest activations of a layer's units, one row a picture: `Strongest.maxima`.
"""

from nnviz.analysis.dossier.answers import ClassMeans, Distribution, class_means, distribution
from nnviz.analysis.dossier.class_effects import Effects, effects, measuring
from nnviz.analysis.dossier.kernels import Kernels, kernels
from nnviz.analysis.dossier.similar_units import Correlations, correlations, cosines, most_alike

__all__ = [
    "ClassMeans",
    "Correlations",
    "Distribution",
    "Effects",
    "Kernels",
    "class_means",
    "correlations",
    "cosines",
    "distribution",
    "effects",
    "kernels",
    "measuring",
    "most_alike",
]
