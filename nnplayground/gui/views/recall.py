"""How the recall of every class went, as far as it was looked at. Knows no widget."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Confusion
from nnplayground.gui.views.picture import CONFUSION_REQUEST
from nnplayground.gui.views.scores import Scores
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

MOST = 1024  # steps kept; of too many, every other one is forgotten


class RecallCourse:
    """What tables of confusion said over the steps of one run; another run's first frame makes it begin anew."""

    def __init__(self) -> None:
        self.steps: list[int] = []  # ascending
        self.rows: list[NDArray[np.float64]] = []  # (classes,) each
        self._history: History | None = None

    def take(self, frame: Frame) -> None:
        """Keep what a frame says, where it says anything new."""
        if frame.history is not self._history:
            self._history, self.steps, self.rows = frame.history, [], []
        found = frame.reading(CONFUSION_REQUEST, Confusion)
        if found is None or frame.snapshot is None or frame.history is None:
            return
        step = frame.snapshot.step
        if frame.moment is not None and self.steps and step <= self.steps[-1]:  # only looked back at
            self._insert(step, Scores.of(found.counts).recall)
            return
        while self.steps and self.steps[-1] >= step:  # edited by hand, or gone back
            self.steps.pop()
            self.rows.pop()
        self.steps.append(step)
        self.rows.append(Scores.of(found.counts).recall)
        self._thin()

    def _insert(self, step: int, row: NDArray[np.float64]) -> None:
        """Put a row in among those that are there, in place of one of the same step."""
        place = bisect_left(self.steps, step)
        same = self.steps[place] == step
        self.steps[place : place + same], self.rows[place : place + same] = [step], [row]
        self._thin()

    def _thin(self) -> None:
        if len(self.steps) > MOST:
            self.steps, self.rows = self.steps[::2], self.rows[::2]

    @property
    def steps_per_epoch(self) -> int:
        """How many steps an epoch has."""
        return self._history.steps_per_epoch if self._history is not None else 1

    def curves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return epochs (n,), in parts where a step is inside one, and recalls (classes, n)."""
        epochs = np.asarray(self.steps, np.float64) / self.steps_per_epoch
        return epochs, np.stack(self.rows, axis=1) if self.rows else np.zeros((0, 0))
