"""The training thread's mailbox: orders from the window, what happened since it last looked, and the lock of both."""

from __future__ import annotations

import threading

from nnplayground.experiment import Experiment
from nnplayground.gui.messages import Delivery, Orders, Refusal

PENDING_CHUNKS = 750  # about 15 s of a window that takes nothing: then training waits for it


class Mailbox:
    """Holds `orders` and the `outbox`; whoever reads or writes either holds `wake`, which wakes the thread."""

    def __init__(self, waiting_for: str) -> None:
        """Make one without orders, in which the window reads what is waited for at first."""
        self.wake = threading.Condition()
        self.orders = Orders()
        self.outbox = Delivery(progress=(-1.0, waiting_for))

    # the window's side

    def order(self, **orders: object) -> None:
        """Want something: it takes the place of what was wanted of the same name."""
        with self.wake:
            for name, value in orders.items():
                setattr(self.orders, name, value)
            self.wake.notify()

    def drain(self) -> Delivery:
        """Take what happened since the last call."""
        with self.wake:
            delivery, self.outbox = self.outbox, Delivery(progress=self.outbox.progress)
            self.wake.notify()
            return delivery

    @property
    def undelivered(self) -> bool:
        """Whether there are steps or readings that the window has not taken."""
        outbox = self.outbox
        return outbox.snapshot is not None or bool(outbox.chunks or outbox.lap.chunks)

    # the thread's side

    @property
    def roomy(self) -> bool:
        """Whether the window takes what happens: else training waits for it."""
        return max(len(self.outbox.chunks), len(self.outbox.lap.chunks)) < PENDING_CHUNKS

    def refuse(self, experiment: Experiment, good: Experiment | None, message: str) -> None:
        """Say that no training could be made of an experiment; `good` is the one still in training, if any."""
        with self.wake:
            self.outbox.refusal = Refusal(experiment, good, message)

    def report(self, share: float | None, what: str) -> None:
        """Say how far loading has got; None where nothing loads."""
        with self.wake:
            self.outbox.progress = None if share is None else (share, what)

    def cancelled(self) -> bool:
        """Whether what is being loaded is not wanted any more."""
        with self.wake:
            return self.orders.cancel or self.orders.quit or self.orders.experiment is not None
