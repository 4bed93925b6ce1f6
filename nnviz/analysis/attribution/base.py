"""What all attribution methods share: how they are declared, and their result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.analysis.progress import Progress
from nnviz.errors import NnvizError


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method, as the sliders are made from it: a range, or a tuple of choices."""

    name: str
    title: str
    default: Any
    low: float = 0
    high: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    open: bool = False
    """Whether a number or an array may stand for a choice; the method says which."""

    def checked(self, value: Any) -> Any:
        """`value` where it lies within the declaration. Raises NnvizError otherwise."""
        if self.choices:
            if value not in self.choices if isinstance(value, str) else not self.open:
                names = " or ".join(self.choices)
                raise NnvizError(f"{self.name} was expected to be {names}. Received: {value!r}.")
            return value
        whole = isinstance(self.step, int)
        number = isinstance(value, int | np.integer) or (not whole and isinstance(value, float | np.floating))
        if isinstance(value, bool) or not number or not self.low <= value <= self.high:
            kind = "a whole number" if whole else "a number"
            raise NnvizError(
                f"{self.name} was expected to be {kind} from {self.low:g} to {self.high:g}. Received: {value!r}."
            )
        return value


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each pixel has to do with a score.

    Attributes:
        values: float32, read-only, (H, W, C) where the method works on pixels, (H, W) where on places.
        signed: whether a negative value speaks against the target; else values are magnitudes, 0 and up.
        method: name of the method.
        target: what was explained; the winner is resolved to its class.
        score: the target's value on the image.
        adds_up_to: what the values would sum to if the method were exact, or None where it promises nothing.
    """

    values: np.ndarray
    signed: bool
    method: str
    target: Target
    score: float
    adds_up_to: float | None = None

    @property
    def gap(self) -> float | None:
        """Sum of the values less what they should add up to."""
        return None if self.adds_up_to is None else float(self.values.sum(dtype=np.float64)) - self.adds_up_to

    def over_image(self, magnitude: bool = False) -> np.ndarray:
        """One value a place, (H, W): channels summed, or the largest of their magnitudes."""
        if self.values.ndim == 2:
            return np.abs(self.values) if magnitude else self.values
        return np.abs(self.values).max(axis=2) if magnitude else self.values.sum(axis=2)


Steps = Generator[Progress, None, Attribution]


class SaliencyMethod(ABC):
    """One attribution method. The class score that is explained is a logit, the same for all."""

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    family: ClassVar[str]
    """How it works, one of `nnviz.analysis.attribution.FAMILIES`."""
    signed: ClassVar[bool]
    what: ClassVar[str]
    """One sentence that says how to read the map."""

    def parameters(self, network: Network) -> tuple[Parameter, ...]:
        """The parameters that `steps` takes, with their defaults for this network."""
        return ()

    def reading(self, parameters: Mapping[str, Any]) -> str:
        """How to read the map that these parameters make: `what`, where it is the same for all."""
        return self.what

    def unfit(self, network: Network) -> str:
        """Why the method makes no sense for this network, in a sentence; "" where it does."""
        return ""

    @abstractmethod
    def steps(self, network: Network, image: np.ndarray, target: Target, **parameters: Any) -> Steps:
        """Work in steps, yielding `Progress`; return the `Attribution`. To stop, close the generator.

        Args:
            network: as `nnviz.load` gives it.
            image: (H, W, C) float32 in the network's own range.
            target: what is explained.
            **parameters: all those declared.
        """

    def finished(self, values: Any, target: Target, score: float, adds_up_to: float | None = None) -> Attribution:
        """Wrap up the values as this method's result."""
        array = np.array(values, np.float32)
        array.flags.writeable = False
        return Attribution(array, self.signed, self.name, target, score, adds_up_to)
