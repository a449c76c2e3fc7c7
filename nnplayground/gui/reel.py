"""What the training thread takes of a training as it goes by, so that its moments can be returned to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnplayground.engine.chunk import Chunk
from nnplayground.engine.snapshot import Layout, Snapshot
from nnplayground.runs.moments import Moment, Moments, stops_of

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.store import Row, Store

SHARE = 1 / 30  # of the time of training that taking moments costs at most,
ALLOWANCE = 0.2  # beside so many seconds, which the dense beginning of a small network may take
APART = 0.5  # seconds of training between moments where a network is too large to be looked at step by step


class Reel:
    """Adds to the moments of one training whenever it is worth it. Told of every chunk, in the trainer's thread."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self._trained = self._spent = self._since = 0.0  # seconds; the last, of training since a moment was taken

    def after(self, trainer: Trainer, chunk: Chunk, passed: Snapshot | None) -> None:
        """Take up what the trainer did; `passed` is its network where this is a step worth keeping."""
        self._trained += chunk.seconds
        self._since += chunk.seconds
        wanted = passed is not None or self._since >= APART or chunk.stopped_by is not None
        if not chunk.steps or not wanted or not (self._affordable or chunk.stopped_by is not None):
            return
        begin = time.perf_counter()
        state = on_cpu(trainer.state_dict())
        self.moments.add(Moment(passed or trainer.snapshot(), trainer.experiment, state))
        self._spent += time.perf_counter() - begin
        self._since = 0.0

    @property
    def _affordable(self) -> bool:
        return self._spent <= ALLOWANCE + SHARE * self._trained

    def look_for_best(self, trainer: Trainer, *, still: bool) -> None:
        """Take the network of the best epoch, where it is another one than before, and the state of then.

        The state may come later, when there is time for it: at once where training stands `still`.
        """
        best = self.moments.best
        known = best is not None and best.snapshot.step == trainer.best_epoch * trainer.steps_per_epoch
        free = still or self._affordable
        if not trainer.best_epoch or (known and (not free or best is None or best.state is not None)):
            return
        begin = time.perf_counter()
        found = trainer.best_state_dict() if free else None
        if found is not None:
            self.moments.set_best(Moment(trainer.snapshot("best"), found[1], on_cpu(found[0])))
        elif not known:
            self.moments.set_best(Moment(trainer.snapshot("best"), trainer.experiment))
        self._spent += time.perf_counter() - begin


def moment_of(trainer: Trainer, snapshot: Snapshot) -> Moment:
    """Return the moment of a snapshot, with the trainer's state where it is the one that the trainer is in."""
    state = on_cpu(trainer.state_dict()) if trainer.step == snapshot.step and _is_as(trainer, snapshot) else None
    return Moment(snapshot, trainer.experiment, state)


def _is_as(trainer: Trainer, snapshot: Snapshot) -> bool:
    """Whether the network still has these weights: they may have been set by hand since."""
    now = trainer.snapshot()
    return now.step == snapshot.step and bool((now.parameters == snapshot.parameters).all())


def begun(trainer: Trainer, first: Snapshot, before: Sequence[Moment]) -> Moments:
    """Return the moments of a training that begins, or goes on after those `before`."""
    moments = Moments()
    for moment in before or [Moment(first, trainer.experiment, None, frozenset({"first"}))]:
        moments.add(moment)
    moments.add(moment_of(trainer, trainer.snapshot()))
    return moments


def moments_in(store: Store, row: Row, layout: Layout, until: int | None = None) -> tuple[Moment, ...]:
    """Return those that a store kept of a run, up to a step, as many as memory has room for. Raises StoreError."""
    moments = Moments()
    for stop in stops_of(store.snapshots(row), store.whole(row)):
        if until is None or stop.step <= until:
            moments.add(replace(store.moment(row, layout, stop.step), why=stop.why & {"first", "marked"}))
    return tuple(moments.until(row.steps))


def go_on(trainer: Trainer, moment: Moment) -> None:
    """Put a trainer into the state of a moment, or where none was kept, into its network alone.

    Raises ExperimentError where it does not fit.
    """
    if moment.state is not None:
        trainer.load_state_dict(moment.state)
    else:
        trainer.begin_at(moment.snapshot)


def on_cpu(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state whose tensors lie in the machine's own memory."""
    slots = {name: slot.cpu() for name, slot in state["slots"].items()}
    plain = {name: value.cpu() if hasattr(value, "cpu") else value for name, value in state.items()}
    return {**plain, "slots": slots}
