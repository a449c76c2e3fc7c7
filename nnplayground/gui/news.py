"""What the strip at the bottom tells of a run: what was refused and why, what was built, how training ended."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QObject, Slot

from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Drawn
from nnplayground.gui.crash import plain
from nnplayground.gui.knobs.panel import ExperimentPanel
from nnplayground.gui.live import Live
from nnplayground.gui.messages import Built, Fork, Refusal
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.session import Session
from nnplayground.gui.strip import Strip
from nnplayground.gui.views.network import NetworkView


class News(QObject):
    """Tells in the strip, and beside the knob that it is about, what became of edits and of training."""

    def __init__(
        self, session: Session, live: Live, panel: ExperimentPanel, network: NetworkView, strip: Strip, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._live = session, live
        self._panel, self._network, self._strip = panel, network, strip
        self._cure = 0.0  # the rate that is offered where training diverged
        session.rejected.connect(self._on_rejected)
        live.rebuilt.connect(self._on_rebuilt)
        live.refused.connect(self._on_refused)
        live.progressed.connect(self._on_progressed)
        live.stopped.connect(self._on_stopped)
        live.restored.connect(self._on_restored)
        live.failed.connect(self._on_failed)
        strip.chosen.connect(self._choose_cure)
        strip.cancelled.connect(live.thread_.cancel)

    @Slot(str, str)
    def _on_rejected(self, path: str, message: str) -> None:
        self._panel.reject(path, message)
        self._network.reject(path, message)
        self._strip.warn(message)

    @Slot(object)
    def _on_rebuilt(self, built: Built) -> None:
        if built.fork is not None:
            self._strip.say(self._forked(built.fork))
            return
        if built.history is not None:
            step = format_count(len(built.history.steps))
            self._strip.say(self.tr("Resumed, and paused at step {0}: the space bar goes on.").format(step))
            return
        notes = list(built.dataset.notes)
        if 1 < len(built.dataset.class_names) < built.experiment.output.size:
            more = built.experiment.output.size - len(built.dataset.class_names)
            words = self.tr("{0} of the outputs stand for no class (–): all they can learn is to take no probability.")
            notes.append(words.format(more))
        if built.taken:
            notes.append(self.tr("Weights: {0}.").format("; ".join(built.taken)))
        if built.executor_note:
            notes.append(self.tr("Steps are run one by one, and slower: {0}.").format(built.executor_note.rstrip(".")))
        if notes and self._strip.text != " ".join(notes):
            self._strip.say(" ".join(notes))

    def _forked(self, fork: Fork) -> str:
        """Say whence a run goes on, and with what."""
        step = format_count(fork.moment.snapshot.step)
        if fork.number:
            said = self.tr("A new run, from step {0} of run {1}, paused: the space bar goes on.")
        else:
            said = self.tr("A new run, from step {0} of the one before, paused: the space bar goes on.")
        fresh = self.tr("Its optimizer begins afresh: only the network was kept there.")
        kept = fork.moment.state is not None or fork.moment.snapshot.step == 0
        return said.format(step, fork.number) + ("" if kept else " " + fresh)

    @Slot(object)
    def _on_refused(self, refusal: Refusal) -> None:
        if refusal.good is not None and _is_being_drawn(refusal.good, refusal.experiment):
            until = self.tr("Until then, training goes on with the points before.")
            self._strip.warn(f"{refusal.message}. {until}")
            return
        if refusal.good is not None:
            self._session.revert(refusal.experiment, refusal.good)
            self._say_at_knob(refusal.good.diff(refusal.experiment), refusal.message)
        self._strip.warn(refusal.message)

    def _say_at_knob(self, changed: Collection[str], message: str) -> None:
        """Say why an experiment was refused at the one knob that it changed, where it is one in the panel."""
        for path in changed:
            if len(changed) == 1 and self._panel.row(path) is not None:
                self._panel.reject(path, message)

    @Slot(object)
    def _on_progressed(self, progress: tuple[float, str] | None) -> None:
        self._strip.show_loading(progress, cancellable=self._live.built is not None)

    @Slot(str)
    def _on_stopped(self, why: str) -> None:
        run = self._live.run
        if run is None or run.outcome != "diverged":
            self._strip.say(why)
            return
        rate = self._session.experiment.optimizer.lr
        self._cure = rate / 10
        choices = {}
        if rate:
            choices["smaller_rate"] = self.tr("Rate {0} instead").format(format_number(self._cure, 2, trim=True))
        if self._session.can_undo:
            choices["undo_and_reset"] = self.tr("Undo the last edit")
        self._strip.warn(self.tr("Training {0}. The last finite state is shown.").format(why), choices)

    @Slot(str)
    def _choose_cure(self, name: str) -> None:
        if name == "smaller_rate":
            self._session.edit("optimizer.lr", self._cure)
        elif name == "undo_and_reset":
            self._session.undo()
        else:
            return
        self._live.reset()
        self._live.set_running(True)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        details = plain(error) or self.tr("no details")
        self._strip.warn(self.tr("Training failed: {0}. Reset begins anew.").format(details))

    @Slot(int)
    def _on_restored(self, epoch: int) -> None:
        said = (
            self.tr("Paused, and back at the best epoch so far: {0}.")
            if epoch
            else self.tr("No epoch is finished yet.")
        )
        self._strip.say(said.format(format_count(epoch)))


def _is_being_drawn(good: Experiment, refused: Experiment) -> bool:
    """Whether points of what was refused are still being painted, so that it stays in hand."""
    return isinstance(refused.data, Drawn) and not {"data.points", "data.class_count"}.isdisjoint(good.diff(refused))
