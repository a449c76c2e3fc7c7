"""A run as one file: a store that holds just that one. What comes from outside is believed nothing."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.files import reason
from nnplayground.runs.store import coding
from nnplayground.runs.store.clock import read_clock
from nnplayground.runs.store.database import StoreError
from nnplayground.runs.store.records import KINDS, LARGEST_CHUNK, insert, insert_row, write_rows
from nnplayground.runs.store.row import Row
from nnplayground.runs.store.store import Store

LARGEST = 4 * 2**30  # bytes of a file that is read
_TABLES = ("chunks", "snapshots", "states", "moments", "clock")


def export_run(store: Store, row: Row, file: Path) -> None:
    """Write a run to a file of its own, whole or not at all. Raises ExperimentError where it cannot be written."""
    try:
        temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with Store(temporary) as other:
                _copy(store, row, other)
                other.settle()
            temporary.replace(file)
        finally:
            for ending in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    Path(f"{temporary}{ending}").unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        if isinstance(error, ExperimentError):
            raise
        raise StoreError(f"{file}: cannot be written: {reason(error)}") from None


def import_run(store: Store, file: Path) -> Row:
    """Take over the run that a file holds; return it. A run that the store has already is not taken twice.

    Everything of it is read before any of it is written. Raises StoreError, one line, where the file is damaged or
    foreign.
    """
    if file.exists() and file.stat().st_size > LARGEST:
        raise StoreError(f"{file}: is too large; allowed: up to {LARGEST // 2**30} GB")
    with Store(file, writable=False) as other:
        rows = other.rows(deleted=True)
        if len(rows) != 1:
            raise StoreError(f"{file}: holds {len(rows)} runs; allowed: a file that `runs export` has written")
        (row,) = rows
        _check(other, row, file)
        if any(mine.uid == row.uid for mine in store.rows(deleted=True)):
            raise StoreError(f"{file}: this run is in the store already")
        return _copy(other, row, store)


def rescue(source: Store | None, row: Row, target: Store, counts: Mapping[str, int]) -> int:
    """Enter a run that is being trained into another store, with all that can be read of it in its own.

    `counts` says, by kind, how many rows it has that memory does not hold any more; those that cannot be read are NaN.
    Returns its number there. Raises StoreError where `target` cannot be written; then nothing of it is.
    """
    with target.change() as connection:
        connection.execute("DELETE FROM runs WHERE uid = ?", (row.uid,))
        run = insert_row(connection, row)
        if source is not None and row.id:
            with contextlib.suppress(StoreError):
                own = {name: source.record("runs", row.id)[name] for name in ("star", "note", "tags")}
                change = "UPDATE runs SET star = ?, note = ?, tags = ? WHERE id = ?"
                connection.execute(change, (*own.values(), run))
            for table in ("snapshots", "states", "moments", "clock"):
                with contextlib.suppress(StoreError):
                    for found in source.records(table, row.id):
                        insert(connection, table, {**found, "run": run})
        names = row.form.columns
        for kind, columns in zip(KINDS, names, strict=True):
            place = 0
            for rows in _whole(source, row, kind, len(columns), counts[kind]):
                write_rows(connection, run, kind, place, rows)
                place += len(rows)
    return run


def _whole(source: Store | None, row: Row, kind: str, columns: int, count: int) -> Iterator[coding.Floats]:
    """Yield a run's first `count` rows of a kind in their order; those that cannot be read are NaN."""
    place = 0
    for start in _starts(source, row, kind):
        if source is None or not place <= start < count:
            continue
        with contextlib.suppress(StoreError):
            rows = source.rows_from(row, kind, start)[: count - start]
            yield from _unknown(start - place, columns)
            yield rows
            place = start + len(rows)
    yield from _unknown(count - place, columns)


def _starts(source: Store | None, row: Row, kind: str) -> list[int]:
    with contextlib.suppress(StoreError):
        return source.starts(row, kind) if source is not None and row.id else []
    return []


def _unknown(count: int, columns: int) -> Iterator[coding.Floats]:
    for begin in range(0, count, LARGEST_CHUNK):
        yield np.full((min(LARGEST_CHUNK, count - begin), columns), np.nan, np.float32)


def _check(other: Store, row: Row, file: Path) -> None:
    """Raise StoreError where anything of a run cannot be read."""
    try:
        _ = row.experiment
        other.history(row)
        read_clock(other, row)
        for data in other.networks(row):
            coding.arrays(data)
        with contextlib.suppress(StoreError):  # a run may have no state; a damaged one is found when it is resumed
            other.state(row)
    except ExperimentError as error:
        line = str(error)
        raise StoreError(line if line.startswith(str(file)) else f"{file}: {line}") from None


def _copy(source: Store, row: Row, target: Store) -> Row:
    with target.change() as connection:
        values = source.record("runs", row.id)
        values |= {"id": None, "owner": None, "alive": None, "deleted": None}
        run = insert(connection, "runs", values)
        for table in _TABLES:
            for found in source.records(table, row.id):
                insert(connection, table, {**found, "run": run})
    return target.row(str(run))
