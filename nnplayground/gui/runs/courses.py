"""The courses of runs that are compared: one column of each, read from the store in pieces, as curves over any axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import Cancelled
from nnplayground.runs.columns import Columns
from nnplayground.runs.history import names_of

if TYPE_CHECKING:
    from nnplayground.runs.store import Row
    from nnplayground.runs.store.clock import Clock

Doubles = NDArray[np.float64]

BUDGET = 2**19  # bytes of one course, whatever the run's length
POINTS = 600  # of a curve
AXES = ("step", "epoch", "time")


@dataclass(frozen=True, eq=False)
class Course:
    """One quantity of one run, from its first step to its last."""

    row: Row
    columns: Columns
    clock: Clock
    name: str
    every: int  # steps of a row of the columns

    def curve(self, axis: str) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        """Return x, mean, low and high, each (k,), along an axis: steps, epochs, or seconds of training."""
        curve = self.columns.curve(self.name, points=POINTS)
        x = (np.asarray(curve.x, np.float64) + 1) * self.every
        if axis == "epoch":
            x /= self.row.form.steps_per_epoch
        elif axis == "time":
            x = self.clock.at(x)
        mean, low, high = (np.asarray(values, np.float64) for values in (curve.mean, curve.low, curve.high))
        return x, mean, low, high


def quantities_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that any of the runs has: those of epochs, then those of steps."""
    found: tuple[dict[str, None], dict[str, None]] = {}, {}
    for form in {row.form for row in rows}:
        for known, columns in zip(found, reversed(form.columns), strict=True):
            known.update(dict.fromkeys(columns))
    return (*found[0], *found[1])


def read_courses(
    path: Path, rows: Sequence[Row], name: str, known: Mapping[int, Course], cancelled: Callable[[], bool]
) -> dict[int, Course]:
    """Return the courses of runs by their numbers; of those that are known and have not changed since, these.

    Raises StoreError, and Cancelled between two pieces.
    """
    from nnplayground.runs.store import Store
    from nnplayground.runs.store.clock import read_clock

    found = {}
    with Store(path, writable=False) as store:
        for row in rows:
            old = known.get(row.id)
            if old is not None and old.name == name and old.row.changed == row.changed:
                found[row.id] = old
                continue
            columns = Columns((name,), BUDGET)
            by_step, _ = names_of(row.form.layers, row.form.metrics, clipping=True, averaging=True)
            kind = "steps" if name in by_step else "epochs"
            for part in store.column(row, kind, name):
                columns.append(part[:, None])
                if cancelled():
                    raise Cancelled
            if len(columns):
                every = 1 if kind == "steps" else row.form.steps_per_epoch
                found[row.id] = Course(row, columns, read_clock(store, row), name, every)
            if cancelled():
                raise Cancelled
    return found
