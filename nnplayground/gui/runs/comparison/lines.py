"""Runs as lines over axes: where each crosses which, what grade of the result it has, which lie within ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nnplayground.gui.runs.comparison.scales import AxisScale

COLOURS = 48  # of lines: as many as the eye tells apart, so that those of one are drawn at once
GOLDEN = 0.6180339887  # multiples of which are spread evenly, whatever their number

Doubles = NDArray[np.float64]
Places = NDArray[np.int64]
Range = tuple[float, float]  # of an axis, in shares


@dataclass(frozen=True, eq=False)
class Lines:
    """Axes from left to right, the last of them the result's, and the numbers of the n runs."""

    axes: tuple[AxisScale, ...] = ()
    numbers: tuple[int, ...] = ()

    @cached_property
    def places(self) -> Doubles:
        """Where each run crosses each axis, (n, axes)."""
        return np.stack([axis.shares for axis in self.axes], axis=1) if self.axes else np.empty((0, 0))

    @cached_property
    def grades(self) -> Places:
        """The colour that each run has by its result, (n,); -1 where it has none."""
        if not self.axes:
            return np.empty(0, np.int64)
        last = self.axes[-1]
        shares = np.clip(np.nan_to_num(last.shares), 0, 1)
        return np.where(last.quantity.known, np.rint(shares * (COLOURS - 1)), -1).astype(np.int64)

    @cached_property
    def _ranks(self) -> Doubles:
        """In which order runs are taken where not all are: as evenly over all of them as can be, (n,)."""
        return np.arange(len(self.numbers), dtype=np.float64) * GOLDEN % 1.0

    def inside(self, ranges: Mapping[str, Range]) -> NDArray[np.bool_]:
        """Return which runs lie inside of every range, by the axes' paths, (n,)."""
        found = np.ones(len(self.numbers), bool)
        for i, axis in enumerate(self.axes):
            if axis.quantity.path in ranges:
                low, high = ranges[axis.quantity.path]
                found &= (self.places[:, i] >= low - 1e-9) & (self.places[:, i] <= high + 1e-9)
        return found

    def some(self, runs: Places, most: int) -> Places:
        """Return as many as `most` of the runs at these places: a run of fewer is there among fewer still."""
        if len(runs) <= most:
            return runs
        return np.sort(runs[np.argpartition(self._ranks[runs], most)[:most]])
