"""A race in training's thread: the training in hand and its twin, in step, as the same orders would have them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from nnplayground.engine.race import Race
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui.in_hand import InHand
from nnplayground.gui.messages import Built, Challenge, Forked
from nnplayground.gui.race.racing import field_of, value_of

TAG = "race"  # of both runs in the store


class Contest:
    """Two trainings that differ in one knob. The first is the one in hand; its twin lives as long as the race."""

    def __init__(self, challenge: Challenge, hand: InHand) -> None:
        """Make one without a twin yet; `begin` makes it."""
        self.challenge, self.hand = challenge, hand
        self.twin = InHand(hand.keeping.begin_twin())
        self.race = Race(hand, self.twin)

    @property
    def trainer(self) -> Trainer:
        """The twin's."""
        assert self.twin.trainer is not None
        return self.twin.trainer

    def begin_here(self, trainer: Trainer) -> Forked:
        """Let the twin go on with a trainer in the very state of the one in hand."""
        assert self.hand.built is not None
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
        self._label(self.hand.trainer.experiment, built.experiment)
        return Forked(self.challenge, built, self.hand.trainer.experiment, self.trainer.step)

    def _label(self, one: Experiment, other: Experiment) -> None:
        """Let the store tell of both runs what they were raced for."""
        path = self.challenge.path
        field = field_of(one, path) or field_of(other, path)
        label = field.knob.label if field is not None else path
        values = value_of(one, path), value_of(other, path)
        for side, (own, others) in ((self.hand, values), (self.twin, values[::-1])):
            side.keeping.label(TAG, _tr("Race: {0} {1} against {2}").format(label, own, others))

    def end(self, *, keep_twin: bool) -> InHand:
        """Drop one of the two, whose run is kept as it is now; return the training that goes on."""
        keeping, dropped = self.hand.keeping, self.hand if keep_twin else self.twin
        dropped.keeping.leave(dropped.trainer)
        keeping.end_twin()
        left = self.twin if keep_twin else self.hand
        left.keeping = keeping
        return left


def _tr(text: str) -> str:
    return QCoreApplication.translate("Contest", text)
