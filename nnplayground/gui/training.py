"""The training thread: carries out what its mailbox says, and trains in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from nnplayground.data import Cancelled
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.probes import Request
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.in_hand import InHand
from nnplayground.gui.keeping import Keeping
from nnplayground.gui.mailbox import Mailbox
from nnplayground.gui.messages import Built, Delivery, Orders, ParameterEdit
from nnplayground.runs.history import Mark
from nnplayground.runs.trajectory import next_stop

if TYPE_CHECKING:
    from nnplayground.engine.snapshot import Snapshot
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.history import History
    from nnplayground.runs.store import Row

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.02
PROBE_SECONDS = 0.05
# orders that are carried out once
ONCE = ("experiment", "device", "reset", "edits", "restore", "resume", "marks", "cancel")


class TrainingThread(QThread):
    """Trains the latest experiment that it was given, as fast as it can, between `run` and `pause`.

    Every public method but `run` is the window's side: it returns at once.
    """

    def __init__(self, parent: QObject | None = None, store: Path | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.keeping = Keeping(store)
        self._hand = InHand(self.keeping)
        self._mail = Mailbox(self.tr("starting PyTorch"))
        self._busy = True
        self._probed = 0.0
        self._shown_step = -1
        self._drawn_anew = False  # whether other points have come to be trained on

    @property
    def _trainer(self) -> Trainer | None:
        return self._hand.trainer

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

    def keep_marks(self, built: Built, marks: tuple[Mark, ...]) -> None:
        """Keep what is shown of the knobs that were turned, unless another network has been built since."""
        self._mail.order(marks=(built, marks))

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
        mail = self._mail
        with mail.wake:
            return self._busy or self._has_work() or mail.outbox.snapshot is not None or bool(mail.outbox.chunks)

    # the thread's side

    def run(self) -> None:
        """Carry out orders until told to quit. Whatever goes wrong is said to the window, never swallowed."""
        while not self._mail.orders.quit:
            try:
                self._work()
            except Exception as error:
                log.exception("training thread")
                self._fail(error)
        self.keeping.close(self._trainer)

    def _work(self) -> None:
        import torch

        from nnplayground.engine.trainer import Trainer  # noqa: F401  (torch's half of the engine)

        torch.set_num_threads(1)
        self._mail.report(None, "")
        while not self._mail.orders.quit:
            self._carry_out()

    def _fail(self, error: Exception) -> None:
        """Give up the network in hand, whose run is kept as it was last, and wait until another one is asked for."""
        self._hand.trainer = None
        self.keeping.leave(None)
        mail = self._mail
        with mail.wake:
            mail.outbox.failure, mail.outbox.progress = error, None
            mail.orders = Orders(requests=mail.orders.requests, quit=mail.orders.quit)
            self._busy = False
            while not self._has_work():
                mail.wake.wait()

    def _has_work(self) -> bool:
        orders = self._mail.orders
        going = (orders.running or orders.steps > 0 or orders.epochs > 0) and self._can_train()
        asked = (orders.experiment, orders.device, orders.resume)
        trained = self._trainer is not None
        return (
            orders.quit
            or any(a is not None for a in asked)
            or (trained and (going or orders.reset or orders.restore or bool(orders.edits) or orders.probe))
            or (trained and orders.marks is not None)
        )

    def _can_train(self) -> bool:
        return self._trainer is not None and self._mail.roomy

    def _taken_orders(self) -> Orders:
        """Wait for work, and return what is to be done once, which is no longer among the orders."""
        mail = self._mail
        with mail.wake:
            while not self._has_work():
                self._busy = False
                mail.wake.wait()
            self._busy = True
            taken, none = replace(mail.orders), Orders()
            for name in ONCE:
                setattr(mail.orders, name, getattr(none, name))
            return taken

    def _carry_out(self) -> None:
        taken = self._taken_orders()
        if taken.quit:
            return
        experiment = taken.experiment
        if taken.device is not None:
            experiment = experiment or (self._trainer.experiment if self._trainer else None)
        if taken.marks is not None and taken.marks[0] is self._hand.built:
            self.keeping.mark(taken.marks[1])
        if taken.resume is not None:
            self._take_up_run(taken.resume)
        elif experiment is not None:
            self._take_up(experiment, taken.device)
        trainer = self._trainer
        if trainer is None:
            return
        if taken.reset:
            self.keeping.leave(trainer)
            trainer.reset()
            self._announce(trainer)
        self._set_parameters(trainer, taken.edits)
        chunk = self._advance(trainer)
        if taken.restore:
            best = self._hand.restore_best()
            with self._mail.wake:
                self._mail.outbox.restored = best
        ended = chunk is not None and chunk.stopped_by is not None
        anew, self._drawn_anew = self._drawn_anew, False
        self._probe(trainer, forced=bool(taken.edits) or taken.reset or taken.restore or ended or anew)

    def _set_parameters(self, trainer: Trainer, edits: Sequence[ParameterEdit]) -> None:
        for edit in edits:
            try:
                trainer.set_parameter(edit.layer, edit.role, edit.index, edit.value)
            except ExperimentError as error:  # meant for a network that has been rebuilt since
                self._refuse(trainer.experiment, str(error))
        if edits:
            self.keeping.changed()

    def _take_up(self, experiment: Experiment, device: str | None) -> None:
        """Go on as `experiment`: in place, or with a new network; refused where no training can be made of it."""
        trainer = self._trainer
        try:
            if trainer is not None and device is None and trainer.experiment.is_live(experiment):
                anew = self._hand.retune(experiment)
                with self._mail.wake:
                    self._mail.outbox.retuned = experiment
                self._drawn_anew = anew
                return
            self._build(experiment, device)
        except Cancelled:
            self._refuse(experiment, self.tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(experiment, str(error))
        except MemoryError:
            self._refuse(experiment, self.tr("There is not enough memory for this network or data set."))
        finally:
            self._mail.report(None, "")

    def _take_up_run(self, row: Row) -> None:
        """Go on with a run where it was left; refused, and all else stays, where that cannot be done."""
        from nnplayground.runs.store import Store

        path, refused = self.keeping.path, self._trainer.experiment if self._trainer is not None else Experiment()
        assert path is not None
        try:
            with Store(path) as store:
                experiment, state = store.state(row)
                trainer = self._made(experiment, None)
                if state is not None:
                    trainer.load_state_dict(state)
                self.keeping.resume(row, trainer, self._trainer)
                row = store.row(row.uid)
                history, first = store.history(row), store.snapshot(row, trainer.built.layout, 0)
            self._announce(trainer, first, history)
        except Cancelled:
            self._refuse(refused, self.tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(refused, self.tr("The run cannot be resumed: {0}").format(error))
        except MemoryError:
            self._refuse(refused, self.tr("There is not enough memory for this network or data set."))
        finally:
            self._mail.report(None, "")

    def _build(self, experiment: Experiment, device: str | None) -> None:
        trainer = self._made(experiment, device)
        self.keeping.leave(self._trainer)
        self._announce(trainer)

    def _made(self, experiment: Experiment, device: str | None) -> Trainer:
        return self._hand.made(experiment, device, self._mail.report, self._mail.cancelled)

    def _announce(self, trainer: Trainer, first: Snapshot | None = None, history: History | None = None) -> None:
        """Take a network in hand, and tell the window; what was not yet taken of the one before is dropped."""
        built, mail = self._hand.take(trainer, first, history), self._mail
        with mail.wake:
            mail.outbox = Delivery(built=built, refusal=mail.outbox.refusal)
            mail.orders.probe = True

    def _advance(self, trainer: Trainer) -> Chunk | None:
        mail = self._mail
        with mail.wake:
            orders = mail.orders
            running, steps, epochs = orders.running, orders.steps, orders.epochs
            ready = self._can_train() and orders.experiment is None and not orders.reset
        if not ready or not (running or steps or epochs):
            return None
        stop = next_stop(trainer.step, trainer.parameters)
        most = None if stop is None else stop - trainer.step
        if steps and not running:
            most = min(steps, most or steps)
        whole = epochs if epochs and not (running or steps) else None
        chunk, best = self._hand.advance(steps=most, epochs=whole, seconds=CHUNK_SECONDS)
        passed = trainer.snapshot() if trainer.step == stop else None
        with mail.wake:
            if not running:
                orders.steps = max(orders.steps - chunk.steps, 0) if steps else orders.steps
                orders.epochs = max(orders.epochs - len(chunk.epoch), 0) if not steps else orders.epochs
                orders.probe = orders.probe or not (orders.steps or orders.epochs)
            if chunk.stopped_by is not None:
                orders.running, orders.steps, orders.epochs = False, 0, 0
            mail.outbox.chunks.append(chunk)
            mail.outbox.path += [passed] if passed is not None else []
            mail.outbox.restored = best
        return chunk

    def _probe(self, trainer: Trainer, *, forced: bool) -> None:
        """Answer what was asked, at most every PROBE_SECONDS, and only once the last answer was taken."""
        mail = self._mail
        with mail.wake:
            orders = mail.orders
            idle = not (orders.running or orders.steps or orders.epochs)
            due = time.monotonic() - self._probed >= PROBE_SECONDS and mail.outbox.snapshot is None
            stale = trainer.step != self._shown_step
            if not (forced or (due and stale) or (idle and (orders.probe or stale))):
                return
            orders.probe = False
            requests = orders.requests
        begin = time.perf_counter()
        snapshot, readings = self._hand.answers(requests)
        seconds = time.perf_counter() - begin
        with mail.wake:
            mail.outbox.snapshot, mail.outbox.probe_seconds = snapshot, seconds
            mail.outbox.dataset = trainer.dataset
            mail.outbox.readings = readings
        self._probed, self._shown_step = time.monotonic(), trainer.step

    def _refuse(self, experiment: Experiment, message: str) -> None:
        good = self._trainer.experiment if self._trainer is not None else None
        self._mail.refuse(experiment, good, message)
