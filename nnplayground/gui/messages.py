"""What passes between the window and the training thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnplayground.data import Dataset
from nnplayground.engine.chunk import Chunk, joined
from nnplayground.engine.probes import Reading, Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.history import History, Mark
from nnplayground.runs.moments import Moment, Moments

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


@dataclass(frozen=True)
class ParameterEdit:
    """One weight or bias of the running network, set by hand."""

    layer: int
    role: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True, eq=False)
class Fork:
    """A run that is to go on from a moment of another, and what is known of that one up to there."""

    moment: Moment
    first: Snapshot
    history: History  # up to the moment
    before: tuple[Moment, ...]  # up to the moment
    uid: str  # of the other run in the store; empty where it is not kept
    number: int = 0  # of the other run in the store; 0 where it has none, or none that is known yet


@dataclass(frozen=True, eq=False)
class Built:
    """A network that was built anew: the window begins a new run with it."""

    experiment: Experiment
    dataset: Dataset
    layers: tuple[str, ...]
    metrics: tuple[str, ...]
    steps_per_epoch: int
    parameters: int
    executor: str
    executor_note: str  # why steps are not compiled; "" where they are as asked for
    device: str
    devices: tuple[str, ...]  # of this machine
    first: Snapshot
    taken: tuple[str, ...]  # what became of each layer's weights where it begins with those of a file
    history: History | None = None  # of a run that goes on where it was left, or from a moment of another
    moments: Moments = field(default_factory=Moments)  # of the run, from its first on
    fork: Fork | None = None  # from what it was forked

    def new_history(self) -> History:
        """Return one without rows, for what the network will do."""
        clipping, averaging = (getattr(self.experiment, part).kind != "none" for part in ("clipping", "averaging"))
        return History(self.layers, self.metrics, self.steps_per_epoch, clipping=clipping, averaging=averaging)


@dataclass(frozen=True)
class Challenge:
    """A twin of the training in hand in which one knob has another value: the two race."""

    path: str
    value: Any
    from_start: bool  # both begin anew, even where the knob can be turned in a running training

    def twin_of(self, experiment: Experiment) -> Experiment:
        """Return the twin's experiment beside one in hand. Raises ExperimentError where it cannot have the value."""
        return experiment.replace(self.path, self.value)


@dataclass(frozen=True, eq=False)
class Forked:
    """A race has begun, or has begun anew: the twin was the run in hand up to a step."""

    challenge: Challenge
    built: Built  # the twin's
    beside: Experiment  # in hand when it began
    step: int


@dataclass(frozen=True, eq=False)
class Left:
    """The training that was dropped at the end of a race, as it was then."""

    moment: Moment
    built: Built
    uid: str  # of its run in the store; empty where it is not kept
    number: int  # of its run in the store; 0 where it has none, or none that is known yet
    chunks: tuple[Chunk, ...] = ()  # that the window had not taken yet

    def fork(self, history: History) -> Fork | None:
        """Return what brings it back, from the history that the window has; None where that is of another run."""
        step = self.moment.snapshot.step
        if len(history.steps) + sum(chunk.steps for chunk in self.chunks) != step:
            return None
        if self.chunks:
            history.append(joined(self.chunks))
        before = tuple(self.built.moments.until(step))
        return Fork(self.moment, self.built.first, history, before, self.uid, self.number)


@dataclass(eq=False)
class Lap:
    """What happened of the race since the window last looked, beside what became of the run in hand."""

    forked: Forked | None = None
    retuned: Experiment | None = None
    chunks: list[Chunk] = field(default_factory=list)  # of the twin
    dataset: Dataset | None = None
    snapshot: Snapshot | None = None
    readings: Mapping[Request, Reading] | None = None
    kept: Built | None = None  # the twin, which is the run in hand from now on
    left: Left | None = None  # the one that was in hand before
    over: str | None = None  # the race is over: why, or nothing where it was asked for


@dataclass(frozen=True)
class Refusal:
    """An experiment of which no training could be made; `good` is the one still in training, if any."""

    experiment: Experiment
    good: Experiment | None
    message: str


@dataclass(eq=False)
class Delivery:
    """All that happened since the window last looked."""

    built: Built | None = None
    retuned: Experiment | None = None
    dataset: Dataset | None = None  # that the readings are of: another one where points were drawn anew
    chunks: list[Chunk] = field(default_factory=list)
    path: list[Snapshot] = field(default_factory=list)  # at the steps that are worth keeping
    snapshot: Snapshot | None = None
    readings: Mapping[Request, Reading] | None = None
    restored: int | None = None  # the best epoch, where the network went back to it; 0 where there is none yet
    probe_seconds: float | None = None  # that the readings took
    ended: bool = False  # training has ended by itself, in a race that of both
    lap: Lap = field(default_factory=Lap)
    progress: tuple[float, str] | None = None  # while something loads: share done, or negative if unknown; what
    refusal: Refusal | None = None
    failure: Exception | None = None  # the thread itself has failed


@dataclass(eq=False)
class Orders:
    """What the window wants done: the thread takes it between two chunks."""

    experiment: Experiment | None = None  # the latest wins
    device: str | None = None
    resume: Row | None = None  # go on with this run in place of all else
    fork: Fork | None = None  # likewise, from a moment of another run
    marked: list[tuple[Moments, Snapshot]] = field(default_factory=list)  # moments that are to be kept for good
    marks: tuple[Built, tuple[Mark, ...]] | None = None  # what is shown of knobs that were turned in a run
    running: bool = False
    steps: int = 0
    epochs: int = 0
    reset: bool = False
    restore: bool = False  # the best epoch's weights
    edits: list[ParameterEdit] = field(default_factory=list)
    requests: frozenset[Request] = frozenset()
    probe: bool = False  # answer even though no step was taken
    challenge: Challenge | None = None
    decision: str | None = None  # which of a race's two goes on: "one" or "other"
    twin_requests: frozenset[Request] = frozenset()  # of both in a race
    cancel: bool = False
    quit: bool = False
