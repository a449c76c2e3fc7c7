"""How the recall of every class went over the steps of a run. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Confusion
from nnplayground.gui.views.past import Past
from nnplayground.gui.views.picture import CONFUSION_REQUEST
from nnplayground.gui.views.scores import Scores
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

MOST = 1024  # steps kept, at most


class RecallCourse:
    """What tables of confusion said over the steps of one run; another run's first frame makes it begin anew."""

    def __init__(self) -> None:
        self._past: Past[NDArray[np.float64]] = Past(MOST)

    def take(self, frame: Frame) -> None:
        """Keep what a frame says, where it says anything new."""
        found = frame.reading(CONFUSION_REQUEST, Confusion)
        if found is None or frame.snapshot is None or frame.history is None:
            self._past.fill(frame.history, ())
            return
        recall = Scores.of(found.counts).recall
        self._past.add(frame.history, frame.snapshot.step, recall, looked_back=frame.moment is not None)

    def fill(self, history: History, readings: Iterable[tuple[int, Confusion]]) -> None:
        """Keep what was said at other steps of a run, as far as that is not known."""
        self._past.fill(history, [(step, Scores.of(reading.counts).recall) for step, reading in readings])

    @property
    def steps(self) -> list[int]:
        """The steps, ascending."""
        return [step for step, _ in self._past.items]

    @property
    def rows(self) -> list[NDArray[np.float64]]:
        """The recall of each class, (classes,), at each of them."""
        return [row for _, row in self._past.items]

    @property
    def steps_per_epoch(self) -> int:
        """How many steps an epoch has."""
        history = self._past.history
        return history.steps_per_epoch if history is not None else 1

    def curves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return epochs (n,), in parts where a step is inside one, and recalls (classes, n)."""
        epochs = np.asarray(self.steps, np.float64) / self.steps_per_epoch
        return epochs, np.stack(self.rows, axis=1) if self.rows else np.zeros((0, 0))
