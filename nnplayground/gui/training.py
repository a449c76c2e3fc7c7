"""The training thread: a mailbox of what is wanted, an outbox of what happened, and the loop between them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread

from nnplayground.data import Cancelled, load
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.probes import Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.keeping import Keeping
from nnplayground.gui.messages import Built, Delivery, Fork, Orders, ParameterEdit, Refusal
from nnplayground.gui.reel import Reel, begun, go_on, moment_of, moments_in
from nnplayground.runs.history import History, Mark
from nnplayground.runs.moments import Moment, Moments
from nnplayground.runs.trajectory import next_stop

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.store import Row

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.02
PROBE_SECONDS = 0.05
PENDING_CHUNKS = 750  # about 15 s of a window that takes nothing: then training waits for it


class TrainingThread(QThread):
    """Trains the latest experiment that it was given, as fast as it can, between `run` and `pause`.

    Every public method but `run` is the window's side: it returns at once.
    """

    def __init__(self, parent: QObject | None = None, store: Path | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.keeping = Keeping(store)
        self._wake = threading.Condition()
        self._orders = Orders()
        self._outbox = Delivery(progress=(-1.0, self.tr("starting PyTorch")))
        self._busy = True
        self._trainer: Trainer | None = None
        self._prober: Prober | None = None
        self._built: Built | None = None
        self._reel = Reel(Moments())
        self._probed = 0.0
        self._shown_step = -1
        self._drawn_anew = False  # whether other points have come to be trained on

    # the window's side

    def train(self, experiment: Experiment) -> None:
        """Train this experiment from now on, in place of any other that waits."""
        self._order(experiment=experiment)

    def use_device(self, device: str) -> None:
        """Build the network anew on another device."""
        self._order(device=device)

    def set_running(self, running: bool) -> None:
        """Train on, or pause after the chunk in hand."""
        self._order(running=running, steps=0, epochs=0)

    def take_steps(self, steps: int) -> None:
        """Take so many more steps, then pause."""
        with self._wake:
            self._orders.running, self._orders.steps = False, self._orders.steps + steps
            self._wake.notify()

    def take_epochs(self, epochs: int) -> None:
        """Train until so many more epochs are finished, then pause."""
        with self._wake:
            self._orders.running, self._orders.epochs = False, self._orders.epochs + epochs
            self._wake.notify()

    def reset(self) -> None:
        """Go back to the initial weights."""
        self._order(reset=True, steps=0, epochs=0)

    def restore_best(self) -> None:
        """Pause, and go back to the weights of the best epoch."""
        self._order(restore=True, running=False, steps=0, epochs=0)

    def request(self, requests: frozenset[Request]) -> None:
        """Answer these probes from now on."""
        if requests != self._orders.requests:
            self._order(requests=requests, probe=True)

    def set_parameter(self, edit: ParameterEdit) -> None:
        """Set one parameter between two chunks."""
        with self._wake:
            self._orders.edits.append(edit)
            self._wake.notify()

    def resume(self, row: Row) -> None:
        """Go on with a run of the store where it was left, paused."""
        self._order(resume=row, experiment=None, running=False, steps=0, epochs=0)

    def fork(self, fork: Fork) -> None:
        """Go on from a moment of a run as another run, paused."""
        self._order(fork=fork, resume=None, experiment=None, running=False, steps=0, epochs=0)

    def mark_moment(self, moments: Moments, snapshot: Snapshot) -> None:
        """Keep a network of the run in hand for good, with its state where training is still there."""
        with self._wake:
            self._orders.marked.append((moments, snapshot))
            self._wake.notify()

    def keep_marks(self, built: Built, marks: tuple[Mark, ...]) -> None:
        """Keep what is shown of the knobs that were turned, unless another network has been built since."""
        self._order(marks=(built, marks))

    def cancel(self) -> None:
        """Give up loading; the experiment in training stays."""
        with self._wake:
            self._orders.cancel = True
            self._wake.notify()

    def quit_and_wait(self) -> None:
        """End the thread; returns when it has ended."""
        self._order(quit=True, cancel=True, running=False)
        self.wait()

    def drain(self) -> Delivery:
        """Take what happened since the last call."""
        with self._wake:
            delivery, self._outbox = self._outbox, Delivery(progress=self._outbox.progress)
            self._wake.notify()
            return delivery

    @property
    def busy(self) -> bool:
        """Whether there is work that was ordered and not yet done, or delivered."""
        with self._wake:
            return self._busy or self._has_work() or self._outbox.snapshot is not None or bool(self._outbox.chunks)

    def _order(self, **orders: object) -> None:
        with self._wake:
            for name, value in orders.items():
                setattr(self._orders, name, value)
            self._wake.notify()

    # the thread's side

    def run(self) -> None:
        """Carry out orders until told to quit. Whatever goes wrong is said to the window, never swallowed."""
        while not self._orders.quit:
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
        self._report(None, "")
        while not self._orders.quit:
            self._carry_out()

    def _fail(self, error: Exception) -> None:
        """Give up the network in hand, whose run is kept as it was last, and wait until another one is asked for."""
        self._trainer = None
        self.keeping.leave(None)
        with self._wake:
            self._outbox.failure, self._outbox.progress = error, None
            self._orders = Orders(requests=self._orders.requests, quit=self._orders.quit)
            self._busy = False
            while not self._has_work():
                self._wake.wait()

    def _has_work(self) -> bool:
        orders = self._orders
        going = (orders.running or orders.steps > 0 or orders.epochs > 0) and self._can_train()
        asked = (orders.experiment, orders.device, orders.resume, orders.fork)
        trained = self._trainer is not None
        return (
            orders.quit
            or any(a is not None for a in asked)
            or (trained and (going or orders.reset or orders.restore or bool(orders.edits) or orders.probe))
            or (trained and (orders.marks is not None or bool(orders.marked)))
        )

    def _can_train(self) -> bool:
        return self._trainer is not None and len(self._outbox.chunks) < PENDING_CHUNKS

    def _carry_out(self) -> None:
        with self._wake:
            while not self._has_work():
                self._busy = False
                self._wake.wait()
            self._busy = True
            orders = self._orders
            experiment, device, reset, edits = orders.experiment, orders.device, orders.reset, orders.edits
            orders.experiment, orders.device, orders.reset, orders.edits = None, None, False, []
            restore, orders.restore = orders.restore, False
            resume, orders.resume = orders.resume, None
            marks, orders.marks = orders.marks, None
            fork, orders.fork = orders.fork, None
            marked, orders.marked = orders.marked, []
            orders.cancel = False
            quitting = orders.quit
        if quitting:
            return
        if device is not None:
            experiment = experiment or (self._trainer.experiment if self._trainer else None)
        if marks is not None and marks[0] is self._built:
            self.keeping.mark(marks[1])
        for moments, snapshot in marked:
            self._mark_moment(moments, snapshot)
        if resume is not None:
            self._take_up_run(resume)
        elif fork is not None:
            self._take_up_fork(fork)
        elif experiment is not None:
            self._take_up(experiment, device)
        trainer = self._trainer
        if trainer is None:
            return
        if reset:
            self.keeping.leave(trainer)
            trainer.reset()
            self._announce(trainer)
        for edit in edits:
            try:
                trainer.set_parameter(edit.layer, edit.role, edit.index, edit.value)
            except ExperimentError as error:  # meant for a network that has been rebuilt since
                self._refuse(trainer.experiment, str(error))
        if edits:
            self.keeping.changed()
        chunk = self._advance(trainer)
        if restore:
            best = trainer.restore_best()
            self.keeping.changed()
            with self._wake:
                self._outbox.restored = best
        ended = chunk is not None and chunk.stopped_by is not None
        anew, self._drawn_anew = self._drawn_anew, False
        self._probe(trainer, forced=bool(edits) or reset or restore or ended or anew)

    def _take_up(self, experiment: Experiment, device: str | None) -> None:
        """Go on as `experiment`: in place, or with a new network; refused where no training can be made of it."""
        trainer = self._trainer
        try:
            if trainer is not None and device is None and trainer.experiment.is_live(experiment):
                before, same = trainer.dataset, experiment == trainer.experiment
                trainer.retune(experiment)
                if not same:
                    self.keeping.retuned()
                with self._wake:
                    self._outbox.retuned = experiment
                    self._drawn_anew = trainer.dataset is not before
                return
            self._build(experiment, device)
        except Cancelled:
            self._refuse(experiment, self.tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(experiment, str(error))
        except MemoryError:
            self._refuse(experiment, self.tr("There is not enough memory for this network or data set."))
        finally:
            self._report(None, "")

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
                history, layout = store.history(row), trainer.built.layout
                first, before = store.snapshot(row, layout, 0), moments_in(store, row, layout)
            self._trainer = trainer
            self._announce(trainer, first, history, before)
        except Cancelled:
            self._refuse(refused, self.tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(refused, self.tr("The run cannot be resumed: {0}").format(error))
        except MemoryError:
            self._refuse(refused, self.tr("There is not enough memory for this network or data set."))
        finally:
            self._report(None, "")

    def _take_up_fork(self, fork: Fork) -> None:
        """Go on from a moment of a run; refused, and all else stays, where that cannot be done."""
        refused = self._trainer.experiment if self._trainer is not None else Experiment()
        try:
            trainer = self._made(fork.moment.experiment, None)
            go_on(trainer, fork.moment)
            number = self.keeping.fork(fork.uid, trainer, self._trainer) or fork.number
            self._trainer = trainer
            self._announce(trainer, fork.first, fork.history, fork.before, replace(fork, number=number))
        except Cancelled:
            self._refuse(refused, self.tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(refused, self.tr("Training cannot go on from there: {0}").format(error))
        except MemoryError:
            self._refuse(refused, self.tr("There is not enough memory for this network or data set."))
        finally:
            self._report(None, "")

    def _mark_moment(self, moments: Moments, snapshot: Snapshot) -> None:
        trainer = self._trainer
        if trainer is None or self._built is None or moments is not self._built.moments:
            return
        moment = moment_of(trainer, snapshot)
        if moments.mark(moment):
            self.keeping.mark_moment(moments.at(snapshot.step) or moment)
        else:
            self._refuse(trainer.experiment, self.tr("No more moments can be marked: there is no room for them."))

    def _build(self, experiment: Experiment, device: str | None) -> None:
        trainer = self._made(experiment, device)
        self.keeping.leave(self._trainer)
        self._trainer = trainer
        self._announce(trainer)

    def _made(self, experiment: Experiment, device: str | None) -> Trainer:
        """Return a new network, on the device of the one before unless another is named."""
        import torch

        from nnplayground.engine.devices import threads_for
        from nnplayground.engine.trainer import Trainer

        old = self._trainer
        dataset = old.dataset_for(experiment) if old is not None else None
        if dataset is None:
            dataset = load(experiment.data, experiment.seeds.data, self._report, self._cancelled)
        where = device or (old.device.type if old is not None else "cpu")
        trainer = Trainer(experiment, device=where, dataset=dataset)
        torch.set_num_threads(threads_for(trainer.work))
        return trainer

    def _announce(
        self,
        trainer: Trainer,
        first: Snapshot | None = None,
        history: History | None = None,
        before: Sequence[Moment] = (),
        fork: Fork | None = None,
    ) -> None:
        """Tell the window of a network; what was not yet taken of the one before is dropped.

        It is at its very beginning, or goes on: then `first` is how it was there, `history` what happened since, and
        `before` the moments that can be returned to; `fork` says whence it came where it is another run's.
        """
        from nnplayground.engine.devices import available
        from nnplayground.engine.probing import Prober

        first = first or trainer.snapshot()
        self._prober = Prober(trainer.setup, first)
        built = Built(
            trainer.experiment,
            trainer.dataset,
            trainer.layers,
            trainer.metrics,
            trainer.steps_per_epoch,
            trainer.parameters,
            trainer.executor,
            trainer.executor_note,
            trainer.device.type,
            available(),
            first,
            trainer.taken,
            history,
            begun(trainer, first, before),
            fork,
        )
        self._built, self._reel = built, Reel(built.moments)
        with self._wake:
            self._outbox = Delivery(built=built, refusal=self._outbox.refusal)
            self._orders.probe = True

    def _advance(self, trainer: Trainer) -> Chunk | None:
        with self._wake:
            orders = self._orders
            running, steps, epochs = orders.running, orders.steps, orders.epochs
            ready = self._can_train() and orders.experiment is None and not orders.reset
        if not ready or not (running or steps or epochs):
            return None
        self.keeping.before_steps(trainer)
        stop = next_stop(trainer.step, trainer.parameters)
        most = None if stop is None else stop - trainer.step
        if running:
            chunk = trainer.advance(steps=most, seconds=CHUNK_SECONDS)
        elif steps:
            chunk = trainer.advance(steps=min(steps, most or steps), seconds=CHUNK_SECONDS)
        else:
            chunk = trainer.advance(epochs=epochs, steps=most, seconds=CHUNK_SECONDS)
        self.keeping.after(chunk)
        ended = chunk.stopped_by in ("epochs", "patience") and trainer.experiment.stopping.restore
        passed = trainer.snapshot() if trainer.step == stop else None
        self._reel.after(trainer, chunk, passed)
        best = trainer.restore_best() if ended else None
        if best:
            self.keeping.changed()
        with self._wake:
            if not running:
                orders.steps = max(orders.steps - chunk.steps, 0) if steps else orders.steps
                orders.epochs = max(orders.epochs - len(chunk.epoch), 0) if not steps else orders.epochs
                orders.probe = orders.probe or not (orders.steps or orders.epochs)
            if chunk.stopped_by is not None:
                orders.running, orders.steps, orders.epochs = False, 0, 0
            self._outbox.chunks.append(chunk)
            self._outbox.path += [passed] if passed is not None else []
            self._outbox.restored = best
        return chunk

    def _probe(self, trainer: Trainer, *, forced: bool) -> None:
        """Answer what was asked, at most every PROBE_SECONDS, and only once the last answer was taken."""
        with self._wake:
            orders = self._orders
            idle = not (orders.running or orders.steps or orders.epochs)
            due = time.monotonic() - self._probed >= PROBE_SECONDS and self._outbox.snapshot is None
            stale = trainer.step != self._shown_step
            if not (forced or (due and stale) or (idle and (orders.probe or stale))):
                return
            orders.probe = False
            requests = orders.requests
        begin = time.perf_counter()
        snapshot = trainer.snapshot()
        self._reel.look_for_best(trainer)
        assert self._prober is not None
        self._prober = self._prober.retuned(trainer.setup)
        answers = {request: self._prober.answer(request, snapshot) for request in requests}
        seconds = time.perf_counter() - begin
        with self._wake:
            self._outbox.snapshot, self._outbox.probe_seconds = snapshot, seconds
            self._outbox.dataset = trainer.dataset
            self._outbox.readings = {request: a for request, a in answers.items() if a is not None}
        self._probed, self._shown_step = time.monotonic(), trainer.step

    def _refuse(self, experiment: Experiment, message: str) -> None:
        good = self._trainer.experiment if self._trainer is not None else None
        with self._wake:
            self._outbox.refusal = Refusal(experiment, good, message)

    def _report(self, share: float | None, what: str) -> None:
        with self._wake:
            self._outbox.progress = None if share is None else (share, what)

    def _cancelled(self) -> bool:
        with self._wake:
            return self._orders.cancel or self._orders.quit or self._orders.experiment is not None
