"""A weighted sum, its normalization and its activation: what layers that learn are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch.nn.functional as F
from torch import Tensor

from nnplayground.engine.layers import normalization
from nnplayground.engine.layers.stage import Drawn, Lengths, Owned, Pass

LEAST = 1e-30  # added to a squared length, for a direction of zero has no length to be divided by


@dataclass(frozen=True)
class Style:
    """What is chosen for a layer that learns, with all that it left to the network filled in."""

    activation: str
    initializer: str
    normalization: str  # none, batch, layer, group or weight
    norm_place: str  # before or after the activation
    dropout_kind: str  # plain or alpha


@dataclass(frozen=True)
class Unit:
    """A weight, and what comes after it; roles begin with `prefix`.

    The weight is (outputs, inputs), or a convolution's (channels, channels in each group, height, width). It is drawn
    for the style's activation, but where `activation` names another, that comes after it.
    """

    shape: tuple[int, ...]
    style: Style
    prefix: str = ""
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    activation: str | None = None

    @property
    def parameters(self) -> tuple[Owned, ...]:
        """What is learned, in the order in which a call takes it."""
        drawn = Drawn(self.style.initializer, self.style.activation)
        channels = self.shape[0]
        if self.style.normalization == "weight":
            lengths = Owned(f"{self.prefix}length", (channels,), Lengths())
            weights: tuple[Owned, ...] = (Owned(f"{self.prefix}direction", self.shape, drawn), lengths)
        else:
            weights = (Owned(f"{self.prefix}weight", self.shape, drawn),)
        bias = (Owned(f"{self.prefix}bias", (channels,)),) if self.bias else ()
        return (*weights, *bias, *normalization.parameters(self.style.normalization, channels, self.prefix))

    @property
    def buffers(self) -> tuple[Owned, ...]:
        """The running statistics."""
        return normalization.buffers(self.style.normalization, self.shape[0], self.prefix)

    def work(self, positions: int) -> int:
        """Return how many multiply-adds it takes for one sample; a convolution looks at so many positions of it."""
        return prod(self.shape) * (positions if len(self.shape) > 2 else 1)

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return what becomes of (n, inputs), or of (n, channels, height, width)."""
        x = self._summed(x, self._weight(run), run.parameter() if self.bias else None)
        normalized = self.style.normalization in normalization.NORMALIZATIONS
        if normalized and self.style.norm_place == "before":
            x = normalization.normalize(self.style.normalization, x, run)
        x = run.bend(self.activation or self.style.activation, x)
        if normalized and self.style.norm_place == "after":
            x = normalization.normalize(self.style.normalization, x, run)
        return x

    def _summed(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if len(self.shape) == 2:
            return F.linear(x, weight, bias)
        return F.conv2d(x, weight, bias, self.stride, self.padding, groups=self.groups)

    def _weight(self, run: Pass) -> Tensor:
        """Return the weight; normalized, it is length times direction (Salimans and Kingma 2016)."""
        weight = run.parameter()
        if self.style.normalization != "weight":
            return weight
        squares = weight.square().flatten(1).sum(dim=1) + LEAST
        factors = run.parameter() * squares.rsqrt()
        return weight * factors.view(-1, *[1] * (len(self.shape) - 1))
