"""Lines, and areas between them: pyqtgraph's own curve does more than is needed for what changes with every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from pyqtgraph.graphicsItems.PlotCurveItem import arrayToLineSegments
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

Floats = NDArray[np.float64]

OPACITY = 0.45  # of areas
SLACK = 0.25  # of the points' span, to each side: the bounds stay the same for many frames


def runs_of(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where a run of known ones begins, where it ends, where the next one begins, and so on."""
    if known.all():  # nearly always, and several times as quick
        return np.array([0, len(known)] if len(known) else [], np.int64)
    return np.flatnonzero(np.diff(known, prepend=False, append=False))


class Shape(QGraphicsItem):
    """Something that lies within bounds that seldom change."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()

    def claim(self, left: float, right: float, bottom: float, top: float) -> None:
        """Widen the bounds to these, and beyond, where they lie outside."""
        needed = QRectF(left, bottom, right - left, top - bottom)
        if not self._bounds.contains(needed):
            self.prepareGeometryChange()
            width, height = SLACK * needed.width(), SLACK * needed.height()
            self._bounds = needed.adjusted(-width, -height, width, height)

    def boundingRect(self) -> QRectF:
        """Return a rectangle in which the points lie."""
        return self._bounds


class Stroke(Shape):
    """A line that breaks where a y is not finite. Its pen keeps its width at any zoom."""

    def __init__(self, pen: QPen) -> None:
        super().__init__()
        self.xs: Floats = np.empty(0)
        self.ys: Floats = np.empty(0)
        self._pen = pen
        self._runs: list[QPolygonF] = []

    def set_pen(self, pen: QPen) -> None:
        """Draw with another pen."""
        self._pen = pen
        self.update()

    def set_points(self, x: Floats, y: Floats) -> None:
        """Draw through other points, each (n,)."""
        self.xs, self.ys = x, y
        known = np.isfinite(y)
        edges = runs_of(known)
        self._runs = [arrayToQPolygonF(x[i:j], y[i:j]) for i, j in edges.reshape(-1, 2).tolist()]
        if self._runs:
            values = y[known]
            self.claim(float(x[edges[0]]), float(x[edges[-1] - 1]), float(values.min()), float(values.max()))
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the line."""
        del option, widget
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._pen)
        if self._pen.widthF() > 1 and self._pen.style() == Qt.PenStyle.SolidLine:
            segments = arrayToLineSegments(self.xs, self.ys, "finite", finiteCheck=True)
            painter.drawLines(*segments.drawargs())  # Qt takes five times as long to join what is wide
            return
        for run in self._runs:
            painter.drawPolyline(run)


class Fill(Shape):
    """The area between two lines, through which what lies behind is seen; it breaks where either is not finite."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        shade = QColor(colour)
        shade.setAlphaF(OPACITY)
        self._brush = QBrush(shade)
        self.xs: Floats = np.empty(0)
        self.lows: Floats = np.empty(0)
        self.highs: Floats = np.empty(0)
        self._runs: list[QPolygonF] = []

    def set_points(self, x: Floats, low: Floats, high: Floats) -> None:
        """Fill between other points, each (n,)."""
        self.xs, self.lows, self.highs = x, low, high
        known = np.isfinite(low) & np.isfinite(high)
        edges = runs_of(known)
        self._runs = [
            arrayToQPolygonF(np.append(x[i:j], x[i:j][::-1]), np.append(low[i:j], high[i:j][::-1]))
            for i, j in edges.reshape(-1, 2).tolist()
        ]
        if self._runs:
            ends = float(x[edges[0]]), float(x[edges[-1] - 1])
            self.claim(*ends, float(low[known].min()), float(high[known].max()))
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the area."""
        del option, widget
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        for run in self._runs:
            painter.drawPolygon(run)
