"""A race in training's thread: the training in hand and its twin, in step, as the same orders would have them."""

from __future__ import annotations

from dataclasses import replace

from nnplayground.engine.race import Race, forked
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui.in_hand import InHand, telling_of_memory
from nnplayground.gui.messages import Built, Challenge, Forked


class Contest:
    """Two trainings that differ in one knob. The first is the one in hand; its twin lives as long as the race."""

    def __init__(self, challenge: Challenge, hand: InHand) -> None:
        """Make one without a twin yet; `begin` makes it."""
        self.challenge, self.hand = challenge, hand
        self.twin = InHand(hand.keeping.begin_twin())
        self.race = Race(hand, self.twin)

    def twin_of(self, experiment: Experiment) -> Experiment:
        """Return the twin's experiment beside one in hand. Raises ExperimentError where it cannot have the value."""
        return experiment.replace(self.challenge.path, self.challenge.value)

    @property
    def trainer(self) -> Trainer:
        """The twin's."""
        assert self.twin.trainer is not None
        return self.twin.trainer

    def begin_here(self, experiment: Experiment) -> Forked:
        """Let the twin go on from the very state of the training in hand. Raises ExperimentError."""
        assert self.hand.trainer is not None
        assert self.hand.built is not None
        with telling_of_memory():
            trainer = forked(self.hand.trainer, experiment)
        if trainer.step:
            self.hand.keeping.fork_twin(trainer)
        return self._take(trainer, replace(self.hand.built.first))

    def begin_anew(self, trainer: Trainer) -> Forked:
        """Let the twin begin with a trainer at its very beginning, as the training in hand does."""
        self.twin.keeping.leave(self.twin.trainer)
        return self._take(trainer)

    def reset(self) -> Forked:
        """Let the twin go back to its initial weights."""
        self.race = Race(self.hand, self.twin)
        return self._forked(self.twin.begin_again())

    def _take(self, trainer: Trainer, first: Snapshot | None = None) -> Forked:
        self.race = Race(self.hand, self.twin)
        return self._forked(self.twin.take(trainer, first))

    def _forked(self, built: Built) -> Forked:
        assert self.hand.trainer is not None
        return Forked(self.challenge, built, self.hand.trainer.experiment, self.trainer.step)

    def end(self, *, keep_twin: bool) -> InHand:
        """Drop one of the two, whose run is kept as it is now; return the training that goes on."""
        keeping, dropped = self.hand.keeping, self.hand if keep_twin else self.twin
        dropped.keeping.leave(dropped.trainer)
        keeping.end_twin()
        left = self.twin if keep_twin else self.hand
        left.keeping = keeping
        return left
