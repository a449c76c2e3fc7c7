"""Where an axis begins, ends and has its ticks, linear or logarithmic, and the ticks' texts. Knows no Qt.

On a logarithmic axis positions are decimal logarithms throughout; only the text of a tick shows the value.
"""

from __future__ import annotations

from math import ceil, floor, log10

from nnplayground.gui.numbers import format_number

_STEPS = (1.0, 2.0, 5.0, 10.0)
_MULTIPLES = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))
_SLACK = 1e-9  # of a tick's spacing, so that rounding does not lose the tick at an axis's end


def nice_step(span: float, count: int) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten of which at most `count` fit into `span` > 0."""
    least = span / max(count, 1)
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - _SLACK))


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Return at most about `count` round values from `low` to `high`, and one at least."""
    step = nice_step(high - low, count)
    first, last = ceil(low / step - _SLACK), floor(high / step + _SLACK)
    found = [i * step for i in range(first, last + 1)]
    return found or linear_ticks(low, high, 2 * max(count, 1))[-1:]  # several would be closer than was asked for


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` ticks, as logarithms, between two logarithms: 1, 0.3, 0.1 … by as much as fits."""
    for multiples in _MULTIPLES:
        ticks = [
            decade + log10(multiple)
            for decade in range(floor(low), floor(high) + 1)
            for multiple in multiples
            if low - _SLACK <= decade + log10(multiple) <= high + _SLACK
        ]
        if 2 <= len(ticks) <= count + 1:
            return ticks
    if len(ticks) > count:
        every = ceil((high - low) / count)
        return [float(i) for i in range(ceil(low), floor(high) + 1) if i % every == 0]
    return [log10(value) for value in linear_ticks(10.0**low, 10.0**high, count) if value > 0]


def linear_limits(low: float, high: float) -> tuple[float, float]:
    """Return round limits just outside `low` and `high`, never equal."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-12):
        margin = abs(high) / 2 or 0.5
        low, high = low - margin, high + margin
    step = nice_step(high - low, 10)
    return floor(low / step + _SLACK) * step, ceil(high / step - _SLACK) * step


def log_limits(low: float, high: float) -> tuple[float, float]:
    """Return limits, as logarithms, just outside the values `low` and `high` > 0: at 1 or 3 times a power of ten."""
    bottom, top = log10(low), log10(high)
    stops = (0.0, log10(3.0), 1.0)
    first = floor(bottom) + max(s for s in stops if s <= bottom - floor(bottom) + _SLACK)
    last = floor(top) + min(s for s in stops if s >= top - floor(top) - _SLACK)
    return (first, last) if last - first > 0.4 else (first - log10(3.0), last + 1 - log10(3.0))


def tick_text(value: float, step: float) -> str:
    """Return the text of a linear tick, with the decimals that ticks `step` apart need."""
    if abs(value) < step * _SLACK:
        return format_number(0, trim=True)
    decimals = max(0, -floor(log10(step) + _SLACK))
    return format_number(value, max(floor(log10(abs(value)) + _SLACK) + 1 + decimals, 1))


def log_tick_text(value: float) -> str:
    """Return the text of a logarithmic tick: 0.03, 10 000, 1e-6."""
    return format_number(value, 3, trim=True)
