"""What a network answers: over the data's domain, and for samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Floats, Reading, Request


@dataclass(frozen=True)
class OutputRequest(Request):
    """The network's answer over the data's domain."""

    resolution: int = 100


@dataclass(frozen=True, eq=False)
class OutputMap(Reading):
    """The answer over a plane, (outputs, height, width) with row 0 at the top, or along a line, (outputs, width).

    Classification: the probability of each class (two rows for two classes). Regression: one row, the value in the
    target's own unit.
    """

    values: Floats


@dataclass(frozen=True)
class PredictionRequest(Request):
    """The network's answer for at most `limit` samples of each part."""

    limit: int = 2000


@dataclass(frozen=True, eq=False)
class Predictions(Reading):
    """Answers for the first samples of each part: (n, classes) probabilities, or (n, 1) values in the target's unit."""

    train: Floats
    validation: Floats
    confusion: NDArray[np.int64]  # (classes, classes), true by predicted, of 20 000 validation samples at most
