"""Scaling inputs, column by column, as measured on the training part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Floats
from nnplayground.experiment.datasets import Scaling

Doubles = NDArray[np.float64]


def fit(mode: Scaling, x: NDArray[Any]) -> Scaler:
    """Measure the columns of `x` (n, columns), n at least 1, finite, and return what scales them.

    none: as they are. standard: mean 0, standard deviation 1. unit: from 0 to 1. symmetric: from -1 to 1.
    A column that is constant, or varies by rounding errors alone, becomes 0 there, and keeps its unit.
    """
    return _FITS[mode](np.asarray(x, np.float64))


def _none(x: Doubles) -> Scaler:
    return Scaler(np.zeros(x.shape[1]), np.ones(x.shape[1]))


def _standard(x: Doubles) -> Scaler:
    mean = x.mean(axis=0)
    mean += (x - mean).mean(axis=0)  # a second pass takes away the rounding of the first, for columns far from 0
    return Scaler(mean, _inverse(np.sqrt(np.square(x - mean).mean(axis=0)), x))


def _unit(x: Doubles) -> Scaler:
    low, high = x.min(axis=0), x.max(axis=0)
    return Scaler(low, _inverse(high - low, x))


def _symmetric(x: Doubles) -> Scaler:
    low, high = x.min(axis=0), x.max(axis=0)
    half = (high - low) / 2
    return Scaler(low + half, _inverse(half, x))


def _inverse(spread: Doubles, x: Doubles) -> Doubles:
    """Return 1 / spread, and 1 where the spread is nothing but the rounding of numbers as large as the column's."""
    rounding = np.maximum(8 * np.spacing(np.abs(x).max(axis=0)), np.finfo(np.float64).tiny)
    return 1 / np.where(spread > rounding, spread, 1.0)


@dataclass(frozen=True, eq=False)
class Scaler:
    """A straight line per column: (x - offset) * factor."""

    offset: Doubles  # (columns,)
    factor: Doubles  # (columns,)

    def __call__(self, x: NDArray[Any]) -> Floats:
        """Return `x` (n, columns) scaled, computed in float64 and rounded once."""
        return ((np.asarray(x, np.float64) - self.offset) * self.factor).astype(np.float32)


_FITS: dict[str, Callable[[Doubles], Scaler]] = {
    "none": _none,
    "standard": _standard,
    "unit": _unit,
    "symmetric": _symmetric,
}
