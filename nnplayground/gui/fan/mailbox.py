"""Between a fan's thread and the window: what was trained since the last look, and what the window wants."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from nnplayground.data.dataset import Dataset
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.probes import OutputMap
from nnplayground.engine.probes.request import Floats

PENDING = 200  # pieces that wait for the window: then training waits for it
WAIT = 0.05  # seconds between two looks of a thread that waits


@dataclass(frozen=True, eq=False)
class Piece:
    """What a few values were trained in one go; `chunk` has an axis of members, value by value, seed by seed."""

    values: tuple[int, ...]
    chunk: Chunk
    steps_per_epoch: int
    diverged: tuple[int, ...]  # (members,) the step that each could not take; 0 where all is well


@dataclass(frozen=True, eq=False)
class Result:
    """The losses of a few values at their end, or at their best epochs, (members,); NaN of those that diverged."""

    values: tuple[int, ...]
    train_loss: Floats
    validation_loss: Floats


@dataclass(eq=False)
class Delivery:
    """What happened since the last look."""

    datasets: dict[int, Dataset] = field(default_factory=dict)  # of a value, once its network is built
    refusals: dict[int, str] = field(default_factory=dict)  # why there is none
    pieces: list[Piece] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    maps: dict[int, OutputMap] = field(default_factory=dict)  # the answer of a value's first member
    kept: str | None = None  # all were kept as runs: empty; or why that could not be done


class Mailbox:
    """Shared by two threads; every method returns at once, but `post` where the window takes nothing."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._outbox = Delivery()
        self._wanted: frozenset[int] = frozenset()
        self._stopped = False

    # the window's side

    def want(self, values: frozenset[int]) -> None:
        """Ask for the maps of these values from now on: those in sight."""
        with self._wake:
            self._wanted = values

    def stop(self) -> None:
        """End training after the piece in hand."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def drain(self) -> Delivery:
        """Take what happened since the last call."""
        with self._wake:
            delivery, self._outbox = self._outbox, Delivery()
            self._wake.notify_all()
            return delivery

    # the thread's side

    @property
    def stopped(self) -> bool:
        """Whether training is to end."""
        with self._wake:
            return self._stopped

    @property
    def wanted(self) -> frozenset[int]:
        """The values whose maps are to be answered, and were not since they were taken last."""
        with self._wake:
            return self._wanted - self._outbox.maps.keys()

    def has_room(self) -> bool:
        """Whether the window takes what is posted; waits a moment where it does not."""
        with self._wake:
            if len(self._outbox.pieces) >= PENDING:
                self._wake.wait(WAIT)
            return len(self._outbox.pieces) < PENDING

    def begin(self, value: int, dataset: Dataset) -> None:
        """Tell that a value's networks are built."""
        with self._wake:
            self._outbox.datasets[value] = dataset

    def refuse(self, value: int, line: str) -> None:
        """Tell why there are none of a value."""
        with self._wake:
            self._outbox.refusals[value] = line

    def post(self, piece: Piece) -> None:
        """Tell what was trained."""
        with self._wake:
            self._outbox.pieces.append(piece)

    def conclude(self, result: Result) -> None:
        """Tell how good some values are where training ended."""
        with self._wake:
            self._outbox.results.append(result)

    def tell_kept(self, fault: str) -> None:
        """Tell that all members were kept as runs, or why they were not."""
        with self._wake:
            self._outbox.kept = fault

    def show(self, value: int, found: OutputMap) -> None:
        """Tell what a value's first network answers."""
        with self._wake:
            self._outbox.maps[value] = found
