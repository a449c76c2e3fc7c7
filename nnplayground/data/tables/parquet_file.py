"""A Parquet table on disk, read block by block as columns of numbers, dates or text."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnplayground.data.progress import Progress
from nnplayground.data.tables.block import Block, Numbers
from nnplayground.data.tables.columns import Doubles
from nnplayground.data.tables.csv_format import MAX_COLUMNS, distinct_names
from nnplayground.experiment import ExperimentError

MAGIC = b"PAR1"

_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_BLOCK = 1 << 20  # values


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet table, and those of its columns of whose type no inputs are made."""

    path: Path
    names: tuple[str, ...]
    renamed: tuple[str, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)  # name to type

    def blocks(self, wanted: Sequence[int], _progress: Progress) -> Generator[Block, None, None]:
        """Yield the rows of the `wanted` columns in the order of the file. Raises Arrow's errors and OSError."""
        from pyarrow import parquet

        with parquet.ParquetFile(self.path, page_checksum_verification=True) as file:
            readers = [_reader_of(file.schema_arrow.field(i).type) for i in wanted]
            total, rows = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(max(_BLOCK // len(self.names), 256), use_threads=False):
                columns = [read(batch.column(i)) for read, i in zip(readers, wanted, strict=True) if read]
                rows += len(batch)
                yield Block(tuple(columns), len(batch), rows / total)

    def row_of(self, record: int, _progress: Progress) -> int:
        """Return the number of a row, from 1."""
        return record + 1

    def preview(self, rows: int) -> tuple[tuple[str, ...], ...]:
        """Return the first rows as text."""
        from pyarrow import parquet

        with parquet.ParquetFile(self.path) as file:
            batch = next(file.iter_batches(rows, use_threads=False), None)
        if batch is None:
            return ()
        columns = [[_text(value) for value in column] for column in batch.columns]
        return tuple(zip(*columns, strict=True))

    def notes(self) -> Iterator[str]:
        """Yield what the user should know of how the file was read, each one sentence."""
        if self.renamed:
            yield f"Columns without a name of their own were given one: {', '.join(self.renamed[:5])}."


def open_parquet(path: Path) -> ParquetFile:
    """Read what columns a Parquet file has. Raises ExperimentError, Arrow's errors and OSError."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
    if not 2 <= len(schema) <= MAX_COLUMNS:
        raise ExperimentError(
            f"the file has {len(schema):,} column{'s' * (len(schema) != 1)}; allowed: 2 to {MAX_COLUMNS:,}"
        )
    names, renamed = distinct_names(schema.names)
    unusable = {name: str(f.type) for name, f in zip(names, schema, strict=True) if _reader_of(f.type) is None}
    return ParquetFile(path, names, renamed, unusable)


def _reader_of(type_: Any) -> Callable[[Any], Numbers | Any] | None:
    """Return what turns an Arrow array of a type into what a block holds, or None where nothing does."""
    from pyarrow import types

    if types.is_dictionary(type_):
        inner = _reader_of(type_.value_type)
        return None if inner is None else lambda array: inner(array.dictionary_decode())
    table: tuple[tuple[Callable[[Any], bool], Callable[[Any], Numbers | Any]], ...] = (
        (types.is_integer, _numbers),
        (types.is_floating, _numbers),
        (types.is_decimal, _numbers),
        (types.is_null, _numbers),
        (types.is_duration, _seconds),
        (types.is_time, _seconds),
        (types.is_date, _days),
        (types.is_timestamp, _days),
        (types.is_boolean, _strings),
        (types.is_string, _strings),
        (types.is_large_string, _strings),
        (types.is_string_view, _strings),
    )
    return next((read for fits, read in table if fits(type_)), None)


def _numbers(array: Any) -> Numbers:
    import pyarrow as pa

    return Numbers(_doubles(array.cast(pa.float64(), safe=False)), "number")


def _seconds(array: Any) -> Numbers:
    import pyarrow as pa

    plain = array.cast(pa.int32()) if array.type.bit_width == 32 else array.cast(pa.int64())
    return Numbers(_doubles(plain) / _SECOND[array.type.unit], "number")


def _days(array: Any) -> Numbers:
    import pyarrow as pa

    moments = array.cast(pa.timestamp("s")) if pa.types.is_date(array.type) else array
    seconds = _doubles(moments.cast(pa.int64())) / _SECOND[moments.type.unit]
    return Numbers(seconds / 86_400.0, "date")


def _strings(array: Any) -> Any:
    import pyarrow as pa

    return array.cast(pa.string())


def _doubles(array: Any) -> Doubles:
    return np.asarray(array.to_numpy(zero_copy_only=False), np.float64)


def _text(value: Any) -> str:
    try:
        return str(value.as_py()) if value.is_valid else ""
    except (ValueError, OverflowError):  # a date beyond those of Python
        return "?"
