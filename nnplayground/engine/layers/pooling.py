"""Layers of images that learn nothing: pooling, flattening, another size."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from nnplayground.engine.layers.stage import Pass, Stage, shaped


@dataclass(frozen=True)
class MaxPool(Stage):
    """Of each square of neighbours, the largest."""

    size: int
    stride: int

    def __call__(self, x: Tensor, run: Pass) -> Tensor:  # noqa: ARG002
        """Return (n, channels, height, width) smaller images."""
        return F.max_pool2d(shaped(x, self.given), self.size, self.stride)


@dataclass(frozen=True)
class AveragePool(Stage):
    """Of each square of neighbours, the mean."""

    size: int
    stride: int

    def __call__(self, x: Tensor, run: Pass) -> Tensor:  # noqa: ARG002
        """Return (n, channels, height, width) smaller images."""
        return F.avg_pool2d(shaped(x, self.given), self.size, self.stride)


@dataclass(frozen=True)
class GlobalPool(Stage):
    """Of each channel, the mean."""

    def __call__(self, x: Tensor, run: Pass) -> Tensor:  # noqa: ARG002
        """Return (n, channels)."""
        return shaped(x, self.given).mean(dim=(2, 3))


@dataclass(frozen=True)
class Flatten(Stage):
    """All numbers side by side."""

    def __call__(self, x: Tensor, run: Pass) -> Tensor:  # noqa: ARG002
        """Return (n, numbers)."""
        return shaped(x, self.gives)


@dataclass(frozen=True)
class Resize(Stage):
    """The image at another size, by bilinear interpolation."""

    def __call__(self, x: Tensor, run: Pass) -> Tensor:  # noqa: ARG002
        """Return (n, channels, side, side)."""
        return F.interpolate(shaped(x, self.given), self.gives[1:], mode="bilinear", align_corners=False)
