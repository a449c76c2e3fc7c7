"""Which column of a table is predicted, which others are inputs, and what is said of those that are not."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from nnplayground.data.progress import Progress
from nnplayground.data.sentences import listed
from nnplayground.data.tables.columns import CONSTANT, EMPTY, IDENTIFIER, RUNNING, RawColumn, has_id_name, remark_on
from nnplayground.data.tables.reading import RawTable
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import AnyTable
from nnplayground.experiment.errors import shown


def check_names(data: AnyTable, names: Sequence[str]) -> None:
    """Raise ExperimentError where the target or an ignored column is not in the table, or the target is ignored."""
    for knob, name in (("data.target", data.target), *(("data.ignored", name) for name in data.ignored)):
        if name and name not in names:
            close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(map(shown, close))}?" if close else f"allowed: {listed(names, 8)}"
            raise ExperimentError(f"{knob} = {shown(name)}: there is no such column; {hint}")
    if data.target in data.ignored:
        raise ExperimentError(f"data.ignored = {shown(data.target)} is the target; allowed: the other columns")
    if not set(names) - set(data.ignored):
        raise ExperimentError("data.ignored names every column; allowed: all but the target and one more")


def find_target(data: AnyTable, table: RawTable) -> str:
    """Return the name of the target: where none is given, the last column's, but for an empty one without a name."""
    if data.target:
        return data.target
    names = list(table.columns)
    named = (n for n in reversed(names) if table.columns[n].present or n not in table.file.renamed)
    return next(named, names[-1])


def choose_inputs(table: RawTable, target: str, progress: Progress) -> tuple[list[RawColumn], list[str]]:
    """Return the columns to be used as inputs, and notes on the others. Raises ExperimentError where none is left."""
    columns = [column for name, column in table.columns.items() if name != target]
    remarks = {}
    for number, column in enumerate(columns):
        progress.at(0.3 * number / len(columns), f"looking at column {column.name}")
        remarks[column.name] = remark_on(column)
    first = next(iter(table.columns))
    numbers = {c.name for c in columns if c.mode == "number" and remarks[c.name] in (RUNNING, IDENTIFIER)}
    kept = {n for n in numbers if not has_id_name(n) and (remarks[n] == IDENTIFIER or n != first)}
    kept = kept if kept or not all(remarks.values()) else numbers  # where there is nothing else
    inputs = [column for column in columns if not remarks[column.name] or column.name in kept]
    if not inputs:
        reasons = listed((f"{name} ({remark})" for name, remark in remarks.items()), 8)
        raise ExperimentError(
            f"no column is left to predict {shown(target)} from{': ' if reasons else ''}{reasons}; "
            "allowed: at least one more column of numbers, dates or few different texts"
        )
    return inputs, list(_notes(columns, remarks, kept))


def _notes(columns: Sequence[RawColumn], remarks: Mapping[str, str], kept: Collection[str]) -> Iterator[str]:
    left: dict[str, list[str]] = {}
    for column in columns:
        name, remark = column.name, remarks[column.name]
        if not remark or name in kept:
            continue
        what = "text" if remark.startswith("text") else remark
        left.setdefault(what, []).append(f"{name} ({remark.removeprefix('text: ')})" if what == "text" else name)
    reasons = {
        EMPTY: "having no value",
        CONSTANT: "being the same in every row",
        "text": "being text of too many kinds for categories",
        IDENTIFIER: "being identifiers, different in every row",
        RUNNING: "being running numbers",
    }
    for what, reason in reasons.items():
        if what in left:
            yield f"Left out, {reason}: {listed(left[what])}."
    if kept:
        names = [column.name for column in columns if column.name in kept]
        yield f"Kept, though different in every row like an identifier: {listed(names)}. Ignore what is one."
