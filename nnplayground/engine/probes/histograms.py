"""How a layer's weights are distributed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Floats, Reading, Request


@dataclass(frozen=True)
class HistogramRequest(Request):
    """The distribution of each layer's weights, in so many bins, one more where that is odd: zero is an edge."""

    bins: int = 40


@dataclass(frozen=True, eq=False)
class Histogram:
    """One layer's weights in bins that hold for the initial weights as well."""

    edges: Floats  # (bins + 1,)
    counts: NDArray[np.int64]  # (bins,)
    initial: NDArray[np.int64]  # (bins,) at step 0
    mean: float
    std: float


@dataclass(frozen=True, eq=False)
class Histograms(Reading):
    """Those of all layers."""

    layers: tuple[Histogram, ...]
