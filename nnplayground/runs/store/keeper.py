"""What keeps a training in a store: asks its trainer for what the recorder wants, no more often than it is worth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nnplayground.engine.chunk import Chunk
from nnplayground.runs.history import Mark
from nnplayground.runs.store.forking import fork_run
from nnplayground.runs.store.recorder import STATE_SHARE, Recorder
from nnplayground.runs.store.row import Form, Row
from nnplayground.runs.store.store import Store

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.moments import Moment

SNAPSHOT_SECONDS = 1.0  # between networks that are kept; the recorder thins them out in time
GROWTH = 1.2  # times as many steps as at the one before: then a small one is kept too, so that short runs have dozens
SMALL = 10_000  # parameters: with its state a quarter of a megabyte at most


class Keeper:
    """Keeps one training, as long as it goes on in one trainer. To be told of every chunk, in the trainer's thread."""

    def __init__(self, recorder: Recorder, trainer: Trainer) -> None:
        self.recorder, self._trainer = recorder, trainer
        self._shown, self._cost = -1.0, 0.0  # when a network was kept last, and the seconds that copying it took
        self._best = 0  # the epoch whose network was kept as the best
        self._next = trainer.step + 1.0  # the step from which on another is kept, be it as soon

    @classmethod
    def begin(cls, path: Path, trainer: Trainer, *, parent: str | None = None, parent_step: int | None = None) -> Self:
        """Enter a training that has not begun into the store at `path`. Raises StoreError."""
        with Store(path) as store:
            row = store.begin(trainer.experiment, form_of(trainer), parent=parent, parent_step=parent_step)
        return cls._at_the_beginning(path, row, trainer)

    @classmethod
    def begin_at_once(cls, path: Path, trainer: Trainer) -> Self:
        """Keep a training that has not begun; whether the store can be used, `recorder.fault` says later."""
        return cls._at_the_beginning(path, Row.new(trainer.experiment, form_of(trainer)), trainer)

    @classmethod
    def _at_the_beginning(cls, path: Path, row: Row, trainer: Trainer) -> Self:
        keeper = cls(Recorder(path, row), trainer)
        keeper.recorder.keep_snapshot(trainer.snapshot(), "first")
        keeper.keep_moment()
        keeper.keep_state()
        return keeper

    @classmethod
    def resume(cls, path: Path, row: Row, trainer: Trainer) -> Self:
        """Go on with a run in the state that `trainer` is in, which was the run's. Raises StoreError."""
        with Store(path) as store:
            store.take_over(row)
            row = store.rewind(row, trainer.step)
        return cls(Recorder(path, row, steps=trainer.step, epochs=trainer.epoch), trainer)

    @classmethod
    def fork(cls, path: Path, parent: str, trainer: Trainer) -> Self:
        """Keep a training that goes on from a step of another run, in whose state `trainer` is. Raises StoreError."""
        with Store(path) as store:
            row = fork_run(store, _forked(parent, trainer))
        return cls._at_a_fork(Recorder(path, row, steps=trainer.step, epochs=trainer.epoch), trainer)

    @classmethod
    def fork_at_once(cls, path: Path, parent: Recorder, trainer: Trainer) -> Self:
        """Keep a training that goes on from where another is now, whose recorder may not have written all of it yet.

        Waits for nothing; whether the store can be used, `recorder.fault` says later.
        """
        row, counts = _forked(parent.row.uid, trainer), {"steps": trainer.step, "epochs": trainer.epoch}
        return cls._at_a_fork(Recorder(path, row, **counts, after=parent), trainer)

    @classmethod
    def _at_a_fork(cls, recorder: Recorder, trainer: Trainer) -> Self:
        keeper = cls(recorder, trainer)
        keeper.recorder.keep_snapshot(trainer.snapshot(), "kept")
        keeper.keep_moment()
        keeper.keep_state()
        return keeper

    def after(self, chunk: Chunk) -> None:
        """Take up what the trainer did."""
        self.recorder.record(chunk)
        if chunk.stopped_by is not None or self.recorder.wants_state:
            self.keep_state()
        now = time.monotonic()
        if chunk.steps and self._is_due(now - self._shown):
            self._shown, self._next = now, GROWTH * self._trainer.step
            self.recorder.keep_snapshot(self._trainer.snapshot(), "kept")
            self.keep_moment()
            self._keep_best()
            self._cost = time.monotonic() - now

    def _is_due(self, seconds: float) -> bool:
        """Whether a network is worth keeping so many seconds after the one before."""
        early = self._trainer.step >= self._next and self._trainer.parameters <= SMALL
        return early or seconds >= max(SNAPSHOT_SECONDS, STATE_SHARE * self._cost, self.recorder.rest)

    def keep_state(self) -> None:
        """Keep from where training may go on, as it is now."""
        begin = time.perf_counter()
        state = self._trainer.state_dict()
        self.recorder.keep_state(state, self._trainer.experiment, time.perf_counter() - begin)

    def mark(self, moment: Moment) -> None:
        """Keep a moment that the user marked, with its state where that is known."""
        self.recorder.keep_snapshot(moment.snapshot, "marked")
        if moment.state is not None:
            self.recorder.keep_moment(moment.state, moment.experiment)

    def keep_moment(self) -> None:
        """Keep the state of this moment, for another training to go on from."""
        self.recorder.keep_moment(self._trainer.state_dict(), self._trainer.experiment)

    def _keep_best(self) -> None:
        """Keep the network of the best epoch, where it is another one than before."""
        best = self._trainer.best_epoch
        if best and best != self._best:
            self._best = best
            self.recorder.keep_snapshot(self._trainer.snapshot("best"), "best")

    def retuned(self, marks: tuple[Mark, ...] | None = None) -> None:
        """Take up that live knobs were turned; a state of before would go on otherwise. Marks may come later."""
        self.recorder.keep_experiment(self._trainer.experiment, marks)
        self.keep_state()

    def leave(self, outcome: str) -> Recorder:
        """Say what became of the run: empty where it only pauses. Returns at once: its recorder writes what waits."""
        self.keep_state()
        self.recorder.keep_snapshot(self._trainer.snapshot(), "last")
        self.keep_moment()
        self._keep_best()
        whole = self._trainer.best_state_dict() if self._trainer.best_epoch else None
        if whole is not None:
            self.recorder.keep_moment(*whole)
        self.recorder.finish(outcome)
        self.recorder.leave()
        return self.recorder

    def finish(self, outcome: str) -> None:
        """Say what became of the run, and write all that waits."""
        self.leave(outcome).close()


def _forked(parent: str, trainer: Trainer) -> Row:
    return Row.new(trainer.experiment, form_of(trainer), parent=parent, parent_step=trainer.step)


def form_of(trainer: Trainer) -> Form:
    """Return what a training's columns are called."""
    clipping, averaging = (getattr(trainer.experiment, part).kind != "none" for part in ("clipping", "averaging"))
    names = trainer.layers, trainer.metrics
    return Form(*names, trainer.steps_per_epoch, clipping, averaging, trainer.parameters)
