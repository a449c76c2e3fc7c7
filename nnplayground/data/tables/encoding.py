"""From the columns of a table to numbers: missing values filled, categories one-hot, as fitted on the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Floats
from nnplayground.data.tables.cells import date_text, number_text
from nnplayground.data.tables.columns import Doubles, RawColumn
from nnplayground.experiment.errors import shown

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NumberEncoding:
    """A column of numbers or dates as one input: the value less `offset`, `fill` where it is missing."""

    column: RawColumn
    values: Doubles
    fill: float
    offset: float

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its inputs."""
        return (self.column.name,)

    @property
    def filling(self) -> str:
        """What missing values become, as the user would write it."""
        return date_text(self.fill) if self.column.mode == "date" else number_text(self.fill)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of it, one sentence each."""
        if self.column.mode == "date":
            return (f"{self.column.name}: dates were read as days since {date_text(self.offset)}.",)
        if self.offset:
            return (
                f"{self.column.name}: {self.offset:.0f} was subtracted, for single precision to tell its values apart.",
            )
        return ()

    def write(self, rows: Rows, out: Floats) -> None:
        """Write the inputs of the given rows into `out` (rows, 1)."""
        values = self.values[rows]
        values[np.isnan(values)] = self.fill
        out[:, 0] = values - self.offset


@dataclass(frozen=True, eq=False)
class CategoryEncoding:
    """A column of categories as one input for each of `codes`, 1 where a row is of it; `fill` where it is missing."""

    column: RawColumn
    row_codes: NDArray[np.int32]
    fill: int
    codes: tuple[int, ...]  # a category that is not in the training part is none of them

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its inputs."""
        if self.column.is_boolean:
            return (self.column.name,)
        return tuple(f"{self.column.name} = {self.column.texts[code]}" for code in self.codes)

    @property
    def filling(self) -> str:
        """What missing values become."""
        return shown(self.column.texts[self.fill])[1:-1]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of it: nothing."""
        return ()

    def write(self, rows: Rows, out: Floats) -> None:
        """Write the inputs of the given rows into `out` (rows, codes)."""
        codes = self.row_codes[rows]
        codes[codes < 0] = self.fill
        for j, code in enumerate(self.codes):
            out[:, j] = codes == code


Encoding = NumberEncoding | CategoryEncoding


def fit(column: RawColumn, train: Rows) -> Encoding | None:
    """Measure a column on the training rows: medians, most frequent categories; None where no value is there."""
    if column.values is not None:
        return _fit_numbers(column, column.values, train)
    assert column.codes is not None, "text of too many kinds is left out before"
    return _fit_categories(column, column.codes, train)


def _fit_numbers(column: RawColumn, values: Doubles, train: Rows) -> NumberEncoding | None:
    found = values[train]
    found = found[~np.isnan(found)]
    if not len(found):
        return None
    fill = float(np.median(found))
    return NumberEncoding(column, values, fill, _offset(column, found, fill))


def _offset(column: RawColumn, found: Doubles, median: float) -> float:
    """Return what is to be subtracted so that float32 tells the values apart: dates count from the first one."""
    if column.mode == "date":
        return float(np.floor(found.min()))
    rounding = float(np.spacing(np.float32(np.abs(found).max())))
    return float(np.round(median)) if rounding > 1e-3 * float(found.std()) > 0 else 0.0


def _fit_categories(column: RawColumn, row_codes: NDArray[np.int32], train: Rows) -> CategoryEncoding | None:
    found = row_codes[train]
    counts = np.bincount(found[found >= 0], minlength=len(column.texts))
    present = sorted(np.flatnonzero(counts).tolist(), key=lambda code: column.texts[code])
    if not present:
        return None
    fill = max(present, key=lambda code: counts[code])  # of several, the first in alphabetical order
    codes = present
    if column.is_boolean:
        codes = [code for code, text in enumerate(column.texts) if text.lower() == "true"]
    return CategoryEncoding(column, row_codes, fill, tuple(codes))
