"""Families of networks: ready-made ones that are scaled by a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from types import MappingProxyType

from nnplayground.experiment.errors import ExperimentError, shown
from nnplayground.experiment.layers import AnyLayer, Conv, MBConv
from nnplayground.experiment.network import Network
from nnplayground.experiment.pooling import GlobalPool, Resize

DEPTH, WIDTH, RESOLUTION = 1.2, 1.1, 1.15  # by what each step of φ multiplies them (Tan and Le 2019, section 3.3)
MOST = 7.0  # of φ, EfficientNet-B7's
SIDE, STEM, HEAD = 8, 16, 96  # pixels of the smallest network's side, filters of its first and last convolution
STAGES = ((16, 1, 3, 1, 1), (24, 4, 3, 2, 2), (40, 4, 5, 2, 2))
"""(filters, expansion, kernel, stride, blocks) of the smallest network, whose first block of a stage has the stride."""


def efficientnet(phi: float) -> Network:
    """Return a small EfficientNet whose depth, width and resolution the compound coefficient scales together.

    Tan and Le 2019, with three stages in the place of seven, for images of few pixels: φ = 0 is for 8 by 8. Their
    resolution is that to which the first layer brings them; enlarged, they show no more than they did. Raises
    ExperimentError where φ is not from 0 to 7.
    """
    if not 0 <= phi <= MOST:
        raise ExperimentError(f"phi = {shown(phi)} is not allowed; allowed: a number from 0 to {MOST:g}")
    layers: list[AnyLayer] = [Resize(side=round(SIDE * RESOLUTION**phi)), Conv(filters=_rounded(STEM, phi))]
    for filters, expansion, kernel, stride, blocks in STAGES:
        for i in range(ceil(blocks * DEPTH**phi)):
            pace = 1 if i else stride
            layers.append(MBConv(filters=_rounded(filters, phi), expansion=expansion, kernel=kernel, stride=pace))
    layers += [Conv(filters=_rounded(HEAD, phi), kernel=1, dropout=0.2), GlobalPool()]
    return Network(layers=tuple(layers), activation="silu", normalization="batch")


def _rounded(filters: int, phi: float) -> int:
    """Return how many filters there are at φ: a multiple of 8, not much less than it should be."""
    wanted = filters * WIDTH**phi
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * wanted else nearest + 8


FAMILIES: Mapping[str, Callable[[float], Network]] = MappingProxyType({"efficientnet": efficientnet})
