"""The race as the window sees it: the twin's history and frame beside the run in hand, and how each stands."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal

from nnplayground.engine.chunk import Chunk, joined
from nnplayground.engine.probes import Request
from nnplayground.experiment import Experiment, Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.contents import knobs
from nnplayground.gui.messages import Built, Challenge, Delivery, Fork, Forked
from nnplayground.gui.numbers import format_count
from nnplayground.gui.training import TrainingThread
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

SIDES = ("one", "other")  # the run in hand, and its twin


class Racing(QObject):
    """Fed by `Live` with what the thread delivers. `forked` is the race that is on, or None."""

    begun = Signal(object)  # Forked: a race is on, or has begun anew
    advanced = Signal()  # there is something new to draw
    ended = Signal(str)  # one line: why the race is over; empty where that was asked for

    def __init__(self, thread: TrainingThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self.forked: Forked | None = None
        self.frame: Frame | None = None  # the twin's
        self.verdicts = {"one": "", "other": ""}  # why each has ended; empty while it goes on
        self.left: Fork | None = None  # what brings back the training that was dropped for its twin last

    # what the user does

    def begin(self, path: str, value: Any, *, from_start: bool) -> None:
        """Race the run in hand against a twin with another value of a knob."""
        self._thread.race(Challenge(path, value, from_start))

    def decide(self, side: str) -> None:
        """End the race; of the two, the one on this side goes on."""
        if self.forked is not None:
            self._thread.decide(side)

    def request(self, requests: frozenset[Request]) -> None:
        """Ask for these probes of both from now on."""
        self._thread.request_of_both(requests)

    # what the thread did

    def take(self, delivery: Delivery, history: History | None) -> Built | None:
        """Take up what was delivered, before the run in hand, whose history this is, does.

        Return the twin's network, with its history, where it is the run in hand from now on.
        """
        lap = delivery.lap
        if lap.forked is not None:
            self._begin(lap.forked, delivery, history)
        if delivery.built is not None or delivery.retuned is not None:
            self.verdicts["one"] = ""
        if lap.retuned is not None:
            self.verdicts["other"] = ""
        if lap.left is not None and history is not None:
            self.left = lap.left.fork(history)
        kept = self._append(delivery) if self.forked is not None else None
        if lap.over is not None and lap.forked is None:
            self.forked, self.frame = None, None
            self.request(frozenset())
        return kept

    def tell(self, delivery: Delivery) -> None:
        """Tell what was taken up, once the run in hand has taken up its part."""
        lap = delivery.lap
        if lap.forked is not None and self.forked is not None:
            self.begun.emit(self.forked)
        elif lap.over is not None and self.forked is None:
            self.ended.emit(lap.over)
        news = (*lap.chunks, *delivery.chunks, lap.snapshot, delivery.snapshot, lap.retuned, delivery.retuned)
        if self.forked is not None and any(each is not None for each in news):
            self.advanced.emit()

    def _begin(self, forked: Forked, delivery: Delivery, history: History | None) -> None:
        built = forked.built
        self.forked, self.left, self.verdicts = forked, None, {"one": "", "other": ""}
        if delivery.built is not None:  # the run in hand began within this very frame
            history = delivery.built.history or delivery.built.new_history()
        if forked.step and history is not None:
            own = deepcopy(history)
            before = [chunk for chunk in delivery.chunks if chunk.start < forked.step]
            if before:
                own.append(joined(before))
            mark_turns(own, forked.beside, built.experiment)
        else:
            own = built.new_history()
        self.frame = Frame(built.experiment, built.dataset, own, built.first)

    def _append(self, delivery: Delivery) -> Built | None:
        lap, frame, forked = delivery.lap, self.frame, self.forked
        assert frame is not None
        assert frame.history is not None
        assert forked is not None
        experiment = lap.retuned or frame.experiment
        mark_turns(frame.history, frame.experiment, experiment)
        if lap.chunks:
            frame.history.append(joined(lap.chunks))
        self.frame = replace(frame, experiment=experiment)
        if lap.snapshot is not None and lap.readings is not None:
            dataset = lap.dataset or frame.dataset
            self.frame = replace(self.frame, dataset=dataset, snapshot=lap.snapshot, readings=lap.readings)
        self._judge("one", delivery.chunks)
        self._judge("other", lap.chunks)
        return replace(lap.kept, experiment=experiment, history=frame.history) if lap.kept is not None else None

    def _judge(self, side: str, chunks: list[Chunk]) -> None:
        """Take up why one has ended."""
        last = chunks[-1] if chunks else None
        if last is None or (last.stopped_by is None and not last.steps):
            return
        step = format_count(last.start + last.steps)
        if last.divergence is not None:
            self.verdicts[side] = self.tr("diverged at step {0}").format(format_count(last.divergence.step))
        elif last.stopped_by is not None:
            stopped = self.tr("stopped at step {0}: no improvement"), self.tr("done at step {0}")
            self.verdicts[side] = stopped[last.stopped_by != "patience"].format(step)
        else:
            self.verdicts[side] = ""


def mark_turns(history: History, before: Experiment, after: Experiment) -> None:
    """Note in a history which live knobs were turned."""
    fields = {field.path: field for field in after.fields()}
    for path, values in before.diff(after).items():
        if path in fields and path not in ("name", "note"):
            old, new = (wording.shown(fields[path], value) for value in values)
            history.mark(path, fields[path].knob.label, old, new)


def field_of(experiment: Experiment, path: str) -> Field | None:
    """Return a knob by its path, be it the choice of a kind; None where there is no such knob."""
    shown = (field for fields in knobs(experiment).values() for field in fields)
    return next((field for field in (*shown, *experiment.fields()) if field.path == path), None)


def value_of(experiment: Experiment, path: str) -> str:
    """Return a knob's value in words; a dash where there is no such knob."""
    field = field_of(experiment, path)
    return wording.shown(field, field.value) if field is not None else "–"


def parting(path: str, step: int, *, live: bool) -> str:
    """Say what both in a race share where they part at a step; step 0 is the start."""
    if live and step:
        words = _tr("Parted at step {0}, with the same weights, optimizer state and order of batches.")
        return words.format(format_count(step))
    if live:
        return _tr("Both begin at step 0, with the same initial weights and order of batches.")
    if path.startswith("seeds."):
        return _tr("Both begin at step 0: this knob builds the network anew.")
    return _tr("Both begin at step 0 with the same seeds: this knob builds the network anew.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Racing", text)
