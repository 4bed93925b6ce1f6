"""Every attribution method in few steps, and the networks that it makes sense on."""

from nnviz.analysis.attribution import METHODS

NAMES = tuple(method.name for method in METHODS)
QUICK = {
    "smoothgrad": {"samples": 6},
    "integrated-gradients": {"steps": 6},
    "occlusion": {"patch": 4, "stride": 3},
    "rise": {"samples": 8, "grid": 3},
    "vargrad": {"samples": 6},
    "expected-gradients": {"samples": 6},
    "kernel-shap": {"samples": 10, "regions": 3},
    "score-cam": {"max_maps": 5},
}
GRADIENT_CAMS = ("grad-cam", "grad-cam++", "layer-cam")
CAMS = (*GRADIENT_CAMS, "score-cam", "eigen-cam")
RECTIFIED = ("guided-backpropagation", "deconvnet")
VECTORS_ONLY = ("mlp_28x28x1", "mlp_8x8", "mlp_64")
WITH_MAPS = ("sequential_cnn", "branched", "nested", "shared", "logits_end", "one_sigmoid")
WITH_MAPS += ("several_sigmoids", "any_size")
WITHOUT_RELU = ("shared", "logits_end")
UNFIT = [(name, way) for name in VECTORS_ONLY for way in CAMS]
UNFIT += [(name, way) for name in WITHOUT_RELU for way in RECTIFIED]
FITTING = [(name, way) for name in (*WITH_MAPS, *VECTORS_ONLY) for way in NAMES if (name, way) not in UNFIT]
TYPICAL = ("branched", "one_sigmoid", "mlp_8x8")
"""Three networks with most of what sets networks apart: several ways and an operation that is no layer, a single
output, vectors alone. The others are in the full cross."""


def quick(method, network):
    """Few steps; patches no longer than the declared range of this network."""
    declared = {parameter.name: parameter for parameter in method.parameters(network)}
    return {name: min(value, declared[name].high) for name, value in QUICK.get(method.name, {}).items()}
