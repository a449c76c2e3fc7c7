"""The target of a table: classes or values, as a network is trained on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import scaling
from nnplayground.data.dataset import Floats
from nnplayground.data.tables.cells import date_text, number_text
from nnplayground.data.tables.columns import MAX_CLASSES, RawColumn, describe, guess_task
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import AnyTable, Task
from nnplayground.experiment.errors import shown

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Target:
    """What is predicted, of the rows that are used.

    values  (n,) int64, the class; or (n,) float64, the value in its own unit
    """

    name: str
    task: Task
    values: NDArray[np.int64] | NDArray[np.float64]
    class_names: tuple[str, ...] = ()
    note: str = ""

    def scaled(self, train: Rows) -> tuple[NDArray[np.int64] | Floats, float, float]:
        """Return targets, mean and scale: classes as they are, values standardized as measured on the training rows."""
        if self.task == "classification":
            return self.values.astype(np.int64), 0.0, 1.0
        scaler = scaling.fit("standard", self.values[train, None])
        return scaler(self.values[:, None])[:, 0], float(scaler.offset[0]), float(1 / scaler.factor[0])


def make_target(data: AnyTable, column: RawColumn, rows: Rows) -> Target:
    """Return the target of the given rows, none of them missing. Raises ExperimentError where it cannot be learned."""
    task = data.known_task or guess_task(describe(column))
    if task == "regression":
        return _values(column, rows)
    target = _classes(column, rows)
    if data.known_task is None and column.values is not None:
        note = f"{column.name} was taken for {len(target.class_names)} classes, being few whole numbers. "
        return Target(target.name, task, target.values, target.class_names, note + "Set the task if it is a value.")
    return target


def _values(column: RawColumn, rows: Rows) -> Target:
    if column.values is None:
        raise ExperimentError(
            f"data.target_task = 'regression' does not fit column {shown(column.name)}, which is text "
            f"({listed_values(column)}); allowed: classification, or a target of numbers"
        )
    values = column.values[rows]
    if values.min() == values.max():
        raise ExperimentError(
            f"column {shown(column.name)} is {number_text(values[0])} in every row, so there is nothing to predict; "
            "allowed: a target that varies"
        )
    return Target(column.name, "regression", values)


def _classes(column: RawColumn, rows: Rows) -> Target:
    if column.values is not None:
        found, values = np.unique(column.values[rows], return_inverse=True)
        show = date_text if column.mode == "date" else number_text
        names = tuple(map(show, found))
    elif column.codes is not None:
        codes = column.codes[rows]
        present = sorted(np.unique(codes).tolist(), key=lambda code: column.texts[code])
        order = np.zeros(len(column.texts), np.int64)
        order[present] = np.arange(len(present))
        values, names = order[codes], tuple(column.texts[code] for code in present)
    else:
        raise ExperimentError(_too_many(column, "more than 10,000"))
    if len(names) < 2:
        raise ExperimentError(
            f"column {shown(column.name)} has one class only, {shown(names[0])}; "
            f"allowed: a target of 2 to {MAX_CLASSES} classes"
        )
    if len(names) > MAX_CLASSES or len(names) == len(rows):
        raise ExperimentError(_too_many(column, f"{len(names):,}"))
    return Target(column.name, "classification", values.astype(np.int64), names)


def _too_many(column: RawColumn, count: str) -> str:
    other = "" if column.values is None else ", or data.target_task = 'regression'"
    return (
        f"column {shown(column.name)} has {count} different values in {column.present:,} rows, too many for classes; "
        f"allowed: a target of 2 to {MAX_CLASSES} classes, with fewer classes than rows{other}"
    )


def listed_values(column: RawColumn) -> str:
    """Return a few values of a column, as in the file."""
    return ", ".join(repr(text[:30]) for text in column.samples[:3]) + (" …" if len(column.samples) > 3 else "")
