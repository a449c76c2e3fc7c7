"""A user's own table as a data set: loaded for training, or described for the import dialog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnplayground.data.dataset import Dataset
from nnplayground.data.progress import Cancelled, Progress
from nnplayground.data.tables.assembly import make_dataset
from nnplayground.data.tables.choice import check_names, find_target
from nnplayground.data.tables.columns import Column, describe, guess_task, suggest_target
from nnplayground.data.tables.csv_file import CsvFile
from nnplayground.data.tables.csv_format import DELIMITERS, ENCODINGS
from nnplayground.data.tables.parquet_file import ParquetFile
from nnplayground.data.tables.reading import MIN_ROWS, RawTable, naming, open_table, read_table
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import AnyTable, Table
from nnplayground.experiment.errors import shown

__all__ = ["Cancelled", "Column", "TableReport", "guess_task", "inspect_table", "load_table", "read_for"]

PREVIEW = 20

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class TableReport:
    """What an import dialog shows of a file."""

    path: Path
    format: str  # "CSV" or "Parquet"
    delimiter: str  # "comma", "semicolon", "tab", "vertical bar", "blanks"; "" for Parquet
    encoding: str  # "UTF-8", "UTF-16", "Windows-1252", "Latin-1"; "" for Parquet
    decimal: str  # "." or ","
    has_header: bool
    rows: int
    columns: tuple[Column, ...]
    suggested_target: str
    preview: tuple[tuple[str, ...], ...]  # the first rows as text, in the order of the columns


def load_table(
    data: Table,
    seed: int | np.random.SeedSequence,
    report: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Read a table and make a data set of it: rows dealt out by `seed`, gaps filled, categories one-hot, inputs scaled.

    Everything is fitted on the training part alone. `report` is told the share done and what is being done, and
    `cancelled` asked, many times a second. Raises Cancelled, and ExperimentError whose one line names the file and,
    where one is at fault, the row and the column.
    """
    path, progress = _path(data.path), Progress(report, cancelled)
    with naming(path):
        progress.at(0.0, "opening the file")
        table = read_for(data, open_table(path), progress)
        progress.begin(1.0)
        return make_dataset(path.name, data, seed, table, progress)


def inspect_table(
    path: str | Path, report: Report | None = None, cancelled: Callable[[], bool] | None = None
) -> TableReport:
    """Read a table and describe it. A column that cannot be used as it is has a remark that says why.

    Raises Cancelled, and ExperimentError whose one line names the file where it is broken.
    """
    path, progress = _path(str(path)), Progress(report, cancelled)
    with naming(path):
        progress.at(0.0, "opening the file")
        table = read_table(open_table(path), progress)
        progress.begin(1.0)
        file = table.file
        columns = tuple(_describe_all(table, progress))
        preview = file.preview(PREVIEW)
    return TableReport(
        path=path,
        format="Parquet" if isinstance(file, ParquetFile) else "CSV",
        delimiter=DELIMITERS[file.format.delimiter] if isinstance(file, CsvFile) else "",
        encoding=ENCODINGS[file.format.encoding] if isinstance(file, CsvFile) else "",
        decimal=file.format.decimal if isinstance(file, CsvFile) else ".",
        has_header=file.format.has_header if isinstance(file, CsvFile) else True,
        rows=table.rows,
        columns=columns,
        suggested_target=suggest_target(columns),
        preview=preview,
    )


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ExperimentError(f"data.path = {shown(text)} is no file; allowed: a CSV or Parquet file")
    return Path(text)


def _describe_all(table: RawTable, progress: Progress) -> Iterator[Column]:
    """Yield what is to be shown of every column of the file, those included that cannot be read."""
    file = table.file
    unusable = file.unusable if isinstance(file, ParquetFile) else {}
    for number, name in enumerate(file.names):
        progress.at(number / len(file.names), f"looking at column {name}")
        if name in unusable:
            yield Column(name, "text", 0, 0, table.rows, False, (), f"of type {unusable[name]}, which cannot be used")
            continue
        raw = table.columns[name]
        column = describe(raw)
        if raw.fault is not None:
            column = replace(column, remark=str(raw.fault.at(file.row_of(raw.fault.row, progress), name)))
        yield column
    progress.at(1.0, f"{table.rows:,} rows")


def read_for(
    data: AnyTable, file: CsvFile | ParquetFile, progress: Progress, as_text: Collection[str] = ()
) -> RawTable:
    """Read the columns that `data` needs, those of `as_text` as text whatever they hold.

    Raises ExperimentError where one of them holds what it cannot hold, Arrow's errors, OSError, and Cancelled.
    """
    check_names(data, file.names)
    unusable = file.unusable if isinstance(file, ParquetFile) else {}
    for name in file.names:
        if name in unusable and name not in data.ignored:
            raise ExperimentError(
                f"column {shown(name)} is of type {unusable[name]}; allowed: numbers, text, truth values, dates, "
                "or the column named in data.ignored"
            )
    table = read_table(file, progress, data.ignored, as_text)
    if table.rows < MIN_ROWS:
        raise ExperimentError(
            f"{table.rows or 'no'} row{'s' * (table.rows != 1)} of data; allowed: at least {MIN_ROWS}"
        )
    target = find_target(data, table)
    if data.target_task == "classification" and table.columns[target].fault is not None:
        table = read_table(table.file, progress, data.ignored, as_text=(target, *as_text))
    faults = [(column.fault, name) for name, column in table.columns.items() if column.fault is not None]
    if faults:
        fault, name = min(faults, key=lambda pair: pair[0].row)
        raise fault.at(table.file.row_of(fault.row, progress), name)
    return table
