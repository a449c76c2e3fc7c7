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


def fit_pixels(mode: Scaling, counts: NDArray[np.int64], pixels: int) -> Scaler:
    """Return what scales images of `pixels` numbers in each channel, all in the same way.

    `counts` (channels, 256) say how often each value from 0 to 255 occurs in the channels of the training part. none:
    as they are. unit: 0 to 255 becomes 0 to 1. symmetric: it becomes -1 to 1. standard: each channel gets mean 0 and
    standard deviation 1; one that is constant becomes 0.
    """
    if mode == "standard":
        values, total = np.arange(256.0), counts.sum(axis=1)
        offset = counts @ values / total
        deviation = np.sqrt((counts * np.square(values - offset[:, None])).sum(axis=1) / total)
        factor = 1 / np.where(deviation > 0, deviation, 1.0)
    else:
        offset, factor = (np.full(len(counts), constant) for constant in _PIXELS[mode])
    return Scaler(np.repeat(offset, pixels), np.repeat(factor, pixels))


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


def scale_in_pieces(scaler: Scaler, raw: Floats, tell: Callable[[float], None]) -> Floats:
    """Return `raw` (n, columns) scaled, a piece at a time, as float64 takes memory; `tell` gets the share done."""
    out = np.empty_like(raw)
    step = max((1 << 20) // raw.shape[1], 1)
    for start in range(0, len(raw), step):
        tell(start / len(raw))
        out[start : start + step] = scaler(raw[start : start + step])
    return out


_PIXELS = {"none": (0.0, 1.0), "unit": (0.0, 1 / 255), "symmetric": (127.5, 1 / 127.5)}  # offset, factor
_FITS: dict[str, Callable[[Doubles], Scaler]] = {
    "none": _none,
    "standard": _standard,
    "unit": _unit,
    "symmetric": _symmetric,
}
