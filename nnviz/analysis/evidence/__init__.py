"""Whether a saliency map is to be believed: measured on one network and one picture."""

from nnviz.analysis.evidence.agreement import Agreement, agreeing, spearman
from nnviz.analysis.evidence.deletion import Curves, Erased, deleting
from nnviz.analysis.evidence.keep_brightest import BrightestKept, brightest_kept
from nnviz.analysis.evidence.randomisation import Randomised, randomising
from nnviz.analysis.evidence.stability import Stability, shaking

__all__ = [
    "Agreement",
    "BrightestKept",
    "Curves",
    "Erased",
    "Randomised",
    "Stability",
    "agreeing",
    "brightest_kept",
    "deleting",
    "randomising",
    "shaking",
    "spearman",
]
