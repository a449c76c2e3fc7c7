"""What went on before a view was in sight: probes of the networks that were kept of the run that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nnplayground.engine.probes import Reading, Request
from nnplayground.gui.runs.fetching import Networks, answers_of
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.study import Study

if TYPE_CHECKING:
    from nnplayground.gui.views.view import View
    from nnplayground.runs.history import History

MOST = 64  # networks of a run: as many moments as a view remembers

Question = tuple["View", Request]
Answer = tuple["History", Question, list[tuple[int, Reading]]]


class Recollection(QObject):
    """Fills in what views that draw earlier moments have missed, once whenever they come into sight."""

    def __init__(self, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self._stage = stage
        self._history: History | None = None
        self._asked: set[Question] = set()  # as long as they are wanted without a break
        self._waiting: list[Question] = []
        self._study = Study("runs.recollecting", self)
        self._study.done.connect(self._take)
        self._study.ended.connect(self._go_on)

    def ask(self, views: Sequence[View]) -> None:
        """Have these views, which are in sight, told what they remember of the run that is shown."""
        frame = self._stage.frame
        if frame.history is not self._history:
            self._history = frame.history
            self._asked.clear()
            self._waiting.clear()
            self._study.cancel()
        wanted = {(view, request) for view in views for request in view.remembers(frame)}
        self._waiting = [question for question in self._waiting if question in wanted]
        self._waiting += wanted - self._asked
        self._asked = wanted
        self._go_on()

    @Slot()
    def _go_on(self) -> None:
        if not self._waiting or self._study.working:
            return
        networks, history = self._stage.networks(MOST), self._history
        question = self._waiting.pop()
        if networks is None or history is None:
            self._waiting.clear()
            return
        self._study.begin(lambda _report, cancelled: (history, question, _answers(networks, question[1], cancelled)))

    @Slot(object, float)
    def _take(self, answer: Answer, _seconds: float) -> None:
        history, (view, request), readings = answer
        if history is self._history:
            view.remember(history, request, readings)


def _answers(networks: Networks, request: Request, cancelled: Callable[[], bool]) -> list[tuple[int, Reading]]:
    """Return the answers by step. In a study's thread. Raises Cancelled, ExperimentError."""
    found = ((s.step, answers_of(prober, s, frozenset({request}), cancelled)) for prober, s in networks())
    return [(step, answers[request]) for step, answers in found if answers]
