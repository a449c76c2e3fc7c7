"""Writing a run while it is trained: a thread of its own, so that no disk ever holds up training."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnplayground.engine.chunk import Chunk
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.history import Mark, rows_of
from nnplayground.runs.store import coding
from nnplayground.runs.store.carrying import rescue
from nnplayground.runs.store.clock import SHARE, write_time
from nnplayground.runs.store.database import StoreError, identity
from nnplayground.runs.store.forking import fork_run
from nnplayground.runs.store.labels import Label, write_label
from nnplayground.runs.store.pending import Pending, Tail
from nnplayground.runs.store.records import KINDS, insert_row, update_row, write_rows
from nnplayground.runs.store.row import Row, told
from nnplayground.runs.store.store import Store

FLUSH_SECONDS = 0.8  # between two writes; with STATE_SECONDS the second that may be lost
STATE_SECONDS = 0.2  # between two states, of which the latest is written
RETRY_SECONDS = 4.0  # after a write that failed
STATE_SHARE = 30  # a state is taken again after so many times what taking it cost: a 30th of the time is training's
WRITE_SHARE = 10  # something large is written again after so many times what writing took: large networks, slow disks
ALIVE_SECONDS = 5.0  # between two signs that a run goes on, while there is nothing to write
PENDING_BYTES = 256 * 2**20  # of what waits for a disk that cannot be written; beyond it, the run is kept no longer
LEAST_ROWS = 4096  # a chunk shorter than that is written anew with the rows that follow


class Recorder:
    """Writes one run to a store at least once a second. All methods return at once and raise nothing.

    Where the store cannot be written, `fault` says why, and what is to be written waits in memory for the next try.
    """

    def __init__(self, path: Path, row: Row, *, epochs: int = 0, steps: int = 0, after: Recorder | None = None) -> None:
        """Write to a run of the store at `path` that has so many epochs and steps already.

        A run whose number is 0 is entered first; one that goes on from a step of another's once `after`, which writes
        that one, has it in the store.
        """
        self.row, self.path = row, path
        self.fault = ""
        self.ended = False  # nothing is written any more, and the file is let go
        self._tails = {"steps": Tail(steps), "epochs": Tail(epochs)}
        self._pending = Pending()
        self._results: dict[str, float] = dict(row.results)
        self._seconds = row.seconds
        self._wake = threading.Condition()
        self._told: dict[str, object] = {}  # of the values, what was written
        self._worded: tuple[Experiment, str] | None = None  # the experiment that was told last, and its text
        self._labels: list[Label] = []
        self._labelled = 0  # of the labels, how many were written
        self._after = after
        self._leaving = self._closing = self._lost = False
        self._target: Path | None = None
        self._asked = self._settled = 0  # how often someone wanted to wait for a write, and up to which it was done
        self._store: Store | None = None
        self._identity: tuple[int, int] | None = None  # of the file that is open
        self._epochs = row.form.columns[1]
        self._state_due = self._alive = 0.0
        self._time_due = 0.0  # seconds of training from which on a time is written
        self.rest = 0.0  # seconds that a disk needs between two writes of something large
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
            if self.fault and self._rows_size() + self._pending.size > PENDING_BYTES:
                self._give_up()

    @property
    def wants_state(self) -> bool:
        """Whether it is time to be given the state of the training anew."""
        return time.monotonic() >= self._state_due

    def keep_state(self, state: Mapping[str, Any], experiment: Experiment, cost: float) -> None:
        """Take up from where training may go on; `state` is not changed any more, and took `cost` seconds to copy."""
        self._state_due = time.monotonic() + max(STATE_SECONDS, STATE_SHARE * cost, self.rest)
        with self._wake:
            if self._lost:
                return
            self._pending.state = state, self._words(experiment)

    def keep_snapshot(self, snapshot: Snapshot, why: str) -> None:
        """Keep a network: "first", "best", "last", "marked", or "kept", of which some are thinned out in time."""
        with self._wake:
            if self._lost:
                return
            if why in ("best", "last"):  # of which there is one
                self._pending.snapshots = [pair for pair in self._pending.snapshots if pair[1] != why]
            self._pending.snapshots.append((snapshot, why))

    def keep_moment(self, state: Mapping[str, Any], experiment: Experiment) -> None:
        """Keep from where another training may go on, as long as the network of that step is kept and there is room.

        `state` is not changed any more.
        """
        with self._wake:
            if not self._lost:
                self._pending.moments[state["step"]] = state, self._words(experiment)

    def _words(self, experiment: Experiment) -> str:
        if self._worded is None or self._worded[0] is not experiment:
            self._worded = experiment, experiment.to_toml()
        return self._worded[1]

    def keep_experiment(self, experiment: Experiment, marks: tuple[Mark, ...] | None = None) -> None:
        """Take up that live knobs were turned; what is shown of it may come later."""
        with self._wake:
            self._pending.values |= told(experiment)
        if marks is not None:
            self.keep_marks(marks)

    def keep_marks(self, marks: tuple[Mark, ...]) -> None:
        """Take up what is shown of the knobs that were turned."""
        with self._wake:
            self._pending.values["marks"] = json.dumps([(m.step, m.text) for m in marks], ensure_ascii=False)

    def keep_label(self, label: Label) -> None:
        """Take up what the run is, beside what the user says of it."""
        with self._wake:
            self._labels.append(label)

    def finish(self, outcome: str) -> None:
        """Say what became of the run: "epochs", "patience", "diverged", "interrupted"."""
        with self._wake:
            self._pending.values["outcome"] = outcome

    def move(self, path: Path) -> None:
        """Write to another store from now on, with all that memory holds and that can be read of the one before."""
        with self._wake:
            self._target, self.fault = path, ""
            self._wake.notify()

    def settle(self, timeout: float | None) -> bool:
        """Write what waits at once, and wait until that was tried; return whether the store has it by then."""
        with self._wake:
            self._asked += 1
            mine = self._asked
            self._wake.notify()
            return self._wake.wait_for(lambda: self._settled >= mine or self.ended, timeout) and not self.fault

    def leave(self) -> None:
        """Write what waits as soon as that can be done, and end the thread then."""
        with self._wake:
            self._leaving = True
            self._wake.notify()

    def close(self, timeout: float | None = 10.0) -> None:
        """Write what waits, or give it up where that fails, and end the thread."""
        with self._wake:
            self._leaving = self._closing = True
            self._wake.notify()
        self._thread.join(timeout)

    # the thread's side

    def _run(self) -> None:
        regular = False
        if self._after is not None:
            self._after.settle(None)
            self._after = None
        try:
            while not self._take_turn():
                pass
            regular = True
        finally:  # whatever has gone wrong: nothing must gather in memory that no one writes
            try:
                self._let_go()
            finally:
                with self._wake:
                    self.ended = True
                    if not regular:
                        self.fault = "the run is kept no longer, for a reason of the program's own"
                    self._give_up()
                    self._wake.notify_all()

    def _take_turn(self) -> bool:
        """Wait until it is time, and write; return whether it was for the last time."""
        with self._wake:
            hurried = self._closing or self._target or self._asked > self._settled
            if not (hurried or (self._leaving and not self.fault)):
                self._wake.wait(RETRY_SECONDS if self.fault else FLUSH_SECONDS)
            leaving, closing = self._leaving, self._closing
            target, self._target = self._target, None
            asked = self._asked
        begin = time.monotonic()
        try:
            if target is not None:
                self._carry_over(target)
            self._flush(self._opened(), ended=leaving)
        except StoreError as error:
            with self._wake:
                if self._target is None:  # else it is of no interest any more
                    self.fault = str(error)
                self._answer(asked)
            return closing
        self.rest = WRITE_SHARE * (time.monotonic() - begin)
        self.fault = ""
        with self._wake:
            self._answer(asked)
        return leaving

    def _answer(self, asked: int) -> None:
        """Tell those who wait for a write, and began to before it, that it was tried."""
        if asked > self._settled:
            self._settled = asked
            self._wake.notify_all()

    def _opened(self) -> Store:
        """Return the store, which is opened anew where something was wrong with it. Raises StoreError."""
        there = identity(self.path)
        if self._store is not None and there is None:
            raise StoreError(f"{self.path}: the store is gone: it was moved or deleted, or its disk was taken out")
        if self._store is not None and self.row.id and there == self._identity and not self.fault:
            return self._store
        if there is None and self.row.id:
            raise StoreError(f"{self.path}: the store is gone: it was moved or deleted, or its disk was taken out")
        fresh = Store(self.path)
        try:
            self._check(fresh)
        except StoreError:
            fresh.close()
            raise
        self._let_go()
        self._store, self._identity = fresh, identity(self.path)
        return fresh

    def _check(self, store: Store) -> None:
        """Raise StoreError where a store does not hold what was written of the run. A new run is entered."""
        if not self.row.id and self.row.parent is not None:
            self.row = fork_run(store, self.row)
            with self._wake:
                self._seconds += self.row.seconds
            return
        if not self.row.id:
            with store.change() as connection:
                self.row = replace(self.row, id=insert_row(connection, self.row))
            return
        row = store.row(self.row.uid)
        starts = {"steps": row.steps, "epochs": row.epochs}
        if any(starts[kind] < tail.start for kind, tail in self._tails.items()):
            raise StoreError(f"{self.path}: is another store: it does not hold all of this run")
        self.row = replace(self.row, id=row.id)

    def _carry_over(self, target: Path) -> None:
        """Go over to another store. Raises StoreError where that cannot be written; the one before stays then."""
        if self._store is not None and identity(target) == self._identity is not None:
            return
        fresh = Store(target)
        try:
            if self._store is None and self.row.id:
                with contextlib.suppress(StoreError):
                    self._store = Store(self.path, writable=False)
            counts = {kind: tail.start for kind, tail in self._tails.items()}
            entered = bool(self.row.id) or self.row.parent is None  # else it waits for the run before it
            number = rescue(self._store, self.row, fresh, counts) if entered else 0
        except StoreError:
            fresh.close()
            raise
        if self._store is not None:
            with contextlib.suppress(StoreError):
                self._store.leave([self.row])
        self._let_go()
        self._store, self._identity, self.path = fresh, identity(target), target
        self.row = replace(self.row, id=number)
        self._state_due, self._labelled = 0.0, 0
        with self._wake:
            self._pending.values = {**self._told, **self._pending.values}
        for tail in self._tails.values():
            tail.written = 0

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _flush(self, store: Store, *, ended: bool) -> None:
        with self._wake:
            labels = self._labels[self._labelled :]
            waits = (
                labels or self._pending.waits or any(sum(map(len, t.rows)) > t.written for t in self._tails.values())
            )
            if not (waits or ended or time.monotonic() - self._alive > ALIVE_SECONDS):
                return
            pending, self._pending = self._pending, Pending()
            tails = {kind: (tail.start, list(tail.rows)) for kind, tail in self._tails.items()}
            results, seconds = json.dumps(self._results), self._seconds
        try:
            with store.change() as connection:
                counts = {kind: self._write_rows(connection, kind, *tail) for kind, tail in tails.items()}
                pending.write(connection, self.row.id)
                if seconds > self._time_due and not self._lost:
                    write_time(connection, self.row.id, sum(counts["steps"]), seconds)
                    self._time_due = (1 + SHARE) * seconds
                values = {
                    **pending.values,
                    "results": results,
                    "seconds": seconds,
                    "changed": time.time(),
                    "alive": time.time(),
                    **({} if self._lost else {kind: start + count for kind, (start, count) in counts.items()}),
                    **({"owner": None} if ended else {}),
                }
                for label in labels:
                    write_label(connection, self.row.id, label)
                if not update_row(connection, self.row.id, values):
                    raise StoreError(f"{self.path}: the run was deleted from the store while it was trained")
        except BaseException:
            self._take_back(pending)
            raise
        self._alive = time.monotonic()
        self._told |= pending.values
        self._labelled += len(labels)
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

    def _take_back(self, pending: Pending) -> None:
        """Put what could not be written before what came meanwhile, as far as memory allows."""
        with self._wake:
            self._pending.put_first(pending)
            self._pending.shrink(PENDING_BYTES - self._rows_size())

    def _give_up(self) -> None:
        """Let go of rows that wait in vain: from here on the store would have a gap."""
        self._lost, self._pending = True, Pending()
        for tail in self._tails.values():
            tail.rows.clear()
            tail.written = 0

    def _rows_size(self) -> int:
        return sum(part.nbytes for tail in self._tails.values() for part in tail.rows)
