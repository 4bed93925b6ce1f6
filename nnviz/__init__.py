"""See what a neural net has learned: filters, activations and attributions of Keras models.

    import nnviz
    network = nnviz.load("mnist-cnn")
    trace = nnviz.trace(network, image)
    nnviz.explain(network, image, "integrated-gradients").values

Imported lazily: TensorFlow is loaded with the first name that needs it, not with the package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnviz.errors import NnvizError

if TYPE_CHECKING:
    from nnviz import figures
    from nnviz.analysis import dossier
    from nnviz.analysis.attribution import METHODS, Attribution, explain, explaining
    from nnviz.analysis.data import digits, photographs
    from nnviz.analysis.image import images
    from nnviz.analysis.network import targets
    from nnviz.analysis.network.network import Network, bundled, load
    from nnviz.analysis.network.targets import Target
    from nnviz.analysis.network.trace import Trace, trace
    from nnviz.analysis.progress import Progress
    from nnviz.analysis.visualization import Visualization, dream, dreaming, objectives, visualize, visualizing

_HOME = {
    "load": "nnviz.analysis.network.network",
    "bundled": "nnviz.analysis.network.network",
    "Network": "nnviz.analysis.network.network",
    "trace": "nnviz.analysis.network.trace",
    "Trace": "nnviz.analysis.network.trace",
    "explain": "nnviz.analysis.attribution",
    "explaining": "nnviz.analysis.attribution",
    "METHODS": "nnviz.analysis.attribution",
    "Attribution": "nnviz.analysis.attribution",
    "Progress": "nnviz.analysis.progress",
    "Target": "nnviz.analysis.network.targets",
    "targets": "nnviz.analysis.network.targets",
    "images": "nnviz.analysis.image.images",
    "digits": "nnviz.analysis.data.digits",
    "photographs": "nnviz.analysis.data.photographs",
    "dossier": "nnviz.analysis.dossier",
    "figures": "nnviz.figures",
    "visualize": "nnviz.analysis.visualization",
    "visualizing": "nnviz.analysis.visualization",
    "Visualization": "nnviz.analysis.visualization",
    "objectives": "nnviz.analysis.visualization",
    "dream": "nnviz.analysis.visualization",
    "dreaming": "nnviz.analysis.visualization",
}

__all__ = [
    "METHODS",
    "Attribution",
    "Network",
    "NnvizError",
    "Progress",
    "Target",
    "Trace",
    "Visualization",
    "bundled",
    "digits",
    "dossier",
    "dream",
    "dreaming",
    "explain",
    "explaining",
    "figures",
    "images",
    "load",
    "objectives",
    "photographs",
    "targets",
    "trace",
    "visualize",
    "visualizing",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from nnviz.installation import version

        return version()
    if name not in _HOME:
        raise AttributeError(f"module 'nnviz' has no attribute {name!r}")
    home = import_module(_HOME[name])
    value = home if _HOME[name].endswith(f".{name}") and not hasattr(home, name) else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
