"""The training thread, as the window sees it: what can be ordered, and what happened since it last looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from nnplayground.engine.probes import Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.gui.keeping import Keeping
from nnplayground.gui.mailbox import Mailbox
from nnplayground.gui.messages import Built, Challenge, Delivery, Fork, ParameterEdit
from nnplayground.gui.worker import Worker
from nnplayground.runs.history import Mark
from nnplayground.runs.moments import Moments

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.store import Row


class TrainingThread(QThread):
    """Trains the latest experiment that it was given, as fast as it can, between `run` and `pause`.

    Every public method but `run` is the window's side: it returns at once.
    """

    def __init__(self, parent: QObject | None = None, store: Path | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.keeping = Keeping(store)
        self._mail = Mailbox(self.tr("starting PyTorch"))
        self._worker = Worker(self._mail, self.keeping)

    @property
    def _trainer(self) -> Trainer | None:
        return self._worker.hand.trainer

    # the window's side

    def train(self, experiment: Experiment) -> None:
        """Train this experiment from now on, in place of any other that waits."""
        self._mail.order(experiment=experiment)

    def use_device(self, device: str) -> None:
        """Build the network anew on another device."""
        self._mail.order(device=device)

    def set_running(self, running: bool) -> None:
        """Train on, or pause after the chunk in hand."""
        self._mail.order(running=running, steps=0, epochs=0)

    def take_steps(self, steps: int) -> None:
        """Take so many more steps, then pause."""
        with self._mail.wake:
            self._mail.orders.running, self._mail.orders.steps = False, self._mail.orders.steps + steps
            self._mail.wake.notify()

    def take_epochs(self, epochs: int) -> None:
        """Train until so many more epochs are finished, then pause."""
        with self._mail.wake:
            self._mail.orders.running, self._mail.orders.epochs = False, self._mail.orders.epochs + epochs
            self._mail.wake.notify()

    def reset(self) -> None:
        """Go back to the initial weights."""
        self._mail.order(reset=True, steps=0, epochs=0)

    def restore_best(self) -> None:
        """Pause, and go back to the weights of the best epoch."""
        self._mail.order(restore=True, running=False, steps=0, epochs=0)

    def request(self, requests: frozenset[Request]) -> None:
        """Answer these probes from now on."""
        if requests != self._mail.orders.requests:
            self._mail.order(requests=requests, probe=True)

    def set_parameter(self, edit: ParameterEdit) -> None:
        """Set one parameter between two chunks."""
        with self._mail.wake:
            self._mail.orders.edits.append(edit)
            self._mail.wake.notify()

    def resume(self, row: Row) -> None:
        """Go on with a run of the store where it was left, paused."""
        self._mail.order(resume=row, experiment=None, running=False, steps=0, epochs=0)

    def fork(self, fork: Fork) -> None:
        """Go on from a moment of a run as another run, paused."""
        self._mail.order(fork=fork, resume=None, experiment=None, running=False, steps=0, epochs=0)

    def mark_moment(self, moments: Moments, snapshot: Snapshot) -> None:
        """Keep a network of the run in hand for good, with its state where training is still there."""
        with self._mail.wake:
            self._mail.orders.marked.append((moments, snapshot))
            self._mail.wake.notify()

    def keep_marks(self, built: Built, marks: tuple[Mark, ...]) -> None:
        """Keep what is shown of the knobs that were turned, unless another network has been built since."""
        self._mail.order(marks=(built, marks))

    def race(self, challenge: Challenge) -> None:
        """Let a twin race with the training in hand, in place of any race there is."""
        self._mail.order(challenge=challenge)

    def decide(self, which: str) -> None:
        """End the race: "one", the training in hand, goes on, or "other", its twin."""
        self._mail.order(decision=which)

    def request_of_both(self, requests: frozenset[Request]) -> None:
        """Answer these probes for both in a race from now on."""
        if requests != self._mail.orders.twin_requests:
            self._mail.order(twin_requests=requests, probe=True)

    def cancel(self) -> None:
        """Give up loading; the experiment in training stays."""
        with self._mail.wake:
            self._mail.orders.cancel = True
            self._mail.wake.notify()

    def quit_and_wait(self) -> None:
        """End the thread; returns when it has ended."""
        self._mail.order(quit=True, cancel=True, running=False)
        self.wait()

    def drain(self) -> Delivery:
        """Take what happened since the last call."""
        return self._mail.drain()

    @property
    def busy(self) -> bool:
        """Whether there is work that was ordered and not yet done, or delivered."""
        with self._mail.wake:
            return self._worker.busy or self._worker.has_work() or self._mail.undelivered

    # the thread's side

    def run(self) -> None:
        """Carry out orders until told to quit."""
        self._worker.run()
