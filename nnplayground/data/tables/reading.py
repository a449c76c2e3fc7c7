"""Reading a user's table whole: from a path to its columns."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnplayground.data.progress import Progress
from nnplayground.data.tables.column_reading import ColumnReader
from nnplayground.data.tables.columns import RawColumn
from nnplayground.data.tables.csv_file import CsvFile, WrongEncodingError
from nnplayground.data.tables.csv_format import find_format
from nnplayground.data.tables.parquet_file import MAGIC, ParquetFile, open_parquet
from nnplayground.experiment import ExperimentError

MAX_VALUES = 250_000_000  # rows times columns: 2 GB while reading
MIN_ROWS = 10


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as read: its file, its number of rows, and its columns by name, in the order of the file."""

    file: CsvFile | ParquetFile
    rows: int
    columns: Mapping[str, RawColumn]


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn whatever reading raises into an ExperimentError whose one line begins with the file's name."""
    import pyarrow as pa

    try:
        yield
    except ExperimentError as error:
        raise ExperimentError(f"{path.name}: {error}") from None
    except OSError as error:
        reason = (error.strerror or _first_sentence(error)).lower()
        raise ExperimentError(f"{path}: cannot be read: {reason}; allowed: a CSV or Parquet file") from None
    except MemoryError:
        raise ExperimentError(
            f"{path.name}: too large for this computer's memory; allowed: fewer rows or columns"
        ) from None
    except (pa.ArrowException, UnicodeDecodeError) as error:  # names in a damaged file need not be text
        raise ExperimentError(
            f"{path.name}: damaged, or no table: {_first_sentence(error)}; allowed: CSV or Parquet"
        ) from None


def open_table(path: Path) -> CsvFile | ParquetFile:
    """Find out what table a file holds. Raises ExperimentError, Arrow's errors and OSError."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise ExperimentError("is a folder; allowed: a CSV or Parquet file")
    if not stat.S_ISREG(status.st_mode):
        raise ExperimentError("is no ordinary file; allowed: a CSV or Parquet file")
    with path.open("rb") as file:
        beginning = file.read(len(MAGIC))
    if beginning == MAGIC:
        return open_parquet(path)
    if path.suffix.lower() in (".parquet", ".pq") and beginning:
        raise ExperimentError(
            "is not Parquet, whatever its name says: PAR1 is not its beginning; allowed: CSV or Parquet"
        )
    return CsvFile(path, find_format(path))


def read_table(
    file: CsvFile | ParquetFile, progress: Progress, ignored: Collection[str] = (), as_text: Collection[str] = ()
) -> RawTable:
    """Read the columns that are not ignored and that can be read, those of `as_text` as text whatever they hold.

    Reads again where the file turns out to be otherwise than its beginning. Raises ExperimentError, Arrow's errors,
    OSError, and Cancelled.
    """
    text = set(as_text)
    while True:
        progress.begin(0.8)
        try:
            readers, rows = _read_once(file, progress, ignored, text)
        except WrongEncodingError as error:
            assert isinstance(file, CsvFile)
            file = file.rewritten(error.line)
            continue
        mixed = {reader.name for reader in readers if not reader.settled}
        if not mixed:
            return RawTable(file, rows, dict(_finish(readers, progress)))
        text |= mixed


def _finish(readers: Sequence[ColumnReader], progress: Progress) -> Iterator[tuple[str, RawColumn]]:
    for reader in readers:
        progress.at(1.0, f"putting column {reader.name} together")
        yield reader.name, reader.finish()


def _read_once(
    file: CsvFile | ParquetFile, progress: Progress, ignored: Collection[str], text: Collection[str]
) -> tuple[list[ColumnReader], int]:
    unusable = file.unusable if isinstance(file, ParquetFile) else {}
    wanted = [i for i, name in enumerate(file.names) if name not in ignored and name not in unusable]
    decimal = file.format.decimal if isinstance(file, CsvFile) else "."
    readers = [
        ColumnReader(name, decimal, "text" if name in text else None) for name in map(file.names.__getitem__, wanted)
    ]
    rows = 0
    progress.at(0.0, "reading rows")
    with closing(file.blocks(wanted or [0], progress)) as blocks:  # at once, whatever keeps an exception's frames
        for block in blocks:
            for reader, cells in zip(readers, block.columns, strict=False):
                reader.add(cells)
            rows += block.rows
            if rows * len(readers) > MAX_VALUES:
                raise ExperimentError(
                    f"more than {MAX_VALUES // len(readers):,} rows of {len(readers):,} columns; "
                    f"allowed: {MAX_VALUES:,} values (ignore columns, or take fewer rows)"
                )
            progress.at(block.done, f"reading rows: {rows:,}")
    return readers, rows


def _first_sentence(error: Exception) -> str:
    return " ".join(str(error).split()).split(". ")[0][:160].rstrip(".")
