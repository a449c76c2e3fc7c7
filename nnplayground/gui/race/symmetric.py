"""A scale on which differences of all sizes can be read: linear about zero, logarithmic far from it. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log, log10

import numpy as np
from numpy.typing import NDArray

from nnplayground.gui.views.ticks import log_tick_text

Doubles = NDArray[np.float64]

MULTIPLES = (1.0, 2.0, 3.0, 5.0, 10.0)  # of powers of ten, at which an axis ends
SMALL = 25.0  # per cent of the differences are smaller than what the scale still spreads out
DEEPEST = 6  # decades between the greatest difference and that
_SLACK = 1e-9


@dataclass(frozen=True)
class Symmetric:
    """Positions sign(v) · log10(1 + |v| / unit): J. B. W. Webber, 2013, Meas. Sci. Technol. 24, 027001."""

    unit: float = 1.0  # a power of ten: below it the scale is about linear

    @classmethod
    def fitting(cls, values: Doubles) -> Symmetric:
        """Return the scale on which one early spike leaves room for the small values of the rest."""
        sizes = np.abs(values[np.isfinite(values) & (values != 0)])
        if not len(sizes):
            return cls()
        least = max(float(np.percentile(sizes, SMALL)), float(sizes.max()) * 10.0**-DEEPEST)
        return cls(10.0 ** floor(log10(least) + _SLACK))

    def positions(self, values: Doubles) -> Doubles:
        """Return where values lie; 0 lies at 0."""
        return np.sign(values) * np.log1p(np.abs(values) / self.unit) / log(10.0)

    def position(self, value: float) -> float:
        """Return where one value lies."""
        return float(self.positions(np.array([value]))[0])

    def limits(self, low: float, high: float) -> tuple[float, float]:
        """Return the positions of round values just outside of two, and of 0; never equal."""
        bottom, top = -_beyond(-low), _beyond(high)
        if bottom == top:
            bottom, top = -self.unit, self.unit
        return self.position(bottom), self.position(top)

    def ticks(self, low: float, high: float, apart: float) -> list[tuple[float, str]]:
        """Return positions from `low` to `high` and what they say: 0 first of all, then decades, the farthest first."""
        found: dict[float, str] = {}
        for value in self._candidates(max(-low, high)):
            place = self.position(value)
            if low <= place <= high and all(abs(place - other) >= apart for other in found):
                found[place] = "0" if not value else log_tick_text(value)
        return sorted(found.items())

    def _candidates(self, farthest: float) -> Iterable[float]:
        yield 0.0
        first = round(log10(self.unit))
        for multiple in (1.0, 3.0):
            for decade in range(first + ceil(farthest), first - 2, -1):
                yield from (multiple * 10.0**decade, -multiple * 10.0**decade)


def _beyond(value: float) -> float:
    """Return the least round number that is not below a value; 0 of what is not above 0."""
    if value <= 0:
        return 0.0
    power = 10.0 ** floor(log10(value))
    return next(multiple * power for multiple in MULTIPLES if multiple * power >= value * (1 - _SLACK))
