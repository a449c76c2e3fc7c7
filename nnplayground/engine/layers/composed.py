"""Layers that are made of several convolutions: residual blocks, Inception blocks, inverted bottlenecks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor

from nnplayground.engine.layers.learner import Learner
from nnplayground.engine.layers.normalization import NORMALIZATIONS
from nnplayground.engine.layers.stage import Pass, shaped
from nnplayground.engine.layers.unit import Style, Unit

SQUEEZE = 4  # times as many channels are given as there are neurons that weigh an inverted bottleneck's


def _filters(
    outputs: int, inputs: int, kernel: int, style: Style, prefix: str, stride: int = 1, activation: str | None = None
) -> Unit:
    """Return a convolution that keeps the image's size, or divides it; one that is shifted next needs no bias."""
    shifted = style.normalization in NORMALIZATIONS and (style.norm_place == "before" or activation == "identity")
    shape = (outputs, inputs, kernel, kernel)
    return Unit(shape, style, f"{prefix} ", stride, kernel // 2, bias=not shifted, activation=activation)


@dataclass(frozen=True)
class Residual(Learner):
    """Two 3x3 convolutions, added to what is given, or where its shape changes to a 1x1 convolution of it.

    He et al. 2016, with the projection as their option B.
    """

    stride: int

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The two convolutions, and the shortcut's where it has one."""
        (inputs, *_), (outputs, *_) = self.given, self.gives
        first = _filters(outputs, inputs, 3, self.style, "1", self.stride)
        second = _filters(outputs, outputs, 3, self.style, "2", activation="identity")
        if self.given == self.gives:
            return first, second
        return first, second, _filters(outputs, inputs, 1, self.style, "shortcut", self.stride, "identity")

    @property
    def widest(self) -> int:
        """What is given, and what both ways give."""
        return prod(self.given) + 2 * prod(self.gives)

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return (n, filters, height, width)."""
        x = shaped(x, self.given)
        first, second, *shortcut = self.units
        found = second(first(x, run), run)
        past = shortcut[0](x, run) if shortcut else x
        return run.bend(self.style.activation, found + past)


@dataclass(frozen=True)
class Inception(Learner):
    """1x1, 3x3 and 5x5 convolutions and a pooling side by side (Szegedy et al. 2015).

    Before 3x3 and 5x5, 1x1 convolutions reduce the channels to half as many as these have filters.
    """

    shares: tuple[int, int, int, int]  # filters of 1x1, 3x3, 5x5, and after pooling

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The convolutions, branch by branch."""
        inputs, style = self.given[0], self.style
        one, three, five, pooled = self.shares
        less = [max(1, outputs // 2) for outputs in (three, five)]
        return (
            _filters(one, inputs, 1, style, "1x1"),
            _filters(less[0], inputs, 1, style, "3x3 reduction"),
            _filters(three, less[0], 3, style, "3x3"),
            _filters(less[1], inputs, 1, style, "5x5 reduction"),
            _filters(five, less[1], 5, style, "5x5"),
            _filters(pooled, inputs, 1, style, "pooled"),
        )

    @property
    def widest(self) -> int:
        """What is given, pooled too, and what the branches give, side by side too."""
        return 2 * prod(self.given) + 2 * prod(self.gives)

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return (n, filters, height, width)."""
        x = shaped(x, self.given)
        one, reduce_three, three, reduce_five, five, pooled = self.units
        branches = [one(x, run), three(reduce_three(x, run), run), five(reduce_five(x, run), run)]
        branches.append(pooled(F.max_pool2d(x, 3, stride=1, padding=1), run))
        return torch.cat(branches, dim=1)


@dataclass(frozen=True)
class MBConv(Learner):
    """An inverted bottleneck with squeeze and excitation (Tan and Le 2019; Sandler et al. 2018, Hu et al. 2018).

    1x1 convolutions widen, a depthwise one filters, a sigmoid of the channels' means weighs them, 1x1 ones narrow. What
    is given is added where the shapes agree.
    """

    expansion: int
    kernel: int
    stride: int

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The convolutions, and the two dense layers that weigh channels, which are not normalized by samples."""
        inputs, outputs, style = self.given[0], self.gives[0], self.style
        inside, few = inputs * self.expansion, max(1, inputs // SQUEEZE)
        plain = replace(style, normalization="none") if style.normalization in NORMALIZATIONS else style
        depthwise = replace(_filters(inside, 1, self.kernel, style, "depthwise", self.stride), groups=inside)
        return (
            *([_filters(inside, inputs, 1, style, "expansion")] if self.expansion > 1 else []),
            depthwise,
            Unit((few, inside), plain, "squeeze "),
            Unit((inside, few), plain, "excitation ", activation="sigmoid"),
            _filters(outputs, inside, 1, style, "projection", activation="identity"),
        )

    @property
    def work(self) -> int:
        """The expansion's multiply-adds at every position of what is given, the others' of what it gives."""
        before, after = prod(self.given[1:]), prod(self.gives[1:])
        return sum(unit.work(before if unit.prefix == "expansion " else after) for unit in self.units)

    @property
    def widest(self) -> int:
        """What is given, and what is inside before and after the stride."""
        return prod(self.given) + self.expansion * (prod(self.given) + 2 * self.given[0] * prod(self.gives[1:]))

    def __call__(self, x: Tensor, run: Pass) -> Tensor:
        """Return (n, filters, height, width)."""
        x = shaped(x, self.given)
        *expansion, depthwise, squeeze, excite, project = self.units
        inside = expansion[0](x, run) if expansion else x
        inside = depthwise(inside, run)
        weights = excite(squeeze(inside.mean(dim=(2, 3)), run), run)
        found = project(inside * weights[:, :, None, None], run)
        return found + x if self.given == self.gives else found
