"""A fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from nnplayground.engine.layers.stage import Owned, Pass, Style
from nnplayground.engine.layers.unit import Unit


@dataclass(frozen=True)
class Dense:
    """Every output is a weighted sum of all inputs, normalized and bent."""

    inputs: int
    outputs: int
    style: Style

    @cached_property
    def unit(self) -> Unit:
        """The weighted sum."""
        return Unit((self.outputs, self.inputs), self.style)

    @property
    def parameters(self) -> tuple[Owned, ...]:
        """What is learned."""
        return self.unit.parameters

    @property
    def buffers(self) -> tuple[Owned, ...]:
        """The running statistics."""
        return self.unit.buffers

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return (n, outputs) for (n, inputs)."""
        return self.unit(x, run)
