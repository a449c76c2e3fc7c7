"""How right a network is on validation samples: confusion, calibration, the worst mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Floats, Reading, Request

JUDGED = 20_000  # validation samples, from the first, unless a request says otherwise


@dataclass(frozen=True)
class ConfusionRequest(Request):
    """Which classes are taken for which, of at most `limit` validation samples."""

    limit: int = JUDGED


@dataclass(frozen=True, eq=False)
class Confusion(Reading):
    """Counts (classes, classes), true by predicted."""

    counts: NDArray[np.int64]


@dataclass(frozen=True)
class CalibrationRequest(Request):
    """How far stated probabilities hold, in so many bins of equal width, of at most `limit` validation samples."""

    bins: int = 10
    limit: int = JUDGED


@dataclass(frozen=True, eq=False)
class Calibration(Reading):
    """A reliability diagram (Niculescu-Mizil and Caruana 2005), and two numbers of it.

    Two classes: the probability stated for the second against the share of samples of it. More: that of the class
    answered, against the share of samples where it was right. Bins are open below and closed above, but for the first.
    """

    stated: NDArray[np.float64]  # (bins,) mean probability of a bin's samples; NaN where it has none
    observed: NDArray[np.float64]  # (bins,) share of them; NaN where it has none
    counts: NDArray[np.int64]  # (bins,)
    ece: float  # expected calibration error: mean distance of the two over samples (Naeini, Cooper, Hauskrecht 2015)
    brier: float  # mean squared error (Brier 1950): of the second class's probability, or summed over several classes'


@dataclass(frozen=True)
class MistakesRequest(Request):
    """The `count` samples that the network does worst on, of at most `limit` validation samples."""

    count: int = 40
    limit: int = JUDGED


@dataclass(frozen=True, eq=False)
class Mistakes(Reading):
    """The worst first: least probable for their true class, or with the largest residual."""

    rows: NDArray[np.int64]  # (m,) of the validation part
    answers: Floats  # (m, classes) probabilities, or (m, 1) values in the target's unit
    wrong: int  # how many of those judged were taken for another class; 0 for values
    judged: int
