"""Layers that learn: made of units, each with a weight."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from torch import Tensor

from nnplayground.engine.layers.stage import Owned, Pass, Stage, shaped
from nnplayground.engine.layers.unit import Style, Unit


@dataclass(frozen=True)
class Learner(Stage):
    """A layer that learns."""

    style: Style

    @property
    def form(self) -> Stage:
        """The same layer, however it is drawn."""
        return replace(self, style=replace(self.style, initializer=""))

    @property
    @abstractmethod
    def units(self) -> tuple[Unit, ...]:
        """What the layer is made of, in the order in which it is computed."""

    @property
    def work(self) -> int:
        """How many multiply-adds its units take for one sample: every weight at every position of what it gives."""
        return sum(unit.work(prod(self.gives[1:])) for unit in self.units)

    @property
    def parameters(self) -> tuple[Owned, ...]:
        """What is learned."""
        return tuple(owned for unit in self.units for owned in unit.parameters)

    @property
    def buffers(self) -> tuple[Owned, ...]:
        """The running statistics."""
        return tuple(owned for unit in self.units for owned in unit.buffers)


@dataclass(frozen=True)
class Dense(Learner):
    """Every neuron is a weighted sum of all that is given, normalized and bent."""

    @property
    def inputs(self) -> int:
        """How many numbers each neuron sees."""
        return self.units[0].shape[1]

    @property
    def outputs(self) -> int:
        """How many neurons there are."""
        return self.gives[0]

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The weighted sum."""
        return (Unit((*self.gives, prod(self.given)), self.style),)

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return (n, neurons)."""
        return self.units[0](shaped(x, (self.inputs,)), run)


@dataclass(frozen=True)
class Conv(Learner):
    """Filters slide over an image: (n, channels, height, width) to (n, filters, height, width)."""

    kernel: int
    stride: int
    padding: int

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The filters."""
        shape = (self.gives[0], self.given[0], self.kernel, self.kernel)
        return (Unit(shape, self.style, stride=self.stride, padding=self.padding),)

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return the channels that the filters give."""
        return self.units[0](shaped(x, self.given), run)
