"""The experiment in hand: every edit goes through here, is validated, and can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from nnplayground.data import load
from nnplayground.data.drawn import taken_over
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.datasets import Plane, training_rows_of
from nnplayground.experiment.layers import Layer

SAME_EDIT_SECONDS = 1.0  # a slider's drag is one edit
KEPT = 500


class Session(QObject):
    """Holds the experiment and the lists of those before and after it."""

    changed = Signal(object, object)  # (before, after); during a drag, before it began
    rejected = Signal(str, str)  # (path, one line)

    def __init__(
        self, experiment: Experiment, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._undone: list[Experiment] = []
        self._past: list[Experiment] = []
        self._clock = clock
        self._last_edit: tuple[str, float] = ("", 0.0)

    @property
    def experiment(self) -> Experiment:
        """The experiment in hand."""
        return self._experiment

    @property
    def previous(self) -> Experiment | None:
        """The experiment that `undo` brings back."""
        return self._past[-1] if self._past else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether an edit was taken back."""
        return bool(self._undone)

    def edit(self, path: str, value: Any) -> bool:
        """Turn one knob. Where the value is not allowed, `rejected` says so and nothing changes."""
        try:
            after = self._with(path, value)
        except ExperimentError as error:
            self.rejected.emit(path, str(error))
            return False
        previous, when = self._last_edit
        now = self._clock()
        self._become(after, merge=previous == path and now - when < SAME_EDIT_SECONDS)
        self._last_edit = (path, now)
        return True

    def edit_all(self, changes: Mapping[str, Any]) -> bool:
        """Turn several knobs as one edit, which goes together with no other: a stroke of points drawn by hand."""
        try:
            after = self._experiment.replace_all(changes)
        except ExperimentError as error:
            self.rejected.emit(next(iter(changes)), str(error))
            return False
        self.replace(after)
        return True

    def replace(self, experiment: Experiment) -> None:
        """Take up another experiment; the one before can be had back by undo."""
        self._last_edit = ("", 0.0)
        self._become(experiment, merge=False)

    def undo(self) -> None:
        """Take back the last edit."""
        if self._past:
            self._undone.append(self._experiment)
            self._move(self._past.pop())

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._undone:
            self._past.append(self._experiment)
            self._move(self._undone.pop())

    def revert(self, refused: Experiment, good: Experiment) -> None:
        """Go back to `good` where `refused`, of which no training could be made, is still in hand."""
        if self._experiment != refused or refused == good:
            return
        while self._past and self._past[-1] in (good, refused):
            self._past.pop()
        self._move(good)

    def _with(self, path: str, value: Any) -> Experiment:
        """Return the experiment with one knob turned; a new data set names it, and takes along what has to fit."""
        if path != "data.kind" or value == self._experiment.data.kind:
            return self._experiment.replace(path, value)
        bare = self._taken_over() if value == "drawn" else self._bare(value)
        rows = bare.data.known_rows
        size = self._experiment.batches.size
        if rows is not None:
            size = min(size, training_rows_of(bare.data, rows))
        sized = bare.replace_all({"batches.size": size, "name": bare.data.title, "note": bare.note})
        try:
            return sized.replace_all({"loss": self._experiment.loss})
        except ExperimentError:
            return sized

    def _taken_over(self) -> Experiment:
        """Return the experiment on its own points, from now on drawn by hand; on an example where it has none."""
        bare, data = self._bare("drawn"), self._experiment.data
        if not isinstance(data, Plane) or data.task != "classification":
            return bare
        points, lost = taken_over(load(data, self._experiment.seeds.data), data.validation_share)
        changes = {"points": points, "class_count": data.known_classes, "validation_share": data.validation_share}
        note = self.tr("{0} of the points lie outside the plane, or were too many: they are left out.").format(lost)
        knobs = {**bare.data.model_dump(), **changes}
        return bare.replace_all({"data": knobs, "note": note if lost else ""})

    def _bare(self, kind: Any) -> Experiment:
        """Return the experiment on other data, which may have few samples, other targets, and be no images."""
        changes = {"batches.size": 2, "loss.kind": "auto", "data.kind": kind, "note": ""}
        layers = self._experiment.network.layers
        dense = tuple(layer for layer in layers if isinstance(layer, Layer))
        try:
            return self._experiment.replace_all(changes)
        except ExperimentError:
            if dense == layers:
                raise
        return self._experiment.replace_all({**changes, "network.layers": dense})

    def _become(self, after: Experiment, *, merge: bool) -> None:
        if after == self._experiment:
            return
        if not merge or not self._past:
            self._past = [*self._past[-KEPT:], self._experiment]
        self._undone.clear()
        self._experiment = after
        self.changed.emit(self._past[-1], after)

    def _move(self, experiment: Experiment) -> None:
        self._last_edit = ("", 0.0)
        before, self._experiment = self._experiment, experiment
        self.changed.emit(before, experiment)
