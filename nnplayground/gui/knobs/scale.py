"""A knob's scale: where on a slider each value lies, and which values a slider and its keys go to."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nnplayground.experiment import Field

NOTCH = 0.04  # share of a logarithmic slider that stands for 0, at its left end

_RUNGS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` along a slider, whose positions go from 0 to 1.

    A linear one goes by `step`. A logarithmic one goes by decades, over values that are short to write; where its low
    is 0, the left end is 0 and the decades begin with `smallest`. A binary one is logarithmic and goes by powers of 2.
    """

    low: float
    high: float
    log: bool = False
    smallest: float = 0.0
    step: float = 0.0
    whole: bool = False
    binary: bool = False

    def position(self, value: float) -> float:
        """Return where `value` lies, 0 to 1; values beyond an end lie at that end."""
        if self.high <= self.low or value <= self.low:
            return 0.0
        if value >= self.high:
            return 1.0
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        share = math.log(max(value, self._floor) / self._floor) / math.log(self.high / self._floor)
        return self._start + share * (1 - self._start)

    def value(self, position: float) -> float:
        """Return the value at `position`, one that the slider goes to; the ends are `low` and `high`."""
        if position <= 0:
            return self._typed(self.low)
        if position >= 1:
            return self._typed(self.high)
        if not self.log:
            exact = self.low + position * (self.high - self.low)
            return self._typed(self._clamped(round(round(exact / self._step) * self._step, 12)))
        if position < self._start:
            return self._typed(self.low if position < self._start / 2 else self._floor)
        share = (position - self._start) / (1 - self._start)
        return self._typed(_nearest(self.rungs, self._floor * (self.high / self._floor) ** share))

    def stepped(self, value: float, count: int) -> float:
        """Return the value `count` presses of an arrow key away: by `step`, by 1-2-5, or by powers of 2."""
        for _ in range(abs(count)):
            value = self._next(value) if count > 0 else self._previous(value)
        return self._typed(value)

    @property
    def page(self) -> int:
        """How many presses of an arrow key make one of page up: ten steps, or a decade."""
        return 3 if self.log else 10

    @cached_property
    def rungs(self) -> tuple[float, ...]:
        """The values that a logarithmic slider goes to, in order, ends included."""
        return self._between(_binary_rungs(self.high) if self.binary else _decades(_RUNGS, self._floor, self.high))

    @cached_property
    def stops(self) -> tuple[float, ...]:
        """The values that the arrow keys go to on a logarithmic slider, in order, ends included."""
        return self._between(_powers(self.high) if self.binary else _decades(_STEPS, self._floor, self.high))

    @property
    def _floor(self) -> float:
        return self.smallest if self.low <= 0 else self.low

    @property
    def _start(self) -> float:
        return NOTCH if self.low < self._floor else 0.0

    @property
    def _step(self) -> float:
        return self.step or 10.0 ** math.floor(math.log10((self.high - self.low) / 50))

    def _between(self, values: Iterator[float]) -> tuple[float, ...]:
        inner = {v for v in values if self._floor < v < self.high and not (self.whole and v != int(v))}
        return tuple(sorted({self._floor, self.high} | inner))

    def _next(self, value: float) -> float:
        if not self.log:
            return self._clamped(round((math.floor(value / self._step + 1e-6) + 1) * self._step, 12))
        index = bisect_right(self.stops, value * (1 + 1e-9))
        return self.stops[index] if index < len(self.stops) else self.high

    def _previous(self, value: float) -> float:
        if not self.log:
            return self._clamped(round((math.ceil(value / self._step - 1e-6) - 1) * self._step, 12))
        index = bisect_left(self.stops, value * (1 - 1e-9))
        return self.stops[index - 1] if index > 0 else self.low

    def _clamped(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def _typed(self, value: float) -> float:
        return round(value) if self.whole else float(value)


def scale_of(field: Field, high: float | None = None) -> Scale | None:
    """Return the scale of a knob, up to `high` where that is less; None where the knob has no two ends."""
    knob = field.knob
    if knob.low is None or knob.high is None:
        return None
    whole = field.type is int
    return Scale(
        low=knob.low,
        high=knob.high if high is None else max(min(knob.high, high), knob.low),
        log=knob.log,
        smallest=knob.smallest or 0.0,
        step=knob.step or (1.0 if whole and not knob.log else 0.0),
        whole=whole,
        binary=whole and knob.log and math.log2(knob.high).is_integer(),
    )


def _decades(mantissas: tuple[float, ...], low: float, high: float) -> Iterator[float]:
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for mantissa in mantissas:
            yield float(f"{mantissa}e{power}")


def _powers(high: float) -> Iterator[float]:
    return (float(2**power) for power in range(math.ceil(math.log2(high)) + 1))


def _binary_rungs(high: float) -> Iterator[float]:
    """Yield 1 to 16, then the powers of 2 and what lies half-way between them."""
    yield from (float(n) for n in range(1, 17))
    for power in _powers(high):
        yield from (power, power * 1.5)


def _nearest(values: tuple[float, ...], value: float) -> float:
    """Return the one of `values`, in order and above 0, that is nearest to `value` by ratio."""
    index = bisect_left(values, value)
    if index == 0 or index == len(values):
        return values[min(index, len(values) - 1)]
    below, above = values[index - 1], values[index]
    return below if value * value < below * above else above
