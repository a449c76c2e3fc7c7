"""Some rows of a table on their way from a file to its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnplayground.data.tables.columns import Doubles, Mode


@dataclass(frozen=True, eq=False)
class Numbers:
    """Values that a file gives as numbers or as dates: (rows,) float64, NaN where missing, dates in days since 1970."""

    values: Doubles
    mode: Mode


@dataclass(frozen=True, eq=False)
class Block:
    """The columns asked for, each as Numbers or as an Arrow array of strings; and the share of the file read."""

    columns: tuple[Numbers | Any, ...]
    rows: int
    done: float
