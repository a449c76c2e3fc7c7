"""What the training thread keeps: each training as a run of its own, without ever waiting for a disk."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnplayground.engine.chunk import Chunk
from nnplayground.runs.history import Mark

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.moments import Moment
    from nnplayground.runs.store import Keeper, Recorder, Row
    from nnplayground.runs.store.labels import Label

MOST_WAITING = 8  # runs that have ended and cannot be written: beyond them, the oldest is given up
CLOSING_SECONDS = 5.0  # that the end of the program waits for a disk


class Keeping:
    """Keeps the trainings of one thread in a store; without one, keeps nothing.

    `path`, `move` and `fault` are the window's; all else is called by the thread that trains.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._path = path
        self._keeper: Keeper | None = None
        self._ended: list[Recorder] = []  # that may have something to write yet
        self._twin: Keeping | None = None  # of the other training in a race
        self._label: Label | None = None  # of the run in hand, and of those that follow
        self._unforked = ""  # why the run in hand, which was forked, could not be entered

    # the window's side

    @property
    def path(self) -> Path | None:
        """The store, or None where nothing is kept."""
        return self._path

    @property
    def fault(self) -> str:
        """Why runs cannot be written now, in one line; empty where they are."""
        faults = (recorder.fault for recorder in reversed(self._recorders()) if recorder.fault)
        return self._unforked or next(faults, "")

    @property
    def uid(self) -> str:
        """The identity of the run in hand in every store; empty where none is kept."""
        keeper = self._keeper
        return keeper.recorder.row.uid if keeper is not None else ""

    @property
    def number(self) -> int:
        """The number of the run in hand in the store; 0 where it has none, or none that is known yet."""
        keeper = self._keeper
        return keeper.recorder.row.id if keeper is not None else 0

    def move(self, path: Path) -> None:
        """Keep this and later runs in another store, with what waits and what can be read of the one before."""
        with self._lock:
            self._path = path
            if self._twin is not None:
                self._twin._path = path
        for recorder in self._recorders():
            recorder.move(path)

    def _recorders(self) -> list[Recorder]:
        with self._lock:
            keeper, twin = self._keeper, self._twin
            ended = [recorder for recorder in self._ended if not recorder.ended]
        beside = twin._recorders() if twin is not None else []
        return [*beside, *ended, *([keeper.recorder] if keeper is not None else [])]

    # the training thread's side

    def before_steps(self, trainer: Trainer) -> None:
        """Enter the training as a run, unless that was done before."""
        begun = self._keeper is not None or trainer.step > 0
        if begun or self._path is None or trainer.stopped_by is not None:
            return
        from nnplayground.runs.store import Keeper

        with self._lock:
            self._keeper = Keeper.begin_at_once(self._path, trainer)
        if self._label is not None:
            self._keeper.recorder.keep_label(self._label)

    def finish(self, uid: str) -> None:
        """Wait until a run that was left is written whole, as long as the end of the program would."""
        for recorder in self._recorders():
            if recorder.row.uid == uid and uid != self.uid:
                recorder.close(CLOSING_SECONDS)

    def resume(self, row: Row, trainer: Trainer, before: Trainer | None) -> None:
        """Go on with a run, in whose state the trainer is, in place of what was trained before. Raises StoreError."""
        from nnplayground.runs.store import Keeper

        assert self._path is not None
        keeper = Keeper.resume(self._path, row, trainer)
        self.leave(before)
        with self._lock:
            self._keeper = keeper

    def fork(self, parent: str, trainer: Trainer, before: Trainer | None) -> int:
        """Enter a training that goes on from a step of the run `parent`, in place of what was trained before.

        Where that cannot be done it goes on without being kept, and `fault` says why. Returns the number of `parent`,
        0 where it is not known.
        """
        from nnplayground.runs.store import Keeper, StoreError

        self.leave(before)
        if self._path is None or not parent:
            return 0
        number = 0
        for recorder in self._recorders():
            if recorder.row.uid == parent:  # it may not have written yet what the other begins with
                recorder.close(CLOSING_SECONDS)
                number = recorder.row.id
        try:
            keeper = Keeper.fork(self._path, parent, trainer)
        except StoreError as error:
            self._unforked = str(error)
            return number
        with self._lock:
            self._keeper = keeper
        return number

    def mark_moment(self, moment: Moment) -> None:
        """Take up a moment that the user marked."""
        if self._keeper is not None:
            self._keeper.mark(moment)

    def after(self, chunk: Chunk) -> None:
        """Take up what the trainer did."""
        if self._keeper is not None:
            self._keeper.after(chunk)

    def retuned(self) -> None:
        """Take up that live knobs were turned."""
        if self._keeper is not None:
            self._keeper.retuned()

    def mark(self, marks: Sequence[Mark]) -> None:
        """Take up what is shown of knobs that were turned."""
        if self._keeper is not None:
            self._keeper.recorder.keep_marks(tuple(marks))

    def changed(self) -> None:
        """Take up that weights were changed by hand, or went back to the best: what is resumed goes on from there."""
        if self._keeper is not None:
            self._keeper.keep_state()

    def leave(self, trainer: Trainer | None) -> None:
        """Let the run in hand be as it is: another network is built, or the same one begins anew.

        Without a trainer, where training itself has failed, its state is the one that was kept last.
        """
        keeper, self._unforked = self._keeper, ""
        if keeper is None:
            return
        if trainer is not None:
            keeper.leave(trainer.stopped_by or "interrupted")
        else:
            keeper.recorder.finish("interrupted")
            keeper.recorder.leave()
        with self._lock:
            self._keeper = None
            self._ended = [*(recorder for recorder in self._ended if not recorder.ended), keeper.recorder]
            given_up = self._ended[:-MOST_WAITING]
        for recorder in given_up:
            recorder.close(timeout=0)

    def begin_twin(self) -> Keeping:
        """Return what keeps the other training of a race, in the same store."""
        twin = Keeping(self._path)
        with self._lock:
            self._twin = twin
        return twin

    def fork_twin(self, trainer: Trainer) -> None:
        """Keep the twin, which goes on from where the run in hand is now, with all that this has behind it."""
        from nnplayground.runs.store import Keeper

        keeper, twin, path = self._keeper, self._twin, self._path
        if keeper is None or twin is None or path is None:
            return
        with self._lock:
            twin._keeper = Keeper.fork_at_once(path, keeper.recorder, trainer)

    def label(self, tag: str, words: str) -> None:
        """Give the run in hand, and those that follow while the race goes on, a tag and words in their notes."""
        from nnplayground.runs.store.labels import Label

        self._label = Label(tag, words)
        if self._keeper is not None:
            self._keeper.recorder.keep_label(self._label)

    def end_twin(self) -> None:
        """Answer for what the race's other training has kept: its run too, where the one in hand has been left."""
        with self._lock:
            twin, self._twin, self._label = self._twin, None, None
            if twin is not None:
                self._keeper = self._keeper or twin._keeper
                self._ended += twin._ended

    def close(self, trainer: Trainer | None) -> None:
        """Write what waits, or give it up where that fails."""
        self.leave(trainer)
        recorders = self._recorders()
        for seconds in (0.0, CLOSING_SECONDS):
            for recorder in recorders:
                recorder.close(seconds)
