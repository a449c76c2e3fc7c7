"""Reading a store, and small changes to its runs: notes, tags, stars, deleting and taking that back."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from nnplayground.engine.snapshot import Layout, Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.history import History
from nnplayground.runs.moments import Moment
from nnplayground.runs.store import coding
from nnplayground.runs.store.clock import read_clock, write_time
from nnplayground.runs.store.database import StoreError, connect, explained, transaction
from nnplayground.runs.store.records import KINDS, LARGEST_CHUNK, insert_row, update_row, write_rows
from nnplayground.runs.store.row import Form, Row, owner, told


class Store:
    """The runs of one file. Closed by `close`, or as a context. Every method may raise StoreError."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        """Open the file, which is made where there is none and it is to be written."""
        self.path = path
        self._connection = connect(path, writable=writable)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    # runs

    def rows(self, *, deleted: bool = False) -> list[Row]:
        """Return every run, the latest first; of those that were deleted, only where asked for."""
        where = "" if deleted else "WHERE deleted IS NULL"
        return [self._row(record) for record in self._all(f"SELECT * FROM runs {where} ORDER BY id DESC")]

    def killed(self) -> list[Row]:
        """Return the runs that were killed and are still to be resumed or left, the latest first."""
        query = "SELECT * FROM runs WHERE deleted IS NULL AND outcome = '' AND owner IS NOT NULL ORDER BY changed DESC"
        return [row for row in map(self._row, self._all(query)) if row.was_killed]

    @property
    def version(self) -> int:
        """A number that is another one whenever another connection has written to the file meanwhile."""
        return int(self._all("PRAGMA data_version")[0][0])

    def changed(self) -> dict[int, float]:
        """Return when anything was written last of each run, be it deleted or not, by its number."""
        return dict(map(tuple, self._all("SELECT id, changed FROM runs")))

    def some_rows(self, numbers: Iterable[int]) -> Iterator[Row]:
        """Yield the runs of these numbers, as far as there are any, be they deleted or not."""
        for number in numbers:
            for record in self._all("SELECT * FROM runs WHERE id = ?", number):
                yield self._row(record)

    def column(self, row: Row, kind: str, name: str) -> Iterator[np.ndarray]:
        """Yield a column of a run's steps or epochs, chunk by chunk, each (n,) float32; empty where it has none."""
        columns, read = row.form.columns[KINDS.index(kind)], 0
        if name not in columns:
            return
        query = "SELECT start, count FROM chunks WHERE run = ? AND kind = ? ORDER BY start"
        for start, count in self._all(query, row.id, kind):
            self._check_order(row, kind, start, count, read)
            data = self._all(
                "SELECT rows FROM chunks WHERE run = ? AND kind = ? AND start = ? AND count = ?",
                row.id,
                kind,
                start,
                count,
            )
            if not data:  # written anew meanwhile, with more rows: what was read before is right all the same
                return
            yield coding.unpack(data[0][0], count, len(columns))[:, columns.index(name)]
            read += count

    def row(self, name: str) -> Row:
        """Return the run of that number, or whose identity begins so."""
        if name.isdecimal() and (found := self._all("SELECT * FROM runs WHERE id = ?", int(name))):
            return self._row(found[0])
        plain = name.replace("%", "").replace("_", "")
        found = self._all("SELECT * FROM runs WHERE uid LIKE ? || '%' LIMIT 2", plain) if len(plain) > 3 else []
        if len(found) != 1:
            many = "is the beginning of several runs" if found else "is no run of this store"
            raise StoreError(f"{self.path}: {name!r} {many}; `nnplayground runs list` names them all")
        return self._row(found[0])

    def history(self, row: Row) -> History:
        """Return all that a run recorded."""
        form = row.form
        history = History(
            form.layers, form.metrics, form.steps_per_epoch, clipping=form.clipping, averaging=form.averaging
        )
        for kind, columns in zip(KINDS, (history.steps, history.epochs), strict=True):
            found = self._all(
                "SELECT start, count, rows FROM chunks WHERE run = ? AND kind = ? ORDER BY start", row.id, kind
            )
            for start, count, data in found:
                self._check_order(row, kind, start, count, len(columns))
                columns.append(coding.unpack(data, count, len(columns.names)))
        history.seconds = row.seconds
        history.recall(row.marks)
        return history

    def _check_order(self, row: Row, kind: str, start: int, count: int, read: int) -> None:
        """Raise StoreError where a chunk does not follow on the rows that were read before it."""
        if start != read or not 0 <= count <= LARGEST_CHUNK:
            raise StoreError(f"{self.path}: run {row.id} is damaged: its {kind} do not follow each other")

    def starts(self, row: Row, kind: str) -> list[int]:
        """Return how many rows of a kind come before each chunk of them."""
        found = self._all("SELECT start FROM chunks WHERE run = ? AND kind = ? ORDER BY start", row.id, kind)
        return [start for (start,) in found]

    def rows_from(self, row: Row, kind: str, start: int) -> coding.Floats:
        """Return the (n, columns) rows of the chunk that begins after `start` others."""
        found = self._all(
            "SELECT count, rows FROM chunks WHERE run = ? AND kind = ? AND start = ?", row.id, kind, start
        )
        if len(found) != 1 or not 0 <= found[0][0] <= LARGEST_CHUNK:
            raise StoreError(f"{self.path}: run {row.id} is damaged")
        return coding.unpack(found[0][1], found[0][0], len(row.form.columns[KINDS.index(kind)]))

    def extremes(self, row: Row, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest of each column, without reading the rows."""
        found = self._all("SELECT low, high FROM chunks WHERE run = ? AND kind = ?", row.id, kind)
        if not found:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        low, high = (np.stack([np.frombuffer(record[i], np.float32) for record in found]) for i in (0, 1))
        return np.fmin.reduce(low), np.fmax.reduce(high)

    def snapshots(self, row: Row) -> list[tuple[int, int, str]]:
        """Return (step, epoch, why) of every network that was kept, in the order of their steps."""
        found = self._all("SELECT step, epoch, why FROM snapshots WHERE run = ? ORDER BY step, why", row.id)
        return [(step, epoch, why) for step, epoch, why in found]

    def snapshot(self, row: Row, layout: Layout, step: int) -> Snapshot:
        """Return the network that was kept at or before a step, or else the first one."""
        nearest = "SELECT rowid FROM snapshots WHERE run = ? ORDER BY step > ?, abs(step - ?) LIMIT 1"
        query = f"SELECT step, epoch, network FROM snapshots WHERE rowid = ({nearest})"  # sorts no networks
        found = self._all(query, row.id, step, step)
        if not found:
            raise StoreError(f"{self.path}: no network of run {row.id} was kept")
        at, epoch, data = found[0]
        return coding.unpack_snapshot(data, layout, at, epoch)

    def whole(self, row: Row) -> frozenset[int]:
        """Return the steps of the networks that were kept whose training can go on to the bit."""
        if not self._has("moments"):  # it was written by an earlier version of this program, and is only read
            return frozenset()
        return frozenset(step for (step,) in self._all("SELECT step FROM moments WHERE run = ?", row.id))

    def moment(self, row: Row, layout: Layout, step: int) -> Moment:
        """Return the network that was kept at a step, with the experiment and the state of that moment.

        Without a state, where none was kept, the experiment is the run's as it is now.
        """
        snapshot = self.snapshot(row, layout, step)
        query = "SELECT experiment, state FROM moments WHERE run = ? AND step = ?"
        found = self._all(query, row.id, snapshot.step) if self._has("moments") else []
        if not found:
            return Moment(snapshot, Experiment.from_toml(row.toml if snapshot.step else row.first))
        return Moment(snapshot, Experiment.from_toml(found[0][0]), coding.unpack_state(found[0][1]))

    def times(self, row: Row) -> list[tuple[Any, Any]]:
        """Return (step, seconds of training up to it) as they were written, in the order of their steps."""
        if not self._has("clock"):
            return []
        found = self._all("SELECT step, seconds FROM clock WHERE run = ? ORDER BY step", row.id)
        return [(step, seconds) for step, seconds in found]

    def _has(self, table: str) -> bool:
        return bool(self._all("SELECT 1 FROM sqlite_master WHERE name = ?", table))

    def state(self, row: Row) -> tuple[Experiment, dict[str, Any] | None]:
        """Return from where a training goes on: the experiment as it was then, and the trainer's `state_dict`.

        Without a state, where a run was killed in its first moment, it goes on from the beginning.
        """
        found = self._all("SELECT experiment, state FROM states WHERE run = ?", row.id)
        if not found:
            return Experiment.from_toml(row.first), None
        return Experiment.from_toml(found[0][0]), coding.unpack_state(found[0][1])

    def networks(self, row: Row) -> Iterator[bytes]:
        """Yield every network that was kept, as it was written."""
        for (step,) in self._all("SELECT DISTINCT step FROM snapshots WHERE run = ?", row.id):
            query = "SELECT network FROM snapshots WHERE run = ? AND step = ?"
            yield from (bytes(record[0]) for record in self._all(query, row.id, step))

    def record(self, table: str, run: int) -> dict[str, object]:
        """Return the one record of a run in a table, by column."""
        column = "id" if table == "runs" else "run"
        return self._one(table, column, run)

    def records(self, table: str, run: int) -> Iterator[dict[str, object]]:
        """Yield a run's records of a table, by column; none of one that an earlier version did not know."""
        if table in ("moments", "clock") and not self._has(table):
            return
        for (number,) in self._all(f"SELECT rowid FROM {table} WHERE run = ? ORDER BY rowid", run):
            yield self._one(table, "rowid", number)

    def _one(self, table: str, column: str, number: int) -> dict[str, object]:
        found = self._all(f"SELECT * FROM {table} WHERE {column} = ?", number)
        if not found:
            raise StoreError(f"{self.path}: is damaged: a record of its {table} cannot be found")
        return dict(found[0])

    # changes

    def begin(
        self, experiment: Experiment, form: Form, *, parent: str | None = None, parent_step: int | None = None
    ) -> Row:
        """Enter a run that this process is about to train."""
        row = Row.new(experiment, form, parent=parent, parent_step=parent_step)
        with self.change() as connection:
            insert_row(connection, row)
        return self.row(row.uid)

    def take_over(self, row: Row) -> None:
        """Say that this process trains a run from its state on; what was recorded after it is forgotten."""
        with self.change() as connection:
            if self.row(str(row.id)).is_trained:
                raise StoreError(f"{self.path}: run {row.id} is being trained by another program")
            changes, now = "owner = ?, alive = ?, changed = ?, outcome = ''", time.time()
            connection.execute(f"UPDATE runs SET {changes} WHERE id = ?", (owner(), now, now, row.id))

    def leave(self, rows: Iterable[Row]) -> None:
        """Say that runs which were killed are not to be resumed."""
        with self.change() as connection:
            values = "owner = NULL, outcome = 'interrupted', changed = ?"
            change = f"UPDATE runs SET {values} WHERE id = ? AND outcome = ''"
            connection.executemany(change, [(time.time(), row.id) for row in rows])

    def rewind(self, row: Row, step: int) -> Row:
        """Forget what a run recorded after `step` steps, from where it is trained again; return it as it is then."""
        epoch, seconds = step // row.form.steps_per_epoch, float(read_clock(self, row).at(step))
        with self.change() as connection:
            for kind, last, columns in zip(KINDS, (step, epoch), row.form.columns, strict=True):
                query = "SELECT start, count, rows FROM chunks WHERE run = ? AND kind = ? AND start + count > ?"
                for start, count, data in connection.execute(query, (row.id, kind, last)).fetchall():
                    connection.execute(
                        "DELETE FROM chunks WHERE run = ? AND kind = ? AND start = ?", (row.id, kind, start)
                    )
                    if start < last:
                        write_rows(
                            connection, row.id, kind, start, coding.unpack(data, count, len(columns))[: last - start]
                        )
            for table in ("snapshots", "moments", "clock"):
                connection.execute(f"DELETE FROM {table} WHERE run = ? AND step > ?", (row.id, step))
            write_time(connection, row.id, step, seconds)
            toml = connection.execute("SELECT experiment FROM states WHERE run = ?", (row.id,)).fetchone()
            marks = json.dumps([mark for mark in row.marks if mark[0] <= step], ensure_ascii=False)
            is_now = told(Experiment.from_toml(toml[0] if toml else row.first))
            counts = {"steps": step, "epochs": epoch, "seconds": seconds}
            update_row(connection, row.id, {**is_now, "marks": marks, **counts})
        return self.row(str(row.id))

    def mark(self, row: Row, step: int) -> None:
        """Keep the network of a step for good, as one that the user marked."""
        columns = "run, step, epoch, why, network"
        found = "SELECT run, step, epoch, 'marked', network FROM snapshots WHERE run = ? AND step = ? LIMIT 1"
        with self.change() as connection:
            connection.execute(f"INSERT OR IGNORE INTO snapshots ({columns}) {found}", (row.id, step))

    def set_note(self, rows: Iterable[Row], note: str) -> None:
        """Write another note."""
        self._set(rows, "note", note)

    def set_tags(self, rows: Iterable[Row], tags: Sequence[str]) -> None:
        """Give runs these tags, each once, and no others."""
        self._set(rows, "tags", json.dumps(list(dict.fromkeys(tags)), ensure_ascii=False))

    def set_star(self, rows: Iterable[Row], star: bool) -> None:
        """Star runs, or not."""
        self._set(rows, "star", int(star))

    def delete(self, rows: Iterable[Row]) -> None:
        """Delete runs so that it can be taken back until they are purged."""
        self._set(rows, "deleted", time.time())

    def undelete(self, rows: Iterable[Row]) -> None:
        """Take back that runs were deleted."""
        self._set(rows, "deleted", None)

    def purge(self, before: float) -> int:
        """Forget runs for good that were deleted before a time, in seconds since 1970; return how many."""
        with self.change() as connection:
            found = connection.execute("DELETE FROM runs WHERE deleted < ?", (before,))
        return found.rowcount

    def settle(self) -> None:
        """Put all that was written into the one file, without a journal beside it."""
        with explained(self.path):
            self._connection.execute("PRAGMA journal_mode = DELETE").fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Do all that is written inside, or nothing."""
        with explained(self.path), transaction(self._connection):
            yield self._connection

    def _set(self, rows: Iterable[Row], column: str, value: object) -> None:
        with self.change() as connection:
            pairs = [(value, time.time(), row.id) for row in rows]
            connection.executemany(f"UPDATE runs SET {column} = ?, changed = ? WHERE id = ?", pairs)

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with explained(self.path):
            return self._connection.execute(query, values).fetchall()

    def _row(self, record: sqlite3.Row) -> Row:
        try:
            return Row.of(record)
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{self.path}: run {record['id']} is damaged: {' '.join(str(error).split())}") from None
