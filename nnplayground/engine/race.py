"""Two trainings in step: each piece advances one by some steps, and then the other by the very same number."""

from __future__ import annotations

from math import ceil
from typing import Protocol

from nnplayground.engine.chunk import Chunk
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment, ExperimentError

FIRST_STEPS = 8  # before it is known how long a step takes
GROWTH = 4  # times as many steps as in the piece before, at most: what was measured may have been a lucky moment


class Lane(Protocol):
    """What takes part in a race: a trainer, or what holds one."""

    @property
    def stopped_by(self) -> str | None:
        """Why it cannot go on, or None."""
        ...

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Chunk:
        """Train as `Trainer.advance` does."""
        ...


def forked(trainer: Trainer, experiment: Experiment) -> Trainer:
    """Return a twin in the very state of `trainer` that goes on as `experiment`, in which only live knobs differ.

    Weights, optimizer state, random state and order of batches are the same, so that an equal experiment gives an
    equal history to the bit. Raises ExperimentError.
    """
    if not trainer.experiment.is_live(experiment):
        raise ExperimentError("a training can be forked at its present step only where live knobs alone differ")
    device, executor = trainer.device.type, trainer.executor
    twin = Trainer(trainer.experiment, device=device, executor=executor, dataset=trainer.dataset)
    twin.load_state_dict(trainer.state_dict())
    twin.retune(experiment)
    return twin


class Race:
    """Two trainings, of which neither gets ahead while both go on; where one has ended, the other goes on alone."""

    def __init__(self, one: Lane, other: Lane) -> None:
        self.one, self.other = one, other
        self._most = FIRST_STEPS  # that the slower of the two takes in its share of a piece

    @property
    def stopped(self) -> bool:
        """Whether both have ended."""
        return self.one.stopped_by is not None and self.other.stopped_by is not None

    def advance(
        self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None
    ) -> tuple[Chunk | None, Chunk | None]:
        """Train both for so many steps, epochs of the first, or for about so long together, whichever is first.

        Of one that had ended before there is no chunk, unless both had: then the first says again why.
        """
        going = [lane for lane in (self.one, self.other) if lane.stopped_by is None] or [self.one]
        share = None if seconds is None else seconds / len(going)
        most = steps if share is None else min(self._most, steps or self._most)
        chunks = {id(going[0]): going[0].advance(steps=most, epochs=epochs, seconds=share)}
        taken = chunks[id(going[0])].steps
        for lane in going[1:]:
            chunks[id(lane)] = lane.advance(steps=taken)
        if share is not None and taken:
            slowest = max(chunk.seconds / max(chunk.steps, 1) for chunk in chunks.values())
            self._most = max(1, min(ceil(share / max(slowest, 1e-9)), GROWTH * max(self._most, taken)))
        return chunks.get(id(self.one)), chunks.get(id(self.other))
