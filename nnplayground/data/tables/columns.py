"""What each column of a table is: numbers, categories, text or dates, and what can be made of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Task
from nnplayground.experiment.errors import shown

Doubles = NDArray[np.float64]
Mode = Literal["number", "date", "text"]
Kind = Literal["number", "category", "text", "date"]

EMPTY = "empty"
CONSTANT = "constant"
RUNNING = "identifier-like: a running number"
IDENTIFIER = "identifier-like: every value is different"

MAX_TEXTS = 10_000  # different texts of a column that are kept
MAX_CATEGORIES = 50
MAX_CLASSES = 100
FEW = 20  # different whole numbers, or fewer, are classes

_ID_NAME = re.compile(
    r"(.*[\W_])?(id|ids|idx|index|key|nr|no|num|number|row|rownames|uuid|guid|identifier|__index_level_\d+__)\W*",
    re.IGNORECASE,
)
_CAMEL_ID = re.compile(r".*[a-z](Id|ID|Nr|No|Idx|Index|Key)")


@dataclass(frozen=True)
class Fault:
    """A value that does not fit its column: its row of data, from 0, its text, and what nearly all others are."""

    row: int
    text: str
    expected: str  # "number" or "date"
    share: float  # of the values that are as expected

    def at(self, line: int, column: str) -> ExperimentError:
        """Say so, given the line of the file that the row is in."""
        return ExperimentError(
            f"row {line}, column {shown(column)}: {shown(self.text, 40)} is not a {self.expected}, as {self.share:.1%} "
            f"of this column's values are; allowed: a {self.expected}, or nothing where it is missing"
        )


@dataclass(frozen=True, eq=False)
class RawColumn:
    """A column as read.

    values   (rows,) float64, NaN where missing; days since 1970 for dates; None for text
    codes    (rows,) int32, indices into `texts`, -1 where missing; None for numbers, dates, and text of too many kinds
    """

    name: str
    mode: Mode
    rows: int
    present: int  # rows that have a value
    values: Doubles | None
    codes: NDArray[np.int32] | None
    texts: tuple[str, ...]  # the different texts, in the order of the file; incomplete where codes are None
    samples: tuple[str, ...]  # a few values, as in the file
    numbers: int = 0  # of text: rows whose text is a number
    fault: Fault | None = None

    @property
    def is_boolean(self) -> bool:
        """Whether its values are true and false."""
        truths = {text.lower() for text in self.texts} & {"true", "false"}
        return self.codes is not None and 0 < len(self.texts) == len(truths)

    @property
    def kind(self) -> Kind:
        """What its values are taken for: few different texts are categories."""
        if self.mode != "text":
            return self.mode
        few = self.codes is not None and len(self.texts) <= min(MAX_CATEGORIES, self.present / 2)
        return "category" if few or self.is_boolean else "text"

    @property
    def is_whole(self) -> bool:
        """Whether all its values are whole numbers."""
        if self.values is None or self.mode == "date":
            return False
        return bool(np.all((self.values == np.floor(self.values)) | np.isnan(self.values)))

    def missing(self) -> NDArray[np.bool_]:
        """Return (rows,) whether a value is missing. Of text of too many kinds, nothing is known."""
        if self.values is not None:
            return np.isnan(self.values)
        return np.zeros(self.rows, np.bool_) if self.codes is None else self.codes < 0


@dataclass(frozen=True)
class Column:
    """What an import dialog shows of a column."""

    name: str
    kind: Kind
    distinct: int  # different values; for text, 10,001 stands for more than 10,000
    missing: int
    rows: int
    is_whole: bool  # all its values are whole numbers
    samples: tuple[str, ...]
    remark: str = ""  # what speaks against using it, or ""


def describe(raw: RawColumn) -> Column:
    """Return what an import dialog shows of a column."""
    return Column(
        name=raw.name,
        kind=raw.kind,
        distinct=_distinct(raw),
        missing=raw.rows - raw.present,
        rows=raw.rows,
        is_whole=raw.is_whole,
        samples=raw.samples,
        remark=remark_on(raw),
    )


def guess_task(column: Column) -> Task:
    """Return the likely task of predicting a column: text, truth values and few whole numbers are classes."""
    if column.kind in ("category", "text"):
        return "classification"
    present = column.rows - column.missing
    few = column.is_whole and column.distinct <= FEW and 3 * column.distinct <= present
    return "classification" if few else "regression"


def suggest_target(columns: Sequence[Column]) -> str:
    """Return the name of the last column that can be predicted and is no identifier, or of the last one."""
    able = [c for c in columns if c.kind in ("number", "category") and c.remark in ("", IDENTIFIER)]
    return ([c for c in able if not c.remark or not has_id_name(c.name)] or columns)[-1].name


def remark_on(raw: RawColumn) -> str:
    """Return what speaks against using a column as an input, or ""."""
    if not raw.present:
        return EMPTY
    if raw.values is not None:
        low, high = np.nanmin(raw.values), np.nanmax(raw.values)
        if low == high:
            return CONSTANT
        if not _all_different(raw, float(high - low)):
            return ""
        return RUNNING if np.all(np.diff(raw.values) == 1) else IDENTIFIER
    if len(raw.texts) == 1:
        return CONSTANT
    if raw.codes is not None and len(raw.texts) == raw.present and not raw.is_boolean:
        return IDENTIFIER
    if raw.kind != "text":
        return ""
    count = f"{len(raw.texts):,}" if raw.codes is not None else f"more than {MAX_TEXTS:,}"
    share = f", though {raw.numbers / raw.present:.0%} are numbers" if 2 * raw.numbers > raw.present else ""
    return f"text: {count} different values{share}"


def has_id_name(name: str) -> bool:
    """Whether a name is that of an identifier: id, customer_id, customerId, Nr., index, Unnamed: 0."""
    return bool(_ID_NAME.fullmatch(name) or _CAMEL_ID.fullmatch(name)) or name.startswith("Unnamed:")


def _distinct(raw: RawColumn) -> int:
    if raw.values is None:
        return min(len(raw.texts), MAX_TEXTS + 1)
    return len(np.unique(raw.values[~np.isnan(raw.values)]))


def _all_different(raw: RawColumn, spread: float) -> bool:
    """Whether a column is of whole numbers, each different, none missing. Cheap checks come first."""
    values = raw.values
    if values is None or raw.present < raw.rows or raw.rows < 3 or spread < raw.rows - 1 or not raw.is_whole:
        return False
    return len(np.unique(values[:10_000])) == min(raw.rows, 10_000) and len(np.unique(values)) == raw.rows
