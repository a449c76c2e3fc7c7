"""What all layers have in common: shapes, the tensors that they own, and one pass through them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from torch import Tensor

from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.experiment.shape import Shape


@dataclass(frozen=True)
class Drawn:
    """Begins as drawn by an initializer, for an activation."""

    initializer: str
    activation: str


@dataclass(frozen=True)
class Lengths:
    """Begins as the lengths of the rows of the tensor before."""


@dataclass(frozen=True)
class Owned:
    """A tensor that a layer owns, by its role; `begin` says what it holds before the first step."""

    role: str
    shape: tuple[int, ...]
    begin: float | Drawn | Lengths = 0.0


@dataclass(frozen=True)
class Stage(ABC):
    """One layer as it is computed, between the shapes, of one sample, of what it is given and what it gives."""

    given: Shape
    gives: Shape

    @property
    def form(self) -> Stage:
        """What layers have in common that can be computed side by side."""
        return self

    @property
    def widest(self) -> int:
        """How many numbers it holds of one sample at once, about."""
        return prod(self.given) + prod(self.gives)

    @property
    def work(self) -> int:
        """How many multiply-adds its weights take for one sample, on the way forward."""
        return 0

    @abstractmethod
    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return what becomes of n samples, each of them flat or in its shape."""


class Pass:
    """One pass through a network: deals out its tensors in the order in which its layers own them."""

    def __init__(self, parameters: Sequence[Tensor], buffers: Sequence[Tensor], training: bool) -> None:
        self._parameters, self._buffers = iter(parameters), iter(buffers)
        self.training = training
        self.sums: list[tuple[str, Tensor]] | None = None  # where someone looks: what was bent, and by which activation

    def bend(self, activation: str, x: Tensor) -> Tensor:
        """Return values after the activation of that name."""
        if self.sums is not None:
            self.sums.append((activation, x))
        return ACTIVATIONS[activation](x)

    def parameter(self) -> Tensor:
        """Return the next tensor that is learned."""
        return next(self._parameters)

    def buffer(self) -> Tensor:
        """Return the next running statistic."""
        return next(self._buffers)


def shaped(x: Tensor, shape: Shape) -> Tensor:
    """Return n samples in a shape, in which, or flat, they come."""
    return x if x.dim() == len(shape) + 1 else x.reshape(x.shape[0], *shape)
