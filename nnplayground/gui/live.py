"""The run in hand: drains the training thread once a frame, and keeps what views draw."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from nnplayground.engine.chunk import joined
from nnplayground.engine.probes import Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.messages import Built, Delivery, Fork, ParameterEdit
from nnplayground.gui.numbers import format_count
from nnplayground.gui.race.racing import Racing, mark_turns
from nnplayground.gui.training import TrainingThread
from nnplayground.gui.views.view import Frame
from nnplayground.runs.cutting import until
from nnplayground.runs.run import Run
from nnplayground.runs.trajectory import next_stop

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

FRAME_MS = 50
RATE_SECONDS = 0.5  # over which the rate shown is measured


class Live(QObject):
    """One training as the window sees it: a run, its frame, and whether it goes on."""

    delivered = Signal(object)  # Delivery: what the thread did since the last frame, be it nothing
    advanced = Signal()  # something new can be drawn
    rebuilt = Signal(object)  # Built: a new run has begun
    refused = Signal(object)  # Refusal
    progressed = Signal(object)  # (share, text), or None when nothing loads
    stopped = Signal(str)  # one line: why training ended by itself
    failed = Signal(object)  # Exception: the thread itself failed
    unkept = Signal(str)  # one line: why the run is not being kept; empty where it is again
    restored = Signal(int)  # the network is back at its best epoch, as asked for; 0 where there is none yet
    running_changed = Signal(bool)

    def __init__(self, experiment: Experiment, parent: QObject | None = None, store: Path | None = None) -> None:
        """Keep every run in a store, where one is named."""
        super().__init__(parent)
        self.thread_ = TrainingThread(self, store)
        self.racing = Racing(self.thread_, self)
        self.built: Built | None = None
        self.run: Run | None = None
        self.frame = Frame(experiment, None, None, None)
        self.steps_per_second = 0.0
        self._running = False
        self._closed = self._failed = False
        self._fault = ""
        self._marker: tuple[float, int] = (0.0, 0)
        self._progress: tuple[float, str] | None = None
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(FRAME_MS)
        self.timer.timeout.connect(self.take)

    # what the user does

    def start(self) -> None:
        """Start the thread and begin to look at it, unless it has been closed by now."""
        if self._closed:
            return
        self.thread_.train(self.frame.experiment)
        self.thread_.start()
        self.timer.start()

    def close(self) -> None:
        """End the thread and stop looking."""
        self._closed = True
        self.timer.stop()
        self.thread_.quit_and_wait()

    @property
    def running(self) -> bool:
        """Whether training goes on by itself."""
        return self._running

    @property
    def steps(self) -> int:
        """How many steps the run in hand has taken, as far as the window knows."""
        return len(self.run.history.steps) if self.run is not None else 0

    def set_running(self, running: bool) -> None:
        """Train on, or pause."""
        self._revive()
        self.thread_.set_running(running)
        self._set_running(running)

    def take_step(self) -> None:
        """Take one step, then pause."""
        self._revive()
        self._set_running(False)
        self.thread_.take_steps(1)

    def take_epoch(self) -> None:
        """Finish one epoch, then pause."""
        self._revive()
        self._set_running(False)
        self.thread_.take_epochs(1)

    def reset(self) -> None:
        """Go back to the initial weights, and go on if training was going on."""
        if not self._revive():
            self.thread_.reset()

    def restore_best(self) -> None:
        """Pause, and go back to the weights of the best epoch."""
        self._set_running(False)
        self.thread_.restore_best()

    def resume(self, row: Row) -> None:
        """Pause, and go on with a run of the store where it was left."""
        self._set_running(False)
        self.thread_.resume(row)

    def fork_at(self, step: int) -> Fork:
        """Return what a run needs that goes on from a moment of the run in hand. Raises ExperimentError."""
        built, run = self.built, self.run
        moment = built.moments.at(step) if built is not None else None
        if built is None or run is None or moment is None:
            raise ExperimentError("this moment is not kept any more, to make room for later ones")
        before = tuple(built.moments.until(step))
        return Fork(moment, built.first, until(run.history, step), before, self.thread_.keeping.uid)

    def hold(self) -> None:
        """Pause, and take nothing of what the thread does until `release`: history stays as it is meanwhile."""
        self.set_running(False)
        self.timer.stop()

    def release(self) -> None:
        """Take again what the thread does."""
        if not self._closed:
            self.timer.start()

    def fork(self, fork: Fork) -> None:
        """Pause, and go on from a moment as another run."""
        self._set_running(False)
        self.thread_.fork(fork)

    def mark_moment(self, snapshot: Snapshot) -> None:
        """Keep a network of the run in hand for good."""
        if self.built is not None:
            self.thread_.mark_moment(self.built.moments, snapshot)

    def keep_elsewhere(self, path: Path) -> None:
        """Keep this run and those that follow in another store."""
        self._fault = ""
        self.thread_.keeping.move(path)

    def _revive(self) -> bool:
        """Build the network anew where training itself has failed; return whether it had."""
        failed, self._failed = self._failed, False
        if failed:
            self.thread_.train(self.frame.experiment)
        return failed

    def show_experiment(self, experiment: Experiment) -> None:
        """Train another experiment from now on; what can be drawn of it at once is drawn at once."""
        self.thread_.train(experiment)
        frame = self.frame
        self.frame = replace(frame, experiment=experiment)
        self.advanced.emit()

    def set_parameter(self, edit: ParameterEdit) -> None:
        """Set one weight or bias of the network."""
        self.thread_.set_parameter(edit)

    def request(self, requests: frozenset[Request]) -> None:
        """Ask for these probes with every frame from now on."""
        self.thread_.request(requests)

    # what the thread did

    @Slot()
    def take(self) -> None:
        """Take what the thread did since the last frame."""
        delivery = self.thread_.drain()
        self.delivered.emit(delivery)
        fault = self.thread_.keeping.fault
        if bool(fault) != bool(self._fault):
            self._fault = fault
            self.unkept.emit(fault)
        if delivery.progress != self._progress:
            self._progress = delivery.progress
            self.progressed.emit(delivery.progress)
        if delivery.failure is not None:
            self._set_running(False)
            self._failed = True
            self.failed.emit(delivery.failure)
        if delivery.refusal is not None:
            self.refused.emit(delivery.refusal)
        kept = self.racing.take(delivery, self.run.history if self.run is not None else None)
        built = delivery.built or kept
        if built is not None:
            self._begin(built)
        if kept is not None and kept is built and kept.history is not None:
            self.thread_.keep_marks(kept, kept.history.marks)
        new = self._append(delivery)
        if delivery.ended:
            self._set_running(False)
        ended = bool(delivery.chunks) and delivery.chunks[-1].stopped_by is not None
        if delivery.restored is not None and not ended:
            self.restored.emit(delivery.restored)
        self.racing.tell(delivery)
        awaited = self._tell_awaited()
        if new or built is not None or awaited:
            self._measure_rate()
            self.advanced.emit()

    def _tell_awaited(self) -> bool:
        """Have the frame say what training that has been asked for waits for; return whether that is news."""
        awaited = ""
        if self._running and not self.steps:
            awaited = self._progress[1] if self._progress is not None else self.tr("training begins")
        news = awaited != self.frame.awaited
        if news:
            self.frame = replace(self.frame, awaited=awaited)
        return news

    def _begin(self, built: Built) -> None:
        self.built = built
        history = built.history or built.new_history()
        self.run = Run(built.experiment, history, built.first, built.first)
        self._marker, self._failed = (time.monotonic(), len(history.steps)), False
        self.steps_per_second = 0.0
        trajectory = self.run.trajectory
        trajectory.add(built.first)
        for moment in built.moments.until(len(history.steps))[1:]:  # of a run that goes on
            trajectory.add(moment.snapshot)
        self.frame = Frame(self.frame.experiment, built.dataset, history, built.first, {}, trajectory)
        self.rebuilt.emit(built)

    def _append(self, delivery: Delivery) -> bool:
        """Append what was delivered to the run; return whether there is anything new to draw."""
        if self.run is None:
            return False
        history, frame = self.run.history, self.frame
        if delivery.retuned is not None:
            self._mark(self.run.experiment, delivery.retuned)
            self.run.experiment = delivery.retuned
        if delivery.chunks:
            history.append(joined(delivery.chunks))
        for snapshot in delivery.path:
            self.run.trajectory.add(snapshot)
        if delivery.snapshot is not None and delivery.readings is not None:
            self.run.last = delivery.snapshot
            if next_stop(0, delivery.snapshot.layout.size) is None:
                self.run.trajectory.add(delivery.snapshot)
            dataset = delivery.dataset or frame.dataset
            self.frame = replace(frame, dataset=dataset, snapshot=delivery.snapshot, readings=delivery.readings)
        last = delivery.chunks[-1] if delivery.chunks else None
        if last is not None:
            self.run.outcome = last.stopped_by or ""
        if last is not None and last.stopped_by is not None:
            self.stopped.emit(str(last.divergence) if last.divergence else self._done(delivery.restored))
        return bool(delivery.chunks) or delivery.snapshot is not None or delivery.retuned is not None

    def _done(self, best: int | None) -> str:
        """Say why training ended, and at which epoch's weights the network is."""
        assert self.run is not None
        stopping, epochs = self.run.experiment.stopping, format_count(len(self.run.history.epochs))
        if self.run.outcome == "patience":
            text = self.tr("Stopped at epoch {0}: no improvement for {1}. Raise patience under Stopping to go on.")
        else:
            text = self.tr("Training is done: {0} epochs. Raise the limit under Stopping to go on.")
        text = text.format(epochs, format_count(stopping.patience))
        return text + (" " + self.tr("Back at the best, epoch {0}.").format(format_count(best)) if best else "")

    def _mark(self, before: Experiment, after: Experiment) -> None:
        assert self.run is not None
        mark_turns(self.run.history, before, after)
        if self.built is not None:
            self.thread_.keep_marks(self.built, self.run.history.marks)

    def _measure_rate(self) -> None:
        if self.run is None:
            return
        then, steps = self._marker
        now, taken = time.monotonic(), len(self.run.history.steps)
        if now - then >= RATE_SECONDS:
            self.steps_per_second = (taken - steps) / (now - then) if self._running else 0.0
            self._marker = (now, taken)

    def _set_running(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self.running_changed.emit(running)
            if self._tell_awaited():
                self.advanced.emit()
