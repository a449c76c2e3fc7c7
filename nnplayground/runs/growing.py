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
            x = np.concatenate([known.x[:kept], new.x])
            low, mean, high = (
                np.concatenate([getattr(known, name)[:, :kept], getattr(new, name)], axis=1)
                for name in ("low", "mean", "high")
            )
            new = Curve(x, low, mean, high, known.exact and new.exact)
        self._known, self._grain = new, (grain, start)
        self._complete = max(stop // grain.width * grain.width, start)
        return new


def shared(old: NDArray[np.float64], new: NDArray[np.float64]) -> int:
    """Return how many points at the beginning are the same, to the bit, of (coordinates, n) and (coordinates, m)."""
    count = min(old.shape[1], new.shape[1])
    other = (old[:, :count].view(np.int64) != new[:, :count].view(np.int64)).any(axis=0)
    first = int(other.argmax()) if count else 0
    return first if count and other[first] else count
