"""The race among what training's thread does: begins it, lets the twin follow what is ordered, ends it and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from nnplayground.data import Cancelled
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.mailbox import Mailbox
from nnplayground.gui.messages import Built, Challenge, Delivery, Forked, Lap

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.gui.in_hand import InHand
    from nnplayground.gui.race.contest import Contest


class Referee:
    """Holds the contest while there is one. All of it is called in training's thread."""

    def __init__(self, mail: Mailbox) -> None:
        self._mail = mail
        self.contest: Contest | None = None

    def begin(
        self, challenge: Challenge, hand: InHand, twin: Trainer, *, here: bool, tell: Callable[[Built], None]
    ) -> None:
        """Let a twin race with the training in hand: from `here` on, or both from the start, of which one is to tell.

        A race that was on is over.
        """
        from nnplayground.gui.race.contest import Contest

        self.end()
        contest = Contest(challenge, hand)
        if not here:
            tell(hand.begin_again())
        forked = contest.begin_here(twin) if here else contest.begin_anew(twin)
        self.contest = contest
        self._tell_forked(forked)

    def _tell_forked(self, forked: Forked) -> None:
        with self._mail.wake:
            self._mail.outbox.lap = Lap(forked=forked)
            self._mail.orders.probe = True

    def twin_of(self, experiment: Experiment) -> Experiment | None:
        """Return what the twin is to train beside it; None without a race, or where it is over since nothing can."""
        with self._ending():
            return self.contest.challenge.twin_of(experiment) if self.contest is not None else None
        return None

    def retune(self, other: Experiment) -> None:
        """Turn the twin's live knobs."""
        assert self.contest is not None
        with self._ending():
            self.contest.twin.retune(other)
            with self._mail.wake:
                self._mail.outbox.lap.retuned = other

    def begin_anew(self, made: Callable[[], Trainer]) -> None:
        """Let the twin begin as another network, as the training in hand has."""
        assert self.contest is not None
        with self._ending():
            self._tell_forked(self.contest.begin_anew(made()))

    def reset(self) -> None:
        """Let the twin go back to its initial weights too."""
        if self.contest is not None:
            self._tell_forked(self.contest.reset())

    def restore_best(self) -> None:
        """Let the twin go back to its best weights too."""
        if self.contest is not None:
            self.contest.twin.restore_best()

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """End the race, and say why, where the twin cannot do what the training in hand does."""
        try:
            yield
        except Cancelled:
            self.end(_tr("Loading was cancelled."))
        except ExperimentError as error:
            self.end(str(error))
        except MemoryError:
            self.end(_tr("There is not enough memory for this network or data set."))

    def give_up(self) -> None:
        """End the race where training itself has failed: the twin's run stays as it was kept last."""
        if self.contest is not None:
            self.contest.twin.trainer = None
        self.end()

    def end(self, why: str = "", *, keep_twin: bool = False) -> InHand | None:
        """End a race that is on; return the training that goes on, which is in hand from now on."""
        contest, self.contest = self.contest, None
        if contest is None:
            return None
        mail, left = self._mail, contest.hand.as_left() if keep_twin else None
        hand = contest.end(keep_twin=keep_twin)
        with mail.wake:
            mail.outbox.lap.over = why
            if left is not None:
                left = replace(left, chunks=tuple(mail.outbox.chunks))
                lap = replace(mail.outbox.lap, kept=hand.built, left=left)
                mail.outbox = Delivery(refusal=mail.outbox.refusal, lap=lap)
                mail.orders.probe = True
        return hand


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainingThread", text)
