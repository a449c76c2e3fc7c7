"""The picture of parallel coordinates: an axis for each knob, a line for each run, ranges of axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from nnplayground.gui.runs.comparison.layers import Layers
from nnplayground.gui.runs.comparison.lines import COLOURS, Doubles, Lines, Range
from nnplayground.gui.runs.comparison.scales import MISSING, short_title
from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.palette import even
from nnplayground.gui.views.readout import Readout, Row, paint_box
from nnplayground.gui.views.symbols import Sample, line_pen

SMOOTH = 300  # lines up to which their steps are smoothed: of more it takes too long, and shows nothing
REACH = 14.0  # pixels beside an axis that are still at it
NEAR = 8.0  # pixels from a line that is read out
BAR = 5.0  # pixels of the result's axis, which is the bar of colours
MOVING = 8000  # stretches of lines inside of the ranges that are drawn at most while these change: for about 10 ms
REST_MS = 150  # without a change, after which all are drawn

Group = tuple["slice | NDArray[np.bool_]", str]  # which lines, and their colour


class Bundle(QWidget):
    """Lines over axes, those outside of the ranges faded; drawn anew only where anything of them has changed.

    While ranges change, all lines faded are one picture that stays; of those inside, some are drawn over it, and the
    rest of them once the ranges rest.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.lines = Lines()
        self.ranges: dict[str, Range] = {}  # brushed, by path, in shares
        self.current = 0  # the axis that keys brush
        self._layers = Layers()
        self._moving = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.settle)
        self._framed: tuple[object, QRectF] = (None, QRectF())
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
        self.ranges = {axis.quantity.path: r for axis in lines.axes if (r := self.ranges.get(axis.quantity.path))}
        self.current = min(self.current, max(len(lines.axes) - 1, 0))
        self.redraw()

    def redraw(self) -> None:
        """Draw the lines anew."""
        self._layers.forget(ground=True)
        self.settle()

    def set_ranges(self, ranges: Mapping[str, Range]) -> None:
        """Draw only the runs within other ranges in colours, some of them at once, all as soon as the ranges rest."""
        self.ranges = dict(ranges)
        self._layers.forget(ground=False)
        self._moving = True
        self._rest.start()
        self.update()

    @Slot()
    def settle(self) -> None:
        """Draw all lines that lie inside of the ranges."""
        self._layers.forget(ground=False)
        self._moving = False
        self._rest.stop()
        self.update()

    def seen(self) -> NDArray[np.int64]:
        """Return the places of the runs that are drawn in colours: those inside, or some of them, always the same."""
        inside = np.flatnonzero(self.inside)
        return self.lines.some(inside, MOVING // max(len(self.lines.axes) - 1, 1)) if self._moving else inside

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which runs lie inside of every range brushed, (n,)."""
        return self.lines.inside(self.ranges)

    # places

    @property
    def frame(self) -> QRectF:
        """The rectangle between the first and the last axis."""
        depends = self.lines, self.size(), self.font()
        if depends != self._framed[0]:
            self._framed = depends, self._frame()
        return self._framed[1]

    def _frame(self) -> QRectF:
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
            if self.ranges:
                self._paint_faded(painter)
            self._paint_inside(painter)  # as shapes, not as a picture of them
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
        below = self._paint_faded if self.ranges else None
        return self._layers.drawn(self.size(), ratio, self.theme.panel, below, self._paint_inside)

    def _paint_faded(self, painter: QPainter) -> None:
        """Draw all lines as those are that lie outside of the ranges; those inside are drawn over themselves."""
        every = np.arange(len(self.lines.numbers))
        self._paint_groups(painter, every, [(slice(None), mix(self.theme.panel, self.theme.text, 0.12))])

    def _paint_inside(self, painter: QPainter) -> None:
        """Draw the lines inside of the ranges by colour, the most frequent ones first."""
        seen = self.seen()
        colours = self.lines.grades[seen]
        counts = np.bincount(colours[colours >= 0], minlength=COLOURS)
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        unknown = (colours < 0, mix(self.theme.panel, self.theme.text, 0.4))
        known = [(colours == colour, self._pens[colour].name()) for colour in order.tolist()]
        self._paint_groups(painter, seen, [unknown, *known])

    def _paint_groups(self, painter: QPainter, runs: NDArray[np.int64], groups: Sequence[Group]) -> None:
        """Draw the lines of runs, each stretch by its two ends: those of each group, one after the other."""
        if len(self.lines.axes) < 2 or not len(runs):
            return
        from pyqtgraph.graphicsItems.PlotCurveItem import arrayToLineSegments

        frame, smooth = self.frame, len(self.lines.places) <= SMOOTH
        x = np.tile(_ends(self.xs()[None]), (len(runs), 1))
        y = _ends(frame.bottom() - self.lines.places[runs] * frame.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        for which, colour in groups:
            if len(ends := x[which]):
                painter.setPen(line_pen(colour, self.theme.pen_width if smooth else 1.0))
                segments = arrayToLineSegments(ends.ravel(), y[which].ravel(), "pairs", finiteCheck=False)
                painter.drawLines(*segments.drawargs())  # of memory that `segments` holds

    def _paint_one(self, painter: QPainter, run: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = [QPointF(x, self.y_of(share)) for x, share in zip(self.xs(), self.lines.places[run], strict=True)]
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
        places = self.lines.places[inside]
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
        colour = self._pens[self.lines.grades[run]].name() if self.lines.grades[run] >= 0 else self.theme.secondary
        rows = [Row(short_title(axis.quantity.path), axis.text(run)) for axis in self.lines.axes]
        return (Row(self.tr("run {0}").format(self.lines.numbers[run]), "", Sample(colour)), *rows)


def _ends(points: Doubles) -> Doubles:
    """Return the ends of the stretches between (n, axes) points: (n, 2 axes - 2)."""
    return np.stack([points[:, :-1], points[:, 1:]], axis=2).reshape(len(points), -1)
