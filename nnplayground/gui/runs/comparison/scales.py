"""Where values of a knob or a result lie along an axis, and what stands beside it: for axes of any direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from nnplayground.gui.numbers import format_number
from nnplayground.gui.runs import columns
from nnplayground.gui.views.ticks import (
    linear_limits,
    linear_ticks,
    log_limits,
    log_tick_text,
    log_ticks,
    nice_step,
    tick_text,
)
from nnplayground.runs.quantities import Quantity, quantity

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

Doubles = NDArray[np.float64]

MISSING = -0.09  # of an axis's length, below its lower end: where runs lie that have no such value
NOTHING = "–"  # what stands there
COSTS = ("steps", "epochs", "seconds", "parameters")  # that are told of every run, beside its results


def quantity_of(rows: Sequence[Row], path: str) -> Quantity:
    """Return a knob or a result of runs, choices called as the table calls them."""
    return quantity(rows, path, columns.text)


def results_to_choose(results: Sequence[str]) -> dict[str, str]:
    """Return what may be chosen as a result, by path: results of runs, and what they cost."""
    return {path: columns.title(path) for path in (*results, *COSTS)}


def short_title(path: str) -> str:
    """Return what a knob is called where there is little room: without the part that it belongs to."""
    if path.startswith("seeds."):
        return QCoreApplication.translate("runs", "seed") + ": " + path.rpartition(".")[2]
    return columns.title(path).rpartition(": ")[2]


@dataclass(frozen=True, eq=False)
class AxisScale:
    """A quantity along an axis, whose lower end is 0 and whose upper end is 1."""

    quantity: Quantity

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The positions at both ends: round ones, or the first and the last choice."""
        found = self.quantity
        if found.names:
            last = len(found.names) - 1
            return (0.0, float(last)) if last else (-1.0, 1.0)
        known = found.positions[found.known]
        if not len(known):
            return 0.0, 1.0
        low, high = float(known.min()), float(known.max())
        if not found.logarithmic:
            return linear_limits(low, high)
        low, high = log_limits(10.0**low, 10.0**high)
        return (low if found.zero is None else found.zero), high

    @cached_property
    def shares(self) -> Doubles:
        """Where each run lies, (n,); MISSING where it has none."""
        low, high = self.limits
        found = (self.quantity.positions - low) / (high - low)
        return np.where(self.quantity.known, found, MISSING)

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """Return about `count` ticks at most, each where it lies and what it says; a share and a text."""
        (low, high), found = self.limits, self.quantity
        if found.names:
            every = max(ceil(len(found.names) / max(count, 1)), 1)
            texts = [(float(i), name) for i, name in enumerate(found.names) if i % every == 0]
        elif found.logarithmic:
            texts = [(p, log_tick_text(10.0**p)) for p in log_ticks(low, high, max(count, 2))]
            if found.zero is not None:
                texts = [(found.zero, "0"), *((p, text) for p, text in texts if p > found.zero + 0.9)]
        else:
            step = nice_step(high - low, max(count, 2))
            texts = [(p, tick_text(p, step)) for p in linear_ticks(low, high, max(count, 2))]
        missing = [] if found.known.all() else [(MISSING, NOTHING)]
        return [*missing, *(((p - low) / (high - low), text) for p, text in texts)]

    def within(self, low: float, high: float) -> str:
        """Say what lies between two shares: choices, or the numbers at both."""
        (first, last), found = self.limits, self.quantity
        places = [first + min(max(share, 0.0), 1.0) * (last - first) for share in (low, high)]
        if found.names:
            return ", ".join(name for i, name in enumerate(found.names) if places[0] <= i <= places[1])
        numbers = [0.0 if place == found.zero else 10.0**place if found.logarithmic else place for place in places]
        return " – ".join(format_number(number, 3, trim=True) for number in numbers)

    def text(self, run: int) -> str:
        """Return a run's value, by its place."""
        found = self.quantity
        if not found.known[run]:
            return NOTHING
        value = float(found.values[run])
        return found.names[round(value)] if found.names else format_number(value, trim=True)

    def cell(self, run: int) -> float | str:
        """Return a run's value as a table has it; empty where there is none."""
        found = self.quantity
        if not found.known[run]:
            return ""
        return self.text(run) if found.names else float(found.values[run])
