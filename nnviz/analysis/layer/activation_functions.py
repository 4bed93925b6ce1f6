"""The activation functions that a neuron is told with, as formulas in NumPy, and all that Keras has."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from nnviz.analysis.network.pointwise import elementwise

LEAK = 0.2
"""Slope of the leaky ReLU below zero: Keras' own default."""


@dataclass(frozen=True)
class Activation:
    """One F.

    Attributes:
        name: as Keras has it.
        title: as one says it.
        formula: in words and signs, of the sum s.
        apply: float64 of any shape in, the same shape out.
        fires_above: the output above which it counts as firing: the one at a sum of zero.
    """

    name: str
    title: str
    formula: str
    apply: Callable[[np.ndarray], np.ndarray]
    fires_above: float = 0.0


def relu(sums: np.ndarray) -> np.ndarray:
    """max(0, s): Nair and Hinton 2010."""
    return np.maximum(np.asarray(sums, float), 0.0)


def sigmoid(sums: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-s)), in 0..1; by tanh, which no large sum makes overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(sums, float)))


def tanh(sums: np.ndarray) -> np.ndarray:
    """(exp(s) - exp(-s)) / (exp(s) + exp(-s)), in -1..1."""
    return np.tanh(np.asarray(sums, float))


def linear(sums: np.ndarray) -> np.ndarray:
    """s itself."""
    return np.asarray(sums, float)


def leaky_relu(sums: np.ndarray) -> np.ndarray:
    """s, but `LEAK` * s below zero: Maas, Hannun and Ng 2013."""
    sums = np.asarray(sums, float)
    return np.where(sums > 0, sums, LEAK * sums)


def gelu(sums: np.ndarray) -> np.ndarray:
    """s * Phi(s) with the normal distribution's exact Phi: Hendrycks and Gimpel 2016."""
    from scipy.special import erf

    sums = np.asarray(sums, float)
    return 0.5 * sums * (1 + erf(sums / math.sqrt(2)))


def softplus(sums: np.ndarray) -> np.ndarray:
    """log(1 + exp(s)): Dugas et al. 2000."""
    return np.logaddexp(0.0, np.asarray(sums, float))


ACTIVATIONS: tuple[Activation, ...] = (
    Activation("relu", "ReLU", "max(0, sum)", relu),
    Activation("sigmoid", "Sigmoid", "1 / (1 + e^−sum)", sigmoid, 0.5),
    Activation("tanh", "tanh", "tanh(sum)", tanh),
    Activation("linear", "Linear", "sum", linear),
    Activation("leaky_relu", "Leaky ReLU", f"sum, times {LEAK} below 0", leaky_relu),
    Activation("gelu", "GELU", "sum × Φ(sum)", gelu),
    Activation("softplus", "Softplus", "log(1 + e^sum)", softplus, math.log(2)),
)
"""All of them, in the order of the switch."""


def activation_named(name: str) -> Activation:
    """The activation function of that name; ReLU where there is none."""
    return next((one for one in ACTIVATIONS if one.name == name), ACTIVATIONS[0])


NAMES = {
    **{"relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "silu": "SiLU"},
    **{"leaky_relu": "leaky ReLU", "hard_sigmoid": "hard sigmoid", "hard_silu": "hard SiLU", "mish": "Mish"},
    **{"celu": "CELU", "prelu": "PReLU"},
}
"""How those are written that are not written as Keras names them."""


@lru_cache(maxsize=1)
def keras_activations() -> dict[str, Callable[[Any], Any]]:
    """Every activation function of Keras that reads each value alone, by Keras' name, in the order of the alphabet.

    Not those that weigh values against each other (softmax), halve them (glu) or want an argument (threshold): of one
    neuron they make nothing.
    """
    found = {}
    for name in sorted(vars(keras.activations)):
        function = getattr(keras.activations, name)
        # One of two names for the same function, such as swish for silu, is left out.
        if getattr(function, "__name__", "") != name or name in _NO_ACTIVATION:
            continue
        try:
            alone = elementwise(function)
        except (TypeError, ValueError):
            continue
        if alone:
            found[name] = function
    return found


_NO_ACTIVATION = ("get", "serialize", "deserialize")


def written(name: str) -> str:
    """An activation function as one writes it, by Keras' name."""
    return NAMES.get(name, name.replace("_", " "))
