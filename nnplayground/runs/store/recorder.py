"""Writing a run while it is trained: a thread of its own, so that no disk ever holds up training."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnplayground.engine.chunk import Chunk
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.history import Mark, names_of, rows_of
from nnplayground.runs.store import coding
from nnplayground.runs.store.database import StoreError
from nnplayground.runs.store.row import Row, told
from nnplayground.runs.store.store import KINDS, Store, write_rows
from nnplayground.runs.store.thinning import superfluous

FLUSH_SECONDS = 0.8  # between two writes, so that a second is never lost
RETRY_SECONDS = 4.0  # after a write that failed
STATE_SHARE = 30  # a state is taken again after so many times what taking it cost: a 30th of the time is training's
PENDING_BYTES = 256 * 2**20  # of what waits for a disk that cannot be written; beyond it, the run is kept no longer
LEAST_ROWS = 4096  # a chunk shorter than that is written anew with the rows that follow


@dataclass(eq=False)
class _Tail:
    """The rows of a kind that are not in a whole chunk yet."""

    start: int  # rows before them
    rows: list[coding.Floats] = field(default_factory=list)
    written: int = 0  # of them, how many the store has


@dataclass(eq=False)
class _Pending:
    """What waits to be written, beside rows."""

    snapshots: list[tuple[Snapshot, str]] = field(default_factory=list)
    state: tuple[Mapping[str, Any], str] | None = None
    values: dict[str, object] = field(default_factory=dict)  # columns of the run's row


class Recorder:
    """Writes one run to a store at least once a second. All methods return at once and raise nothing.

    Where the store cannot be written, `fault` says why, and what is to be written waits in memory for the next try.
    """

    def __init__(self, path: Path, row: Row, *, epochs: int = 0, steps: int = 0) -> None:
        """Write to a run of the store at `path` that has so many epochs and steps already."""
        self.row, self.path = row, path
        self.fault = ""
        self._tails = {"steps": _Tail(steps), "epochs": _Tail(epochs)}
        self._pending = _Pending()
        self._results: dict[str, float] = dict(row.results)
        self._seconds = row.seconds
        self._wake = threading.Condition()
        self._closing = self._lost = False
        form = row.form
        self._epochs = names_of(form.layers, form.metrics, clipping=form.clipping, averaging=form.averaging)[1]
        self._state_due = 0.0
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    # what the training says

    def record(self, chunk: Chunk) -> None:
        """Take up what a trainer did."""
        by_step, by_epoch = rows_of(chunk)
        with self._wake:
            if self._lost:
                return
            for kind, rows in zip(KINDS, (by_step, by_epoch), strict=True):
                if len(rows):
                    self._tails[kind].rows.append(np.asarray(rows, np.float32))
            self._seconds += chunk.seconds
            if len(by_epoch):
                pairs = zip(self._epochs, by_epoch[-1], strict=True)
                self._results = {name: float(value) for name, value in pairs if np.isfinite(value)}
            self._pending.values["outcome"] = chunk.stopped_by or ""
            if self.fault and self._waiting() > PENDING_BYTES:
                self._give_up()

    @property
    def wants_state(self) -> bool:
        """Whether it is time to be given the state of the training anew."""
        return time.monotonic() >= self._state_due

    def keep_state(self, state: Mapping[str, Any], experiment: Experiment, cost: float) -> None:
        """Take up from where training may go on; `state` is not changed any more, and took `cost` seconds to copy."""
        self._state_due = time.monotonic() + max(FLUSH_SECONDS, STATE_SHARE * cost)
        with self._wake:
            self._pending.state = state, experiment.to_toml()

    def keep_snapshot(self, snapshot: Snapshot, why: str) -> None:
        """Keep a network: "first", "best", "last", "marked", or "kept", of which some are thinned out in time."""
        with self._wake:
            if why in ("best", "last"):  # of which there is one
                self._pending.snapshots = [pair for pair in self._pending.snapshots if pair[1] != why]
            self._pending.snapshots.append((snapshot, why))

    def keep_experiment(self, experiment: Experiment, marks: tuple[Mark, ...]) -> None:
        """Take up that live knobs were turned."""
        with self._wake:
            self._pending.values |= told(experiment)
            self._pending.values["marks"] = json.dumps([(m.step, m.text) for m in marks], ensure_ascii=False)

    def finish(self, outcome: str) -> None:
        """Say what became of the run: "epochs", "patience", "diverged", "interrupted"."""
        with self._wake:
            self._pending.values["outcome"] = outcome

    def close(self, timeout: float | None = 10.0) -> None:
        """Write what waits, and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout)

    # the thread's side

    def _run(self) -> None:
        store: Store | None = None
        while True:
            with self._wake:
                if not self._closing:
                    self._wake.wait(RETRY_SECONDS if self.fault else FLUSH_SECONDS)
                closing = self._closing
            try:
                store = store or Store(self.path)
                self._flush(store, closing=closing)
                self.fault = ""
            except StoreError as error:
                self.fault = str(error)
                if store is not None:
                    store.close()  # a file that comes back is another one
                    store = None
            if closing:
                break
        if store is not None:
            store.close()

    def _flush(self, store: Store, *, closing: bool) -> None:
        with self._wake:
            pending, self._pending = self._pending, _Pending()
            tails = {kind: (tail.start, list(tail.rows)) for kind, tail in self._tails.items()}
            results, seconds = json.dumps(self._results), self._seconds
        try:
            with store.change() as connection:
                counts = {kind: self._write_rows(connection, kind, *tail) for kind, tail in tails.items()}
                self._write_networks(connection, pending)
                values = {
                    **pending.values,
                    "results": results,
                    "seconds": seconds,
                    "changed": time.time(),
                    "alive": time.time(),
                    **{kind: start + count for kind, (start, count) in counts.items()},
                    **({"owner": None} if closing else {}),
                }
                names = ", ".join(f"{name} = ?" for name in values)
                connection.execute(f"UPDATE runs SET {names} WHERE id = ?", (*values.values(), self.row.id))
        except BaseException:
            self._take_back(pending)
            raise
        with self._wake:
            for kind, (start, count) in counts.items():
                self._forget(kind, start, count, len(tails[kind][1]))

    def _write_rows(self, connection: Any, kind: str, start: int, parts: list[coding.Floats]) -> tuple[int, int]:
        """Write the rows that are in no whole chunk yet, in place of the chunk that held the first of them."""
        count = sum(map(len, parts))
        if count > self._tails[kind].written:
            write_rows(connection, self.row.id, kind, start, np.concatenate(parts))
        return start, count

    def _forget(self, kind: str, start: int, count: int, parts: int) -> None:
        """Let go of rows that are written, once they fill a chunk."""
        tail = self._tails[kind]
        tail.written = count
        if count >= LEAST_ROWS:
            tail.start, tail.written = start + count, 0
            del tail.rows[:parts]

    def _write_networks(self, connection: Any, pending: _Pending) -> None:
        for snapshot, why in pending.snapshots:
            if why in ("best", "last"):
                connection.execute("DELETE FROM snapshots WHERE run = ? AND why = ?", (self.row.id, why))
            connection.execute(
                "INSERT OR REPLACE INTO snapshots (run, step, epoch, why, network) VALUES (?, ?, ?, ?, ?)",
                (self.row.id, snapshot.step, snapshot.epoch, why, coding.pack_snapshot(snapshot)),
            )
        if any(why == "kept" for _, why in pending.snapshots):
            self._thin(connection)
        if pending.state is not None:
            state, experiment = pending.state
            connection.execute(
                "INSERT OR REPLACE INTO states (run, step, experiment, state) VALUES (?, ?, ?, ?)",
                (self.row.id, state["step"], experiment, coding.pack_state(state)),
            )

    def _thin(self, connection: Any) -> None:
        query = "SELECT step, length(network) FROM snapshots WHERE run = ? AND why = 'kept' ORDER BY step"
        kept = [(step, size) for step, size in connection.execute(query, (self.row.id,))]
        pairs = [(self.row.id, step) for step in superfluous(kept)]
        connection.executemany("DELETE FROM snapshots WHERE run = ? AND why = 'kept' AND step = ?", pairs)

    def _take_back(self, pending: _Pending) -> None:
        """Put what could not be written before what came meanwhile, as far as memory allows."""
        with self._wake:
            now = self._pending
            now.snapshots = pending.snapshots + now.snapshots
            now.state = now.state or pending.state
            now.values = {**pending.values, **now.values}
            while len(now.snapshots) > 1 and self._waiting() > PENDING_BYTES:
                del now.snapshots[1]

    def _give_up(self) -> None:
        """Let go of rows that wait in vain: from here on the store would have a gap."""
        self._lost = True
        for tail in self._tails.values():
            tail.rows.clear()

    def _waiting(self) -> int:
        rows = sum(part.nbytes for tail in self._tails.values() for part in tail.rows)
        return rows + sum(s.parameters.nbytes + s.buffers.nbytes for s, _ in self._pending.snapshots)
