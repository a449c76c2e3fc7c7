"""The picture of parallel coordinates: an axis for each knob, a line for each run, ranges of axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from nnplayground.gui.runs.comparison.scales import MISSING, AxisScale, short_title
from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.palette import even
from nnplayground.gui.views.readout import Readout, Row, paint_box
from nnplayground.gui.views.symbols import Sample, line_pen

COLOURS = 48  # of lines: as many as the eye tells apart, so that those of one are drawn at once
SMOOTH = 300  # lines up to which their steps are smoothed: of more it takes too long, and shows nothing
REACH = 14.0  # pixels beside an axis that are still at it
NEAR = 8.0  # pixels from a line that is read out
BAR = 5.0  # pixels of the result's axis, which is the bar of colours

Doubles = NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Lines:
    """What is drawn: axes from left to right, the last of them the result's, and the numbers of the runs."""

    axes: tuple[AxisScale, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def places(self) -> Doubles:
        """Where each run crosses each axis, (n, axes)."""
        return np.stack([axis.shares for axis in self.axes], axis=1)


class Bundle(QWidget):
    """Lines over axes, those outside of the ranges faded; drawn anew only where anything of them has changed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.lines = Lines()
        self.ranges: dict[str, Range] = {}  # brushed, by path, in shares
        self.current = 0  # the axis that keys brush
        self._places: Doubles = np.empty((0, 0))
        self._colours: NDArray[np.int64] = np.empty(0, np.int64)
        self._layer: QPixmap | None = None
        self.pointer: QPointF | None = None
        self.dragging = False
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme
        self.setFont(small_font(theme))
        table = even(theme)[np.linspace(0, 255, COLOURS).round().astype(int), :3]
        self._pens = [QColor(*map(int, colour)) for colour in table]
        self.redraw()

    def show_lines(self, lines: Lines) -> None:
        """Draw these; ranges stay on the axes that there still are."""
        self.lines = lines
        self._places = lines.places if lines.axes else np.empty((0, 0))
        self.ranges = {axis.quantity.path: r for axis in lines.axes if (r := self.ranges.get(axis.quantity.path))}
        if lines.axes:
            last = lines.axes[-1]
            shares = np.clip(np.nan_to_num(last.shares), 0, 1)
            self._colours = np.where(last.quantity.known, np.rint(shares * (COLOURS - 1)), -1).astype(np.int64)
        self.current = min(self.current, max(len(lines.axes) - 1, 0))
        self.redraw()

    def redraw(self) -> None:
        """Draw the lines anew."""
        self._layer = None
        self.update()

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which runs lie inside of every range brushed, (n,)."""
        found = np.ones(len(self.lines.numbers), bool)
        for i, axis in enumerate(self.lines.axes):
            if axis.quantity.path in self.ranges:
                low, high = self.ranges[axis.quantity.path]
                found &= (self._places[:, i] >= low - 1e-9) & (self._places[:, i] <= high + 1e-9)
        return found

    # places

    @property
    def frame(self) -> QRectF:
        """The rectangle between the first and the last axis."""
        metrics = QFontMetricsF(self.font())
        missing = any(not axis.quantity.known.all() for axis in self.lines.axes)
        top, bottom = 1.5 * metrics.height() + 6, self.height() - 0.7 * metrics.height() - 2
        lowest = (bottom - top) * -MISSING / (1 - MISSING) if missing else 0.0
        right = max(self.width() - self._beside(metrics) - 8, 40.0)
        return QRectF(12, top, right - 12, max(bottom - lowest - top, 10.0))

    def _beside(self, metrics: QFontMetricsF) -> float:
        """Return the room for texts right of the last axis."""
        ticks = self.lines.axes[-1].ticks(6) if self.lines.axes else []
        return BAR + 4 + max((metrics.horizontalAdvance(text) for _, text in ticks), default=0.0)

    def xs(self) -> Doubles:
        """Return where the axes stand, in pixels."""
        frame = self.frame
        return np.linspace(frame.left(), frame.right(), max(len(self.lines.axes), 2))[: len(self.lines.axes)]

    def y_of(self, share: float) -> float:
        """Return the pixel of a share of an axis."""
        frame = self.frame
        return frame.bottom() - share * frame.height()

    def share_at(self, y: float) -> float:
        """Return the share of an axis at a pixel, from below what has no value up to the upper end."""
        frame = self.frame
        return float(np.clip((frame.bottom() - y) / frame.height(), MISSING - 0.03, 1.0))

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines as they were drawn before, and over them axes, ranges and what is under the pointer."""
        del event
        painter = QPainter(self)
        painter.setFont(self.font())
        if not self.lines.axes:
            return
        engine = painter.paintEngine()
        if engine is not None and engine.type() in (QPaintEngine.Type.SVG, QPaintEngine.Type.Picture):
            self._paint_lines(painter)  # as shapes, not as a picture of them
        else:
            painter.drawPixmap(0, 0, self._drawn(painter.device().devicePixelRatioF()))
        run = self._under_pointer()
        if run is not None:
            self._paint_one(painter, run)
        self._paint_axes(painter)
        self._paint_ranges(painter)
        if self.pointer is not None and (rows := self.rows_at(self.pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_box(painter, self.theme, self.font(), Readout(0.0, self.pointer, rows), QRectF(self.rect()))

    def _drawn(self, ratio: float) -> QPixmap:
        """Return the lines as a picture, drawn only where anything has changed."""
        size = self.size() * ratio
        if self._layer is None or self._layer.size() != size:
            self._layer = QPixmap(size)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(QColor(self.theme.panel))
            painter = QPainter(self._layer)
            self._paint_lines(painter)
            painter.end()
        return self._layer

    def _paint_lines(self, painter: QPainter) -> None:
        """Draw those outside of the ranges first, faded, then those inside by colour, the most frequent ones first."""
        if len(self.lines.axes) < 2:
            return
        inside, frame = self.inside, self.frame
        x = np.tile(_ends(self.xs()[None]), (len(inside), 1))  # each stretch by its two ends
        y = _ends(frame.bottom() - self._places * frame.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(inside) <= SMOOTH)
        counts = np.bincount(self._colours[inside & (self._colours >= 0)], minlength=COLOURS)
        order = np.argsort(-counts, kind="stable")
        groups = [(~inside, QColor(mix(self.theme.panel, self.theme.text, 0.12)))]
        groups.append((inside & (self._colours < 0), QColor(mix(self.theme.panel, self.theme.text, 0.4))))
        groups += [(inside & (self._colours == colour), self._pens[colour]) for colour in order if counts[colour]]
        for which, colour in groups:
            if which.any():
                self._paint_group(painter, x[which].ravel(), y[which].ravel(), colour)

    def _paint_group(self, painter: QPainter, x: Doubles, y: Doubles, colour: QColor) -> None:
        from pyqtgraph.graphicsItems.PlotCurveItem import arrayToLineSegments

        painter.setPen(line_pen(colour.name(), self.theme.pen_width if len(self._places) <= SMOOTH else 1.0))
        segments = arrayToLineSegments(x, y, "pairs", finiteCheck=False)  # which holds the memory
        painter.drawLines(*segments.drawargs())

    def _paint_one(self, painter: QPainter, run: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = [QPointF(x, self.y_of(share)) for x, share in zip(self.xs(), self._places[run], strict=True)]
        for colour, width in ((self.theme.panel, 5.0), (self.theme.text, 2.0)):
            painter.setPen(line_pen(colour, width))
            painter.drawPolyline(points)

    def _paint_axes(self, painter: QPainter) -> None:
        metrics, xs = QFontMetricsF(self.font()), self.xs()
        room = xs[1] - xs[0] if len(xs) > 1 else float(self.width())
        frame, last = self.frame, len(xs) - 1
        count = max(int(frame.height() / (1.7 * metrics.height())), 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for i, (axis, x) in enumerate(zip(self.lines.axes, xs.tolist(), strict=True)):
            painter.setPen(QPen(QColor(mix(self.theme.line, self.theme.text, 0.35)), 1))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            if i == last:
                self._paint_bar(painter, x, frame)
            for share, text in axis.ticks(count):
                self._paint_tick(painter, metrics, x + (BAR if i == last else 0), self.y_of(share), text, room)
            self._paint_title(painter, metrics, i, x, room)

    def _paint_bar(self, painter: QPainter, x: float, frame: QRectF) -> None:
        """Draw the result's axis as a bar of the colours that its values have."""
        height = frame.height() / COLOURS
        for i, colour in enumerate(self._pens):
            painter.fillRect(QRectF(x, frame.bottom() - (i + 1) * height, BAR, height + 1), colour)

    def _paint_tick(
        self, painter: QPainter, metrics: QFontMetricsF, x: float, y: float, text: str, room: float
    ) -> None:
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room - 10, 24.0))
        place = QRectF(x + 3, y - metrics.height() / 2, metrics.horizontalAdvance(shown) + 3, metrics.height())
        ground = QColor(self.theme.panel)
        ground.setAlphaF(0.75)
        painter.fillRect(place, ground)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(place.adjusted(1, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF, i: int, x: float, room: float) -> None:
        last = len(self.lines.axes) - 1
        before, after = (x - 2 if i == 0 else room / 2 - 3), (self.width() - x - 2 if i == last else room / 2 - 3)
        width = before + after
        place = QRectF(x - before, 0, width, metrics.height() + 2)
        side = Qt.AlignmentFlag.AlignLeft if i == 0 else Qt.AlignmentFlag.AlignRight
        flag = Qt.AlignmentFlag.AlignHCenter if 0 < i < last else side
        current = i == self.current and self.hasFocus()
        painter.setPen(QColor(self.theme.accent if current else self.theme.secondary))
        shown = metrics.elidedText(short_title(self.lines.axes[i].quantity.path), Qt.TextElideMode.ElideRight, width)
        painter.drawText(place, flag | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_ranges(self, painter: QPainter) -> None:
        ground = QColor(self.theme.accent)
        ground.setAlphaF(0.35)
        painter.setPen(QPen(QColor(self.theme.accent), 1))
        painter.setBrush(ground)
        for axis, x in zip(self.lines.axes, self.xs().tolist(), strict=True):
            if axis.quantity.path in self.ranges:
                low, high = self.ranges[axis.quantity.path]
                painter.drawRect(QRectF(QPointF(x - 5, self.y_of(high)), QPointF(x + 5, self.y_of(low))))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    # what is under the pointer

    def axis_at(self, point: QPointF, reach: float = REACH) -> int | None:
        """Return the axis near a pixel."""
        xs = self.xs()
        if not len(xs):
            return None
        nearest = int(np.abs(xs - point.x()).argmin())
        return nearest if abs(xs[nearest] - point.x()) <= reach else None

    def is_title(self, point: QPointF) -> bool:
        """Whether a pixel is among the titles."""
        return point.y() < self.frame.top() - 4

    def run_at(self, point: QPointF) -> int | None:
        """Return the place of the run whose line is near a pixel, among those inside of the ranges."""
        xs, frame, inside = self.xs(), self.frame, np.flatnonzero(self.inside)
        if len(xs) < 2 or not len(inside) or not xs[0] - NEAR <= point.x() <= xs[-1] + NEAR:
            return None
        left = int(np.clip(np.searchsorted(xs, point.x()) - 1, 0, len(xs) - 2))
        share = float(np.clip((point.x() - xs[left]) / (xs[left + 1] - xs[left]), 0, 1))
        places = self._places[inside]
        y = frame.bottom() - frame.height() * (places[:, left] * (1 - share) + places[:, left + 1] * share)
        nearest = int(np.abs(y - point.y()).argmin())
        return int(inside[nearest]) if abs(y[nearest] - point.y()) <= NEAR else None

    def _under_pointer(self) -> int | None:
        if self.pointer is None or self.dragging or self.is_title(self.pointer):
            return None
        return self.run_at(self.pointer)

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the line under the pointer, or about the axis whose title it is."""
        if self.dragging or not self.lines.axes:
            return ()
        if self.is_title(point):
            axis = self.axis_at(point, self.frame.width() / max(len(self.lines.axes) - 1, 1) / 2)
            return () if axis is None else (Row(self.lines.axes[axis].quantity.path),)
        run = self.run_at(point)
        if run is None:
            return ()
        colour = self._pens[self._colours[run]].name() if self._colours[run] >= 0 else self.theme.secondary
        rows = [Row(short_title(axis.quantity.path), axis.text(run)) for axis in self.lines.axes]
        return (Row(self.tr("run {0}").format(self.lines.numbers[run]), "", Sample(colour)), *rows)


def _ends(points: Doubles) -> Doubles:
    """Return the ends of the stretches between (n, axes) points: (n, 2 axes - 2)."""
    return np.stack([points[:, :-1], points[:, 1:]], axis=2).reshape(len(points), -1)
