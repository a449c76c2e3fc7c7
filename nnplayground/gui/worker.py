"""What the training thread does: carries out what its mailbox says, and trains in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from nnplayground.data import Cancelled
from nnplayground.engine.chunk import Chunk
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.in_hand import InHand
from nnplayground.gui.keeping import Keeping
from nnplayground.gui.mailbox import Mailbox
from nnplayground.gui.messages import Built, Challenge, Delivery, Fork, Lap, Orders, ParameterEdit
from nnplayground.gui.race.referee import Referee
from nnplayground.gui.reel import go_on, moments_in
from nnplayground.runs.trajectory import next_stop

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.gui.race.contest import Contest
    from nnplayground.runs.store import Row

log = logging.getLogger(__name__)

CHUNK_SECONDS = 0.02
PROBE_SECONDS = 0.05
# orders that are carried out once
ONCE = (
    *("experiment", "device", "reset", "edits", "restore", "resume"),
    *("fork", "marked", "marks", "challenge", "decision", "cancel"),
)


class Worker:
    """Holds the training in hand, and its twin while there is a race. All but the mailbox is its thread's."""

    def __init__(self, mail: Mailbox, keeping: Keeping) -> None:
        self.mail, self.keeping = mail, keeping
        self.hand = InHand(keeping)
        self.busy = True
        self._referee = Referee(mail)
        self._probed = 0.0
        self._shown_steps = (-1, -1)  # of the training in hand, and of its twin
        self._drawn_anew = False  # whether other points have come to be trained on

    @property
    def _trainer(self) -> Trainer | None:
        return self.hand.trainer

    @property
    def _contest(self) -> Contest | None:
        return self._referee.contest

    def run(self) -> None:
        """Carry out orders until told to quit. Whatever goes wrong is said to the window, never swallowed."""
        while not self.mail.orders.quit:
            try:
                self._work()
            except Exception as error:
                log.exception("training thread")
                self._fail(error)
        self._referee.end()
        self.keeping.close(self._trainer)

    def _work(self) -> None:
        import torch

        from nnplayground.engine.trainer import Trainer  # noqa: F401  (torch's half of the engine)

        torch.set_num_threads(1)
        self.mail.report(None, "")
        while not self.mail.orders.quit:
            self._carry_out()

    def _fail(self, error: Exception) -> None:
        """Give up the network in hand, whose run is kept as it was last, and wait until another one is asked for."""
        self._referee.give_up()
        self.hand.trainer = None
        self.keeping.leave(None)
        mail = self.mail
        with mail.wake:
            mail.outbox.failure, mail.outbox.progress = error, None
            kept = {name: getattr(mail.orders, name) for name in ("requests", "twin_requests", "quit")}
            mail.orders = Orders(**kept)
            self.busy = False
            while not self.has_work():
                mail.wake.wait()

    def has_work(self) -> bool:
        """Whether there is anything that was ordered and can be done; to be asked with the mailbox held."""
        orders = self.mail.orders
        going = (orders.running or orders.steps > 0 or orders.epochs > 0) and self._can_train()
        asked = (orders.experiment, orders.device, orders.resume, orders.fork)
        of_network = (orders.marks, orders.challenge, orders.decision)
        trained = self._trainer is not None
        return (
            orders.quit
            or any(a is not None for a in asked)
            or (trained and (going or orders.reset or orders.restore or bool(orders.edits) or orders.probe))
            or (trained and bool(orders.marked))
            or (trained and any(a is not None for a in of_network))
        )

    def _can_train(self) -> bool:
        return self._trainer is not None and self.mail.roomy

    def _taken_orders(self) -> Orders:
        """Wait for work, and return what is to be done once, which is no longer among the orders."""
        mail = self.mail
        with mail.wake:
            while not self.has_work():
                self.busy = False
                mail.wake.wait()
            self.busy = True
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
        if taken.marks is not None and self.hand.is_of(taken.marks[0]):
            self.keeping.mark(taken.marks[1])
        for moments, snapshot in taken.marked:
            if not self.hand.mark(moments, snapshot):
                words = _tr("No more moments can be marked: there is no room for them.")
                self._refuse(self.hand.trainer.experiment if self.hand.trainer else Experiment(), words)
        if taken.decision is not None:
            self.hand = self._referee.end(keep_twin=taken.decision == "other") or self.hand
        if taken.resume is not None:
            self._take_up_run(taken.resume)
        elif taken.fork is not None:
            self._take_up_fork(taken.fork)
        elif experiment is not None:
            self._take_up(experiment, taken.device)
        trainer = self._trainer
        if trainer is None:
            return
        if taken.challenge is not None:
            self._race(taken.challenge)
        if taken.reset:
            self._reset()
        self._set_parameters(trainer, taken.edits)
        ended = self._advance(trainer)
        if taken.restore:
            self._restore_best()
        anew, self._drawn_anew = self._drawn_anew, False
        self._probe(trainer, forced=bool(taken.edits) or taken.reset or taken.restore or ended or anew)

    def _reset(self) -> None:
        self._tell(self.hand.begin_again())
        self._referee.reset()

    def _restore_best(self) -> None:
        best = self.hand.restore_best()
        self._referee.restore_best()
        with self.mail.wake:
            self.mail.outbox.restored = best

    def _set_parameters(self, trainer: Trainer, edits: Sequence[ParameterEdit]) -> None:
        for edit in edits:
            try:
                trainer.set_parameter(edit.layer, edit.role, edit.index, edit.value)
            except ExperimentError as error:  # meant for a network that has been rebuilt since
                self._refuse(trainer.experiment, str(error))
        if edits:
            self.keeping.changed()

    @contextmanager
    def _refusing(self, experiment: Experiment, words: str = "{0}") -> Iterator[None]:
        """Refuse an experiment where what is done with it cannot be done."""
        try:
            yield
        except Cancelled:
            self._refuse(experiment, _tr("Loading was cancelled."))
        except ExperimentError as error:
            self._refuse(experiment, words.format(error))
        except MemoryError:
            self._refuse(experiment, _tr("There is not enough memory for this network or data set."))
        finally:
            self.mail.report(None, "")

    def _take_up(self, experiment: Experiment, device: str | None) -> None:
        """Go on as `experiment`: in place, or with a new network; refused where no training can be made of it."""
        trainer, referee = self._trainer, self._referee
        with self._refusing(experiment):
            live = trainer is not None and device is None and trainer.experiment.is_live(experiment)
            other = referee.twin_of(experiment)
            if other is not None and referee.contest is not None:
                live = live and referee.contest.trainer.experiment.is_live(other)
            self._retune(experiment) if live else self._build(experiment, device)
            if other is not None:
                referee.retune(other) if live else referee.begin_anew(lambda: self._made(other, None))

    def _retune(self, experiment: Experiment) -> None:
        self._drawn_anew = self.hand.retune(experiment)
        with self.mail.wake:
            self.mail.outbox.retuned = experiment

    def _take_up_run(self, row: Row) -> None:
        """Go on with a run where it was left; refused, and all else stays, where that cannot be done."""
        from nnplayground.runs.store import Store

        path, refused = self.keeping.path, self._trainer.experiment if self._trainer is not None else Experiment()
        assert path is not None
        self.keeping.finish(row.uid)
        with self._refusing(refused, _tr("The run cannot be resumed: {0}")), Store(path) as store:
            experiment, state = store.state(row)
            trainer = self._made(experiment, None)
            if state is not None:
                trainer.load_state_dict(state)
            self.keeping.resume(row, trainer, self._trainer)
            row = store.row(row.uid)
            history, layout = store.history(row), trainer.built.layout
            first, before = store.snapshot(row, layout, 0), moments_in(store, row, layout)
            self._referee.end()
            self._tell(self.hand.take(trainer, first, history, before))

    def _take_up_fork(self, fork: Fork) -> None:
        """Go on from a moment of a run; refused, and all else stays, where that cannot be done."""
        refused = self._trainer.experiment if self._trainer is not None else Experiment()
        with self._refusing(refused, _tr("Training cannot go on from there: {0}")):
            trainer = self._made(fork.moment.experiment, None)
            go_on(trainer, fork.moment)
            self._referee.end()
            number = self.keeping.fork(fork.uid, trainer, self._trainer) or fork.number
            forked = replace(fork, number=number)
            self._tell(self.hand.take(trainer, fork.first, fork.history, fork.before, forked))

    def _build(self, experiment: Experiment, device: str | None) -> None:
        trainer = self._made(experiment, device)
        self.keeping.leave(self._trainer)
        self._tell(self.hand.take(trainer))

    def _made(self, experiment: Experiment, device: str | None) -> Trainer:
        return self.hand.made(experiment, device, self.mail.report, self.mail.cancelled)

    def _tell(self, built: Built) -> None:
        """Tell the window of a network in hand; what was not yet taken of the one before is dropped."""
        mail = self.mail
        with mail.wake:
            mail.outbox = Delivery(built=built, refusal=mail.outbox.refusal, lap=Lap(over=mail.outbox.lap.over))
            mail.orders.probe = True

    def _race(self, challenge: Challenge) -> None:
        """Let a twin race with the training in hand; refused, and all else stays, where none can be made of it."""
        hand, trainer = self.hand, self.hand.trainer
        assert trainer is not None
        with self._refusing(trainer.experiment, _tr("No race: {0}")):
            experiment = challenge.twin_of(trainer.experiment)
            here = not challenge.from_start and trainer.experiment.is_live(experiment)
            twin = hand.forked(experiment) if here else self._made(experiment, None)
            self._referee.begin(challenge, hand, twin, here=here, tell=self._tell)
        if self._contest is None:
            self.keeping.end_twin()

    def _advance(self, trainer: Trainer) -> bool:
        """Train for a piece, if that is wanted; return whether a training has ended by itself."""
        mail, contest = self.mail, self._contest
        with mail.wake:
            orders = mail.orders
            running, steps, epochs = orders.running, orders.steps, orders.epochs
            ready = self._can_train() and orders.experiment is None and not orders.reset
        if not ready or not (running or steps or epochs):
            return False
        stop = next_stop(trainer.step, trainer.parameters) if trainer.stopped_by is None else None
        most = None if stop is None else stop - trainer.step
        if steps and not running:
            most = min(steps, most or steps)
        whole = epochs if epochs and not (running or steps) else None
        lanes = self.hand if contest is None else contest.race
        found = lanes.advance(steps=most, epochs=whole, seconds=CHUNK_SECONDS)
        chunk, beside = (found, None) if isinstance(found, Chunk) else found
        chunks = [each for each in (chunk, beside) if each is not None]
        ended = any(each.stopped_by is not None for each in chunks)
        with mail.wake:
            if not running:
                orders.steps = max(orders.steps - chunks[0].steps, 0) if steps else orders.steps
                orders.epochs = max(orders.epochs - len(chunks[0].epoch), 0) if not steps else orders.epochs
                orders.probe = orders.probe or not (orders.steps or orders.epochs)
            if ended and (contest is None or contest.race.stopped):
                orders.running, orders.steps, orders.epochs = False, 0, 0
                mail.outbox.ended = True
            self._deliver(chunk, beside)
        return ended

    def _deliver(self, chunk: Chunk | None, beside: Chunk | None) -> None:
        outbox, passed = self.mail.outbox, self.hand.passed
        if chunk is not None:
            outbox.chunks.append(chunk)
            outbox.path += [passed] if passed is not None else []
            outbox.restored = self.hand.restored
        if beside is not None:
            outbox.lap.chunks.append(beside)

    def _probe(self, trainer: Trainer, *, forced: bool) -> None:
        """Answer what was asked, at most every PROBE_SECONDS, and only once the last answer was taken."""
        mail, contest = self.mail, self._contest
        twin = contest.trainer if contest is not None else None
        steps = trainer.step, twin.step if twin is not None else -1
        with mail.wake:
            orders = mail.orders
            idle = not (orders.running or orders.steps or orders.epochs)
            due = time.monotonic() - self._probed >= PROBE_SECONDS and mail.outbox.snapshot is None
            stale = steps != self._shown_steps
            if not (forced or (due and stale) or (idle and (orders.probe or stale))):
                return
            orders.probe = False
            of_both = orders.twin_requests if contest is not None else frozenset()
            requests = orders.requests | of_both
        begin = time.perf_counter()
        snapshot, readings = self.hand.answers(requests, still=idle)
        beside = contest.twin.answers(of_both, still=idle) if contest is not None and of_both else None
        seconds = time.perf_counter() - begin
        with mail.wake:
            mail.outbox.snapshot, mail.outbox.probe_seconds = snapshot, seconds
            mail.outbox.dataset = trainer.dataset
            mail.outbox.readings = readings
            if beside is not None and twin is not None:
                lap = mail.outbox.lap
                (lap.snapshot, lap.readings), lap.dataset = beside, twin.dataset
        self._probed, self._shown_steps = time.monotonic(), steps

    def _refuse(self, experiment: Experiment, message: str) -> None:
        good = self._trainer.experiment if self._trainer is not None else None
        self.mail.refuse(experiment, good, message)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainingThread", text)
