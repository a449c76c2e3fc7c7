"""Drawing by turns: each view in a turn of the event loop of its own, so that no turn is long and input never waits."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from nnplayground.gui.runs.recollection import Recollection
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.views.view import View, is_seen

BETWEEN_MS = 2  # from one view to the next, at least: what came in meanwhile goes first, and painting the one before
SHARE = 1 / 4  # of one core that drawing takes while training runs: the two share memory, caches and Python's lock
CALM, BEHIND = 2, 4  # frames from one turn of a calm view to the next: as a rule, and while others still wait
LONGEST_MS = 40  # from one view to the next, at most


class Turns(QObject):
    """Draws the views in sight one after the other, each with the latest frame there is when its turn comes.

    Views out of sight are neither drawn nor is anything asked for them. Calm ones get a turn with every other frame
    while training runs, some with the even and some with the odd ones, and where drawing falls behind the frames with
    every fourth, so that what is watched moves on; when training rests they are drawn as it left them.
    """

    def __init__(self, views: Sequence[View], stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views, self._stage = views, stage
        self._recollection = Recollection(stage, self)
        self._waiting: list[View] = []
        self._frames = 0
        self._began = 0.0  # the last turn, in seconds that this thread has worked
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(BETWEEN_MS)
        self.timer.timeout.connect(self._draw_next)

    @Slot()
    def begin(self) -> None:
        """Give every view in sight that is due a turn; one that waits for its turn already keeps its place."""
        self._frames += 1
        every = BEHIND if self._waiting else CALM
        self._waiting += [view for view in self._ask() if view not in self._waiting and self._is_due(view, every)]
        if self._waiting and not self.timer.isActive():
            self.timer.start(BETWEEN_MS)

    def _is_due(self, view: View, every: int) -> bool:
        calm = view.calm and self._stage.running
        return not calm or (self._frames + self._views.index(view)) % every == 0

    def draw_all(self) -> None:
        """Draw every view in sight at once."""
        self.end()
        for view in self._ask():
            view.draw(self._stage.frame)

    def end(self) -> None:
        """Draw nothing that waits."""
        self._waiting.clear()
        self.timer.stop()

    def _ask(self) -> list[View]:
        """Ask for the probes that the views in sight need, and for what they remember; return those views."""
        seen = [view for view in self._views if is_seen(view)]
        self._stage.request(frozenset().union(*(view.needs(self._stage.frame) for view in seen)))
        self._recollection.ask(seen)
        return seen

    @Slot()
    def _draw_next(self) -> None:
        view = self._waiting.pop(0)
        now = time.thread_time()
        spent, self._began = now - self._began, now  # on the view before: drawing it, and painting it since
        rest = round(spent / SHARE * 1000) if self._stage.running else 0
        self.timer.setInterval(min(max(rest, BETWEEN_MS), LONGEST_MS))
        if not self._waiting:
            self.timer.stop()
        if is_seen(view):
            view.draw(self._stage.frame)
