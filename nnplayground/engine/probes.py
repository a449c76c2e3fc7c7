"""Probes: what a view may ask of a network at one step. Requests and answers know no torch; computing does.

A request is a small frozen value. `compute(request, ...)` answers it from a snapshot and the data alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ResponseRequest:
    """Every neuron's activation over the data's domain, as small pictures of `resolution` pixels a side."""

    resolution: int = 24
    limit: int = 16  # neurons of a layer that are answered for, from the first


@dataclass(frozen=True, eq=False)
class Responses:
    """Pictures, one per neuron, of shape (neurons, height, width), row 0 at the top (largest x₂).

    Of a layer that gives images, each channel is a neuron, and answers with its mean.

    Over a plane: height = width = resolution. Along a line: height 1, width resolution. For any other data: the
    first resolution² validation samples at most, ordered by target, row by row; unused pixels are NaN.
    """

    inputs: Floats  # of every feature that could be given, in the order of the network's inputs
    layers: tuple[Floats, ...]  # that learn, after their activation; last, the output as probability or value


@dataclass(frozen=True)
class OutputRequest:
    """The network's answer over the data's domain."""

    resolution: int = 100


@dataclass(frozen=True, eq=False)
class OutputMap:
    """The answer over a plane, (outputs, height, width) with row 0 at the top, or along a line, (outputs, width).

    Classification: the probability of each class (two rows for two classes). Regression: one row, the value in the
    target's own unit.
    """

    values: Floats


@dataclass(frozen=True)
class PredictionRequest:
    """The network's answer for at most `limit` samples of each part."""

    limit: int = 2000


@dataclass(frozen=True, eq=False)
class Predictions:
    """Answers for the first samples of each part: (n, classes) probabilities, or (n, 1) values in the target's unit."""

    train: Floats
    validation: Floats
    confusion: NDArray[np.int64]  # (classes, classes), true by predicted, of 20 000 validation samples at most


@dataclass(frozen=True)
class HistogramRequest:
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


Request = ResponseRequest | OutputRequest | PredictionRequest | HistogramRequest
Reading = Responses | OutputMap | Predictions | tuple[Histogram, ...]
