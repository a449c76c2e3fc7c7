"""The widget of parallel coordinates: ranges are brushed on axes, axes moved, lines pointed at, by mouse and keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs.comparison.bundle import REACH, Bundle
from nnplayground.gui.runs.comparison.scales import MISSING, short_title
from nnplayground.gui.theme import Theme

LEAST = 4.0  # pixels of a range: less is a click
STEP = 0.05  # of an axis, by which keys move a range's end


@dataclass
class _Drag:
    """What the mouse is doing: brushing an axis from a share on, or moving one along."""

    axis: int
    start: QPointF
    moves: bool


class Strings(Bundle):
    """Arrow keys choose an axis, up and down brush it, Escape lets all lines go."""

    brushed = Signal()  # other lines are inside of all ranges than before
    clicked = Signal(int)  # the number of the run whose line was clicked
    moved = Signal(object)  # (paths): the axes in another order

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("runs.strings")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._drag: _Drag | None = None

    def _tell(self) -> None:
        """Say for those who do not see it which axis keys brush, and what is left."""
        axis = self.lines.axes[self.current]
        path, inside = axis.quantity.path, self.inside
        words = short_title(path)
        if path in self.ranges:
            counts = format_count(int(inside.sum())), format_count(len(inside))
            words = self.tr("{0}: {1}; {2} of {3} runs inside").format(words, axis.within(*self.ranges[path]), *counts)
        self.setAccessibleDescription(words)

    def event(self, event: QEvent) -> bool:
        """Keep the window's shortcuts from Escape while there is a range to let go."""
        pressed = event.key() if isinstance(event, QKeyEvent) else None
        if event.type() == QEvent.Type.ShortcutOverride and pressed == Qt.Key.Key_Escape and self.ranges:
            event.accept()
            return True
        return super().event(event)

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to brush an axis, or to move it by its title."""
        point = event.position()
        if event.button() != Qt.MouseButton.LeftButton or not self.lines.axes:
            return
        title = self.is_title(point)
        room = self.frame.width() / max(len(self.lines.axes) - 1, 1) / 2
        axis = self.axis_at(point, room if title else REACH)
        movable = not title or (axis is not None and axis < len(self.lines.axes) - 1)
        if axis is not None and movable:
            self._drag, self.dragging, self.current = _Drag(axis, point, title), True, axis

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out, brush, or move an axis."""
        self.pointer, drag = event.position(), self._drag
        if drag is not None and not drag.moves and abs(self.pointer.y() - drag.start.y()) >= LEAST:
            ends = sorted(self.share_at(y) for y in (drag.start.y(), self.pointer.y()))
            self.set_ranges({**self.ranges, self.lines.axes[drag.axis].quantity.path: (ends[0], ends[1])})
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End brushing or moving; a click takes an axis's range away, or tells of the line under it."""
        drag, self._drag, self.dragging = self._drag, None, False
        point = event.position()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if drag is not None and drag.moves:
            self._drop(drag.axis, point)
        elif drag is not None and abs(point.y() - drag.start.y()) >= LEAST:
            self.brushed.emit()
        elif drag is not None and self.lines.axes[drag.axis].quantity.path in self.ranges:
            self.clear(drag.axis)
        elif (run := self.run_at(point)) is not None and not self.is_title(point):
            self.clicked.emit(self.lines.numbers[run])
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take all ranges away."""
        del event
        self._drag, self.dragging = None, False
        self.clear()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self.pointer = None
        self.update()

    def _drop(self, axis: int, point: QPointF) -> None:
        paths = [a.quantity.path for a in self.lines.axes[:-1]]
        place = int(np.searchsorted(self.xs()[:-1], point.x()))
        if place not in (axis, axis + 1):
            path = paths.pop(axis)
            paths.insert(place - (place > axis), path)
            self.moved.emit(tuple(paths))

    # brushing

    def brush(self, path: str, low: float, high: float) -> None:
        """Brush an axis between two shares, and tell of it."""
        self.set_ranges({**self.ranges, path: (low, high)})
        self.brushed.emit()

    def clear(self, axis: int | None = None) -> None:
        """Take an axis's range away, or all."""
        if not self.ranges:
            return
        path = None if axis is None else self.lines.axes[axis].quantity.path
        self.set_ranges({other: ends for other, ends in self.ranges.items() if path not in (None, other)})
        self.brushed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose an axis by left and right, move it with control; brush it by up and down, its lower end with shift."""
        key, held = event.key(), event.modifiers()
        sideways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key))
        upward = {Qt.Key.Key_Up: STEP, Qt.Key.Key_Down: -STEP}.get(Qt.Key(key))
        last = len(self.lines.axes) - 1
        lets_go = bool(self.ranges) and key in (Qt.Key.Key_Escape, Qt.Key.Key_Delete)
        if last < 1 or (sideways is upward is None and not lets_go):
            super().keyPressEvent(event)
        elif sideways is not None and held & Qt.KeyboardModifier.ControlModifier:
            paths, to = [a.quantity.path for a in self.lines.axes[:-1]], self.current + sideways
            if self.current < last and 0 <= to < last:
                paths.insert(to, paths.pop(self.current))
                self.current = to
                self.moved.emit(tuple(paths))
        elif sideways is not None:
            self.current = min(max(self.current + sideways, 0), last)
        elif upward is not None:
            self._move_end(upward, lower=bool(held & Qt.KeyboardModifier.ShiftModifier))
        else:
            self.clear(self.current if key == Qt.Key.Key_Delete else None)
        if last >= 0:
            self._tell()
        self.update()

    def _move_end(self, by: float, *, lower: bool) -> None:
        path = self.lines.axes[self.current].quantity.path
        low, high = self.ranges.get(path, (MISSING - 0.03, 1.0))
        low, high = (max(low, 0.0) + by if lower else low), (high if lower else high + by)
        low, high = max(low, MISSING - 0.03), min(high, 1.0)
        if low <= high:
            self.brush(path, low, high)
