"""The plot of runs as points: one can be pointed at, clicked, or walked to by keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from nnplayground.gui.theme import Theme
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]
Key = Qt.Key

NEAR = 10.0  # pixels from the pointer to a point that is read out
STEPS = {Key.Key_Left: (0, -1), Key.Key_Right: (0, 1), Key.Key_Down: (1, -1), Key.Key_Up: (1, 1)}  # axis, and whither
ENDS = {Key.Key_Home: 0, Key.Key_End: -1}
OPEN = (Key.Key_Return, Key.Key_Enter)


class Points(Plot):
    """Left and right walk along x, up and down along y, Enter shows a run, Escape leaves the point."""

    chosen = Signal(int)  # the place of a run that was clicked, or entered

    def __init__(self, theme: Theme, read: Callable[[int, QPointF], Readout], parent: QWidget | None = None) -> None:
        """Let `read` say of the run at a place what is to be read out at a pixel."""
        self.numbers: list[int] = []
        self.places: Doubles = np.empty((0, 2))
        self.here = -1  # the place of the run that keys have come to
        self._read = read
        super().__init__(theme, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.wheel_axis = None
        self.hover = self._read_pointed
        self.points, self.rings, self.spot = (pg.ScatterPlotItem(pxMode=True) for _ in range(3))
        for z, item in enumerate((self.points, self.rings, self.spot)):
            item.setZValue(z)
            self.box.addItem(item, ignoreBounds=True)
        self.points.sigClicked.connect(self._click)

    # drawing

    def show_points(self, numbers: list[int], places: Doubles, brushes: Callable[[Mask], list[Any]]) -> None:
        """Draw runs of these numbers at (n, 2) positions, NaN where a run has none, filled by `brushes` of those drawn.

        Keys stay at the run that they had come to, where it is drawn still.
        """
        here = self.numbers[self.here] if self.here >= 0 else 0
        self.numbers, self.places = numbers, places
        both = np.asarray(np.isfinite(places).all(axis=1))
        self.points.setData(
            x=places[both, 0],
            y=places[both, 1],
            size=self.notes.theme.marker_size,
            brush=brushes(both),
            pen=pg.mkPen(self.notes.theme.panel, width=0.5),
            data=np.flatnonzero(both),
        )
        found = numbers.index(here) if here in numbers else -1
        self.go_to(found if found >= 0 and both[found] else -1)

    def ring(self, runs: list[int]) -> None:
        """Draw a ring about the runs at these places."""
        self._circle(self.rings, runs, self.notes.theme.text, 5, 1.5)

    def _circle(self, item: pg.ScatterPlotItem, runs: list[int], colour: str, wider: float, width: float) -> None:
        found = self.places[[run for run in runs if np.isfinite(self.places[run]).all()]]
        size = self.notes.theme.marker_size + wider
        item.setData(x=found[:, 0], y=found[:, 1], size=size, brush=pg.mkBrush(None), pen=pg.mkPen(colour, width=width))

    # keys

    def go_to(self, run: int) -> None:
        """Take the focus to the point of a run, or to none where it is below 0."""
        self.here = run
        seen = run >= 0 and self.hasFocus()
        self._circle(self.spot, [run] if seen else [], self.notes.theme.accent, 10, 2.5)
        rows = self._read(run, QPointF()).rows if run >= 0 else ()
        self.setAccessibleDescription(", ".join(f"{row.text} {row.value}".strip() for row in rows))
        if seen and not self._in_sight(run):
            self.follow()
        self.read_out()

    def _in_sight(self, run: int) -> bool:
        ranges = zip(self.places[run].tolist(), self.box.viewRange(), strict=True)
        return all(low <= at <= high for at, (low, high) in ranges)

    def _order(self, axis: int) -> NDArray[np.int64]:
        """Return the places of the runs that are drawn along an axis; of equal ones, along the other."""
        there = np.flatnonzero(np.isfinite(self.places).all(axis=1))
        found = self.places[there]
        return there[np.lexsort((found[:, 1 - axis], found[:, axis]))]

    def _walk(self, axis: int, whither: int) -> None:
        order = self._order(axis)
        at = int(np.flatnonzero(order == self.here)[0]) + whither if self.here >= 0 else (0 if whither > 0 else -1)
        self.go_to(int(order[min(at, len(order) - 1)]) if at >= 0 or self.here < 0 else self.here)

    def _takes(self, key: int) -> bool:
        """Whether a key does something here."""
        walks = key in STEPS or key in ENDS
        return len(self.points.data) > 0 and (walks or (self.here >= 0 and key in (*OPEN, Key.Key_Escape)))

    def event(self, event: QEvent) -> bool:
        """Keep the window's shortcuts from the keys that do something here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._takes(event.key()):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from point to point."""
        key = Key(event.key())
        if not self._takes(key):
            event.ignore()
        elif key in STEPS:
            self._walk(*STEPS[key])
        elif key in ENDS:
            self.go_to(int(self._order(0)[ENDS[key]]))
        elif key in OPEN:
            self.chosen.emit(self.here)
        else:
            self.go_to(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where keys are: at the point that they had come to, or the first."""
        super().focusInEvent(event)
        by_key = event.reason() != Qt.FocusReason.MouseFocusReason
        first = self._order(0)[:1] if by_key and self.here < 0 else np.array([self.here])
        self.go_to(int(first[0]) if len(first) else -1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show no point as the one that keys have come to."""
        super().focusOutEvent(event)
        self.go_to(self.here)

    # what is read out

    def read_out(self) -> None:
        """Show what is under the pointer, or else the point that keys have come to."""
        super().read_out()
        if self._pointer is None and self.here >= 0 and self.hasFocus():
            x, y = self.places[self.here]
            pixel = QPointF(float(self.notes.pixel_x(np.array([x]))[0]), self.notes.pixel_y(float(y)))
            self.notes.readout = self._read(self.here, pixel)
            self.notes.update()

    def run_at(self, position: QPointF) -> int | None:
        """Return the place of the run whose point is near a position of the plot."""
        scale_x, scale_y = self.box.viewPixelSize()
        distance = np.hypot((self.places[:, 0] - position.x()) / scale_x, (self.places[:, 1] - position.y()) / scale_y)
        distance = np.where(np.isfinite(distance), distance, np.inf)
        nearest = int(distance.argmin()) if len(distance) else -1
        return nearest if nearest >= 0 and distance[nearest] <= NEAR else None

    def _read_pointed(self, position: QPointF, pixel: QPointF) -> Readout | None:
        run = self.run_at(position)
        return None if run is None else self._read(run, pixel)

    @Slot(object, object, object)
    def _click(self, _item: pg.ScatterPlotItem, points: Any, _event: object) -> None:
        if len(points):
            self.chosen.emit(int(points[0].data()))
