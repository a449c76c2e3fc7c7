"""What all layers have in common: the tensors that they own, and one pass through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


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
class Style:
    """What is chosen for every layer that learns, with all that it left to the network filled in."""

    activation: str
    initializer: str
    normalization: str  # none, batch, layer, group or weight
    norm_place: str  # before or after the activation
    dropout_kind: str  # plain or alpha


class Pass:
    """One pass through a network: deals out its tensors in the order in which its layers own them."""

    def __init__(self, parameters: Sequence[Tensor], buffers: Sequence[Tensor], training: bool) -> None:
        self._parameters, self._buffers = iter(parameters), iter(buffers)
        self.training = training

    def parameter(self) -> Tensor:
        """Return the next tensor that is learned."""
        return next(self._parameters)

    def buffer(self) -> Tensor:
        """Return the next running statistic."""
        return next(self._buffers)
