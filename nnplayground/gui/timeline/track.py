"""The track of the time bar: a tick for every moment that was kept, and a handle at the one that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from nnplayground.gui.theme import Theme, mix
from nnplayground.runs.moments import Stop

PAGE = 10  # moments that PageUp and PageDown go by
HEIGHT = 28  # pixels, at plain type
SIDE = 10  # pixels left and right of the ticks, at plain type


class Track(QSlider):
    """Goes from moment to moment, all equally far apart. `valueChanged` tells of the user's ways alone."""

    def __init__(self, theme: Theme, words: Callable[[Stop], str], parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("timeline.track")
        self.setAccessibleName(self.tr("Moment of the run"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setPageStep(PAGE)
        self.setMinimumWidth(120)
        self._words = words
        self.stops: tuple[Stop, ...] = ()
        self.theme = theme

    def show_stops(self, stops: Sequence[Stop], index: int) -> None:
        """Show these moments, and the handle at one of them, without telling anyone."""
        self.stops = tuple(stops)
        with QSignalBlocker(self):
            self.setRange(0, max(len(stops) - 1, 0))
            self.setValue(index)
        self.setAccessibleDescription(self._words(self.stops[index]) if self.stops else "")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme
        self.setFixedHeight(theme.scaled(HEIGHT))
        self.update()

    # places

    def place(self, index: int) -> float:
        """Return the pixel at which a moment stands."""
        side = self.theme.scaled(SIDE)
        return side + (self.width() - 2 * side) * index / max(len(self.stops) - 1, 1)

    def index_at(self, x: float) -> int:
        """Return the moment nearest to a pixel."""
        side = self.theme.scaled(SIDE)
        share = (x - side) / max(self.width() - 2 * side, 1)
        return round(min(max(share, 0.0), 1.0) * max(len(self.stops) - 1, 0))

    # events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self.setSliderDown(True)
            self.setValue(self.index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle along, or tell of the moment under the pointer."""
        index = self.index_at(event.position().x())
        if self.isSliderDown():
            self.setValue(index)
        if self.stops:
            place = QPoint(round(self.place(index)), -self.theme.scaled(30))
            QToolTip.showText(self.mapToGlobal(place), self._words(self.stops[index]), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)

    def event(self, event: QEvent) -> bool:
        """Leave the tool tip to the pointer's way."""
        return True if event.type() == QEvent.Type.ToolTip else super().event(event)

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, its ticks, the best as a diamond and marked ones as flags above it, and the handle."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, middle = self.theme, self.height() / 2 + self.theme.scaled(4)
        quiet = mix(theme.panel, theme.text, 0.22)
        left, right = self.place(0), self.place(max(len(self.stops) - 1, 1))
        painter.setPen(QPen(QColor(quiet), theme.scaled(2)))
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        if not self.stops or not self.isEnabled():
            return
        self._paint_ticks(painter, middle)
        here = self.place(self.value())
        painter.setPen(QPen(QColor(theme.accent), theme.scaled(2)))
        painter.drawLine(QPointF(left, middle), QPointF(here, middle))
        radius = theme.scaled(6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(here, middle), radius + 2.5, radius + 2.5)
        painter.setPen(QPen(QColor(theme.panel), 2))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(QPointF(here, middle), radius, radius)

    def _paint_ticks(self, painter: QPainter, middle: float) -> None:
        theme, half, size = self.theme, self.theme.scaled(4), float(self.theme.scaled(4))
        painter.setPen(QPen(QColor(mix(theme.panel, theme.text, 0.42)), 1))
        places = [round(self.place(i)) + 0.5 for i in range(len(self.stops))]
        painter.drawLines([QLineF(x, middle - half, x, middle + half) for x in places])
        above = middle - half - size - 1
        for i, stop in enumerate(self.stops):
            x = self.place(i)
            if "marked" in stop.why:
                painter.setPen(QPen(QColor(theme.text), max(theme.scaled(1), 1)))
                painter.drawLine(QPointF(x, above - size), QPointF(x, middle + half))
                painter.setBrush(QColor(theme.negative))
                painter.setPen(Qt.PenStyle.NoPen)
                flag = (QPointF(x, above - size), QPointF(x + 2 * size, above), QPointF(x, above + size))
                painter.drawPolygon(QPolygonF(flag))
            if "best" in stop.why:
                painter.setPen(QPen(QColor(theme.panel), 1))
                painter.setBrush(QColor(theme.text))
                painter.drawPolygon(_diamond(QPointF(x, above), size + 1))


def _diamond(at: QPointF, size: float) -> QPolygonF:
    box = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
    corners = (QPointF(at.x(), box.top()), QPointF(box.right(), at.y()), QPointF(at.x(), box.bottom()))
    return QPolygonF((*corners, QPointF(box.left(), at.y())))
