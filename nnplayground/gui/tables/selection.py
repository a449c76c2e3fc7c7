"""What a user wants of a table: target, columns, task; what follows from it, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from PySide6.QtCore import QCoreApplication

from nnplayground.data.tables import TableReport, guess_task
from nnplayground.data.tables.columns import (
    CONSTANT,
    EMPTY,
    IDENTIFIER,
    MAX_CLASSES,
    MAX_TEXTS,
    RUNNING,
    Column,
    has_id_name,
)
from nnplayground.data.tables.reading import MIN_ROWS
from nnplayground.experiment.datasets import Table, Task
from nnplayground.gui.numbers import format_count

LONGEST = 40  # characters of a name inside a sentence

_TEXT = "text:"
_TYPE = "of type"
_ROW = "row "  # begins the line about a value that does not fit its column, which names the column itself
_KNOWN = ("", EMPTY, CONSTANT, RUNNING, IDENTIFIER)


def translated(text: str) -> str:
    """Return one of this module's texts in the user's language."""
    return QCoreApplication.translate("TableSelection", text)


def short(name: str, length: int = LONGEST) -> str:
    """Return a column's name as one line of at most `length` characters."""
    line = " ".join(name.split())
    return line if len(line) <= length else line[: length - 1] + "…"


@dataclass(frozen=True)
class Selection:
    """A table and its knobs. `table.ignored` names just the columns that the user turned off."""

    report: TableReport
    table: Table

    def replace(self, knob: str, value: Any) -> Selection:
        """Return this selection with one of the table's knobs set to `value`."""
        return replace(self, table=self.table.model_copy(update={knob: value}))

    def turn(self, name: str, on: bool) -> Selection:
        """Return this selection with one column turned on or off."""
        off = [n for n in self.table.ignored if n != name]
        return self.replace("ignored", tuple(off if on else [*off, name]))

    def turn_all(self, on: bool) -> Selection:
        """Return this selection with every column turned on, or off."""
        selection = self.replace("ignored", ())
        while not on and selection.inputs:  # without the others, identifiers would be used
            names = (c.name for c in selection.inputs)
            selection = selection.replace("ignored", (*selection.table.ignored, *names))
        return selection

    def knobs(self) -> dict[str, Any]:
        """Return the knobs of a `Table` that is trained on as selected."""
        return {**self.table.model_dump(), "ignored": self.ignored}

    # columns

    @cached_property
    def target(self) -> Column:
        """The column to be predicted."""
        return next(c for c in self.report.columns if c.name == self.table.target)

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The columns that are not even read: those turned off, and those that cannot be read."""
        off = frozenset(self.table.ignored)
        rest = (c for c in self.report.columns if c.name != self.table.target)
        return tuple(c.name for c in rest if c.name in off or not _is_readable(c))

    @cached_property
    def left_out(self) -> dict[str, str]:
        """{column: why it is not used}, of all but the target and those that the user turned off.

        Beside what cannot be read, it is what `data.tables.choice.choose_inputs` leaves out.
        """
        ignored = frozenset(self.ignored)
        on = [c for c in self.report.columns if c.name not in ignored]
        rest = [c for c in on if c is not self.target]
        numbers = [c for c in rest if c.kind == "number" and c.remark in (RUNNING, IDENTIFIER)]
        able = [c.name for c in numbers if not has_id_name(c.name) and (c.remark == IDENTIFIER or c is not on[0])]
        kept = able if able or not all(c.remark for c in rest) else [c.name for c in numbers]
        usable = frozenset(kept)
        off = frozenset(self.table.ignored)
        unread = [c for c in self.report.columns if c.name in ignored and c.name not in off]
        return {c.name: c.remark for c in (*unread, *rest) if c.remark and c.name not in usable}

    @cached_property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the target is predicted from."""
        out = {self.table.target, *self.ignored, *self.left_out}
        return tuple(c for c in self.report.columns if c.name not in out)

    # rows

    @property
    def without_target(self) -> int:
        """How many rows have no target: they are never used."""
        return self.target.missing

    @property
    def gaps(self) -> dict[str, int]:
        """{input: rows in which it is missing}, of those that are missing anywhere."""
        return {c.name: c.missing for c in self.inputs if c.missing}

    @property
    def dropped(self) -> tuple[int, int]:
        """The least and the most rows with a target that miss an input."""
        gaps = self.gaps.values()
        with_target = self.report.rows - self.without_target
        return max(max(gaps, default=0) - self.without_target, 0), min(sum(gaps), with_target)

    @property
    def rows(self) -> tuple[int, int]:
        """The least and the most rows to train on and to validate on."""
        least, most = self.dropped if self.table.missing == "drop" else (0, 0)
        with_target = self.report.rows - self.without_target
        return with_target - most, with_target - least

    # the task

    @property
    def task(self) -> Task:
        """The task as set, or as guessed."""
        return self.table.known_task or guess_task(self.target)

    def refusal_of(self, task: Task) -> str:
        """Return why the target does not fit a task, or ""."""
        return task_refusal(self.target, task)

    @property
    def problem(self) -> str:
        """One line about what keeps this from being trained on, or ""."""
        name, (_, rows) = short(self.table.target), self.rows
        if refusal := target_refusal(self.target) or self._unread_target() or self.refusal_of(self.task):
            return refusal if refusal.startswith(_ROW) else f"{name}: {refusal}"
        if not self.inputs:
            return translated("No column is left to predict {0} from.").format(name)
        if rows < MIN_ROWS:
            line = translated("{0} of {1} rows can be used; allowed: at least {2}.")
            return line.format(format_count(max(rows, 0)), format_count(self.report.rows), MIN_ROWS)
        return ""

    def _unread_target(self) -> str:
        """Only where it is set to be classes, not guessed, is a column with a fault read as text."""
        return self.target.remark if self.table.target_task == "auto" and not _is_readable(self.target) else ""


def target_refusal(column: Column) -> str:
    """Return why a column cannot be a target whatever the task, or ""."""
    if column.remark == EMPTY or column.remark.startswith(_TYPE):
        return column.remark
    reasons = [task_refusal(column, task) for task in ("regression", "classification")]
    if not all(reasons):
        return ""
    return CONSTANT if column.remark == CONSTANT else reasons[1]


def task_refusal(column: Column, task: Task) -> str:
    """Return why a column does not fit a task as its target, or "". As `data.tables.target.make_target` has it."""
    if not _is_readable(column):
        return column.remark if task == "regression" else ""
    if column.remark == CONSTANT:
        return CONSTANT
    if task == "regression":
        text = column.kind in ("category", "text")
        return translated("text is no value to be predicted; allowed: classification") if text else ""
    if column.distinct > MAX_CLASSES or column.distinct == column.rows - column.missing:
        line = translated("{0} different values are too many for classes; allowed: 2 to {1}, fewer than rows")
        return line.format(shown_distinct(column), MAX_CLASSES)
    return ""


def shown_distinct(column: Column) -> str:
    """Return how many different values a column has, as text."""
    if column.kind in ("category", "text") and column.distinct > MAX_TEXTS:
        return f"> {format_count(MAX_TEXTS)}"
    return format_count(column.distinct)


def _is_readable(column: Column) -> bool:
    """Whether loading does not stop at this column: it may still leave it out."""
    return column.remark in _KNOWN or column.remark.startswith(_TEXT)
