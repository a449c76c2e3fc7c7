"""What begins and ends a race in the window: the command, the menu of a knob, the dock, and what the strip says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from nnplayground.experiment import Experiment
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.live import Live
from nnplayground.gui.messages import Forked
from nnplayground.gui.race.racing import field_of, value_of
from nnplayground.gui.session import Session
from nnplayground.gui.strip import Strip

if TYPE_CHECKING:
    from nnplayground.gui.knobs.panel import ExperimentPanel


class Forking(QObject):
    """Asks which knob the twin has otherwise: the one that has the focus, or that was touched last."""

    shown = Signal(bool)  # whether the race's dock has something to show

    def __init__(self, window: QMainWindow, session: Session, live: Live, panel: ExperimentPanel, strip: Strip) -> None:
        super().__init__(window)
        self._window, self._session, self._live = window, session, live
        self._panel, self._strip = panel, strip
        self._touched = ""
        self._kept = ""  # of the two, by the user's decision
        self._before: Experiment | None = None  # A's, while the training that B has taken the place of can be had back
        session.changed.connect(self._remember)
        panel.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        panel.customContextMenuRequested.connect(self._offer)
        live.racing.begun.connect(self._on_begun)
        live.racing.ended.connect(self._on_ended)

    @Slot(object, object)
    def _remember(self, before: Experiment, after: Experiment) -> None:
        changed = list(before.diff(after))
        self._touched = changed[0] if len(changed) == 1 else self._touched

    @Slot(QPoint)
    def _offer(self, place: QPoint) -> None:
        """Offer a race in the menu of the knob under the pointer."""
        row = _row_of(self._panel.childAt(place))
        if row is None:
            return
        menu = QMenu(self._panel)
        menu.setObjectName("experiment.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = QAction(self.tr("Race against another value…"), menu)
        action.setObjectName("fork.knob_action")
        action.setData(row.field.path)
        action.triggered.connect(self._ask_of_action)
        menu.addAction(action)
        menu.popup(self._panel.mapToGlobal(place))

    @Slot()
    def _ask_of_action(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.ask(action.data())

    def ask(self, path: str = "") -> None:
        """Ask for the other value of a knob, in a little window beside it."""
        from nnplayground.gui.race.popover import ForkPopover

        run = self._live.run
        if run is None:
            self._strip.say(self.tr("There is no network yet."))
            return
        focused = _row_of(QApplication.focusWidget())
        path = path or (focused.field.path if focused is not None else self._touched)
        popover = ForkPopover(run.experiment, path, self._window)
        popover.asked_for.connect(self._begin)
        popover.show_at(self._place(path))

    def _place(self, path: str) -> QRect:
        """Return where the knob's row stands in the window, or the window's upper middle where it is not seen."""
        row = self._panel.row(path)
        if row is not None and not row.visibleRegion().isEmpty():
            return QRect(row.mapTo(self._window, QPoint(0, 0)), row.size())
        return QRect(self._window.width() // 2, self._window.height() // 4, 1, 1)

    @Slot(str, object, bool)
    def _begin(self, path: str, value: Any, from_start: bool) -> None:
        self._live.racing.begin(path, value, from_start=from_start)

    @Slot(str)
    def decide(self, side: str) -> None:
        """End the race; the one on this side goes on."""
        self._kept = side
        self._live.racing.decide(side)

    def undo(self) -> None:
        """Take back the last edit; where that was keeping B, go on with A as it was then."""
        left, session = self._live.racing.left, self._session
        if left is not None and self._before is not None and session.previous is self._before:
            self._before = None
            self._live.fork(left)
        session.undo()

    @Slot(object)
    def _on_begun(self, forked: Forked) -> None:
        self._kept, self._before = "", None
        path = forked.challenge.path
        field = field_of(forked.built.experiment, path)
        label = field.knob.label if field is not None else path
        values = value_of(forked.beside, path), value_of(forked.built.experiment, path)
        self._strip.say(self.tr("Race: {0} {1} (A, in hand) against {2} (B, its twin).").format(label, *values))
        self.shown.emit(True)

    @Slot(str)
    def _on_ended(self, why: str) -> None:
        left, previous = self._live.racing.left, self._session.previous
        if left is not None and previous == left.moment.experiment:
            self._before = previous
        if why:
            self._strip.warn(self.tr("The race is over: {0}").format(why))
        elif self._kept:
            line = self.tr("The race is over: B is the run in hand now. Undo brings A back as it was, paused.")
            self._strip.say(line if self._kept == "other" else self.tr("The race is over: A goes on alone."))
        self.shown.emit(False)


def _row_of(widget: Any) -> KnobRow | None:
    """Return the row of a knob that a widget belongs to."""
    while widget is not None and not isinstance(widget, KnobRow):
        widget = widget.parentWidget()
    return widget
