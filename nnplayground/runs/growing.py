"""Curves that grow at their end: read again and again, what is new alone is looked up, and told from what is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnplayground.runs.columns import Columns, Curve, Grain


class Growing:
    """The same columns over a range of rows, read anew whenever rows have come.

    Points that stand for all their rows stay as they are, to the bit, until there is room for no more of them: the
    grain is that of the range's `room`, which may lie beyond the rows there are.
    """

    def __init__(self, columns: Columns, names: Sequence[str]) -> None:
        self.columns = columns
        self.names = tuple(names)
        self._grain: tuple[Grain, int] | None = None  # and the range's start
        self._known: Curve | None = None
        self._complete = 0  # rows that the known curve's complete points stand for, those before the range included

    def read(self, start: int, stop: int, room: int, points: int) -> Curve:
        """Return the rows start … stop - 1 as about `points` points at most for `room` rows; (columns, k)."""
        grain = self.columns.grain(start, max(stop, room), points)
        known = self._known
        if (grain, start) != self._grain or not start < self._complete <= stop:
            known, self._complete = None, start
        new = self.columns.read(self.names, grain, self._complete, stop)
        if known is not None:
            kept = int(np.searchsorted(known.x, self._complete))
            parts = ((k[..., :kept], n) for k, n in zip(_numbers(known), _numbers(new), strict=True))
            new = Curve(*(np.concatenate(pair, axis=-1) for pair in parts), known.exact and new.exact)
        self._known, self._grain = new, (grain, start)
        self._complete = max(stop // grain.width * grain.width, start)
        return new


def shared(old: Sequence[NDArray[np.float64]], new: Sequence[NDArray[np.float64]]) -> int:
    """Return how many points at the beginning are the same, to the bit: each array is one coordinate of all points."""
    count = min(len(old[0]), len(new[0]))
    other = np.zeros(count, np.bool_)
    for before, now in zip(old, new, strict=True):
        other |= before[:count].view(np.int64) != now[:count].view(np.int64)
    return int(other.argmax()) if other.any() else count


def _numbers(curve: Curve) -> tuple[np.ndarray, ...]:
    return curve.x, curve.low, curve.mean, curve.high
