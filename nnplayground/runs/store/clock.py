"""When a run took its steps: seconds of training at some of them, each a hundredth further on than the one before."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnplayground.runs.store.database import StoreError

if TYPE_CHECKING:
    from nnplayground.runs.store.row import Row
    from nnplayground.runs.store.store import Store

Doubles = NDArray[np.float64]

SHARE = 0.01  # of the training so far, between two times: a run of days has some hundreds, and no curve shows more


@dataclass(frozen=True, eq=False)
class Clock:
    """Seconds of training by step, even between two steps whose times are known."""

    steps: Doubles  # (k,), from 0 on
    seconds: Doubles

    def at(self, steps: Doubles | float) -> Doubles:
        """Return the seconds of training after so many steps, in their shape; after the last one known, its own."""
        return np.asarray(np.interp(np.asarray(steps), self.steps, self.seconds), np.float64)


def read_clock(store: Store, row: Row) -> Clock:
    """Return a run's clock; of a run of whose steps no time was written, one that goes evenly. Raises StoreError."""
    try:
        found = [(float(step), float(seconds)) for step, seconds in store.times(row)]
    except (ValueError, TypeError):
        found = [(np.nan, np.nan)]
    last = max((step for step, _ in found), default=0.0)
    ends = [(float(row.steps), row.seconds)] if row.steps > last else []
    times = np.array([(0.0, 0.0), *found, *ends], np.float64)
    if not np.isfinite(times).all() or (np.diff(times, axis=0) < 0).any():
        raise StoreError(f"{store.path}: run {row.id} is damaged: its times do not follow each other")
    return Clock(times[:, 0], times[:, 1])


def write_time(connection: sqlite3.Connection, run: int, step: int, seconds: float) -> None:
    """Write how long a run was trained up to a step."""
    connection.execute("INSERT OR REPLACE INTO clock (run, step, seconds) VALUES (?, ?, ?)", (run, step, seconds))
