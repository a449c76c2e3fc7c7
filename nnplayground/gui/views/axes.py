"""The axis items of plots, with ticks and texts in the theme's colours."""

from __future__ import annotations

from math import ceil
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nnplayground.gui.numbers import NARROW
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.ticks import linear_ticks, log_tick_text, log_ticks, nice_step, tick_text

Text = tuple[QRectF, int, str]  # where it stands, how it is aligned, what it says

MEASURED = 500  # texts whose size is remembered
_LEFT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextDontClip)
_BELOW = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextDontClip)


class Axis(pg.AxisItem):
    """One axis: text in the theme's colour, no line of its own; the left one draws the faint grid."""

    def __init__(self, orientation: str, *, grid: bool) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.logarithmic = False
        self.percent = False  # positions are shares
        self.names: tuple[str, ...] = ()  # of whole positions from 0 on, in the place of numbers
        self.zero: float | None = None  # on a logarithmic axis, the position that stands for 0
        self.unit = ""  # written at the upper end, where no tick's text is then
        self.enableAutoSIPrefix(False)
        self.setStyle(
            hideOverlappingLabels=40, tickAlpha=255 if grid else 0, maxTextLevel=0, tickTextOffset=6 if grid else 3
        )
        self.setGrid(255 if grid else False)
        self._ticks_drawn = grid
        self.grid_lines: list[QLineF] = []
        self._metrics = QFontMetricsF(QFont())
        self._sizes: dict[str, QSizeF] = {}  # of texts: measuring them takes longer than drawing them
        self._bounds: tuple[object, QRectF] = (None, QRectF())

    def set_theme(self, theme: Theme, font: QFont) -> None:
        """Take on colours and font."""
        self._metrics = QFontMetricsF(font)
        self._sizes.clear()
        self.setStyle(tickFont=font)
        self.setPen(QColor(0, 0, 0, 0))
        self.setTickPen(QColor(theme.line) if self._ticks_drawn else QColor(0, 0, 0, 0))
        self.setTextPen(QColor(theme.secondary))

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N803
        """Return [(spacing, positions)] of the ticks between two positions, `size` pixels apart."""
        low, high = sorted((minVal, maxVal))
        if not high > low:
            return []
        if self.names:
            widest = max(self._metrics.horizontalAdvance(name) for name in self.names) + self._metrics.height()
            every = max(ceil(widest * (high - low) / size), 1)
            return [(every, [float(i) for i in range(0, len(self.names), every) if low <= i <= high])]
        needed = self._metrics.height() * 1.9
        if self.orientation == "bottom":
            widest = max(len(tick_text(v, high - low)) for v in (low, high))
            needed = self._metrics.horizontalAdvance("0") * (widest + 3 + 2 * self.percent)
        count = max(int(size / needed), 2) + bool(self.unit)  # where the unit stands, a tick has no text
        if self.logarithmic:
            return [(1.0, log_ticks(low, high, count))]
        return [(nice_step(high - low, count), linear_ticks(low, high, count))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the text of each tick."""
        del scale
        if self.names:
            return [self.names[round(value)] for value in values]
        if self.logarithmic:
            return ["0" if value == self.zero else log_tick_text(10.0**value) for value in values]
        if self.percent:
            return [tick_text(value * 100, spacing * 100) + NARROW + "%" for value in values]
        return [tick_text(value, spacing) for value in values]

    def set_unit(self, unit: str) -> None:
        """Write another unit at the axis's upper end."""
        if unit != self.unit:
            self.unit = unit
            self.picture = None
            self.update()

    def generateDrawSpecs(self, p: QPainter) -> Any:
        """Return what is to be drawn, as pyqtgraph wants it: no axis, ticks, and texts with the unit among them.

        pyqtgraph's own way does the same for any axis, and several times as slowly.
        """
        bounds, (low, high) = QRectF(QPointF(0, 0), self.size()), self.range
        upright = self.orientation == "left"
        length = bounds.height() if upright else bounds.width()
        if not length or not high > low:
            return None
        wanted = {}
        for value, text in self._labelled(low, high, length):
            if low <= value <= high:
                share = (value - low) / (high - low)
                wanted[(1 - share if upright else share) * length] = text
        return None, self._ticks(bounds, list(wanted)), self._with_unit(bounds, self._texts(p, wanted))

    def _labelled(self, low: float, high: float, length: float) -> list[tuple[float, str]]:
        """Return the ticks between two positions, `length` pixels apart, with their texts."""
        if self._tickLevels is not None:  # they were set
            return self._tickLevels[0]
        levels = self.tickValues(low, high, length)
        return [
            (v, text) for spacing, vs in levels for v, text in zip(vs, self.tickStrings(vs, 1.0, spacing), strict=True)
        ]

    def draw_grid(self, painter: QPainter) -> None:
        """Draw the lines of the grid alone, as they were when the axis was painted last."""
        if self.grid_lines:
            painter.setPen(self.tickPen())
            painter.drawLines(self.grid_lines)

    def _ticks(self, bounds: QRectF, places: list[float]) -> list[QLineF]:
        """Return the lines of the grid."""
        view = self.linkedView()
        if not self._ticks_drawn or view is None:
            return []
        area = view.mapRectToItem(self, view.boundingRect())
        if self.orientation == "left":
            return [QLineF(area.right(), y, bounds.right(), y) for y in places]
        return [QLineF(x, area.top(), x, bounds.top()) for x in places]

    def _texts(self, p: QPainter, wanted: dict[float, str]) -> list[Text]:
        """Return where texts stand at these places, those left out that do not fit."""
        upright, room = self.orientation == "left", self.boundingRect()
        texts: list[Text] = []
        offset, right = self.style["tickTextOffset"][0 if upright else 1], self.size().width()
        widest = 0.0
        for place, text in wanted.items():
            size = self._size(p, text)
            width, height = size.width(), size.height()
            widest = max(widest, width if upright else height)
            if upright:
                rect = QRectF(right - offset - width, place - height / 2, width, height)
            else:
                rect = QRectF(place - width / 2, offset, width, height)
            apart = 0.0 if upright else 0.4 * self._metrics.height()
            clear = not texts or not rect.adjusted(-apart, 0, apart, 0).intersects(texts[-1][0])  # of its neighbour
            if clear and room & rect == rect:
                texts.append((rect, _LEFT if upright else _BELOW, text))
        self._updateMaxTextSize(widest)
        return texts

    def _size(self, p: QPainter, text: str) -> QSizeF:
        if text not in self._sizes:
            if len(self._sizes) >= MEASURED:
                self._sizes.clear()
            size = p.boundingRect(QRectF(0, 0, 100, 100), Qt.AlignmentFlag.AlignCenter, text).size()
            self._sizes[text] = QSizeF(size.width(), size.height() * 0.8)  # it is a bit too large
        return self._sizes[text]

    def _with_unit(self, bounds: QRectF, texts: list[Text]) -> list[Text]:
        """Return the texts with the unit in the place of those that are in its way."""
        if not self.unit:
            return texts
        height = self._metrics.height()
        width = self._metrics.horizontalAdvance(self.unit) + 1
        if self.orientation == "bottom":
            place = QRectF(bounds.right() - width, bounds.top() + 3, width, height)
        else:
            place = QRectF(bounds.right() - 6 - width, bounds.top() - height / 2, width, height)
        room = place.adjusted(-height / 2, -1, height / 2, 1)
        kept = [text for text in texts if not text[0].intersects(room)]
        flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextDontClip)
        return [*kept, (place, flags, self.unit)]

    def drawPicture(self, p: QPainter, _axis: object, ticks: list[QLineF], texts: list[Text]) -> None:
        """Draw what `generateDrawSpecs` found."""
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        p.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
        self.grid_lines = ticks
        self.draw_grid(p)
        p.setPen(self.textPen())
        p.setClipRect(self.boundingRect().toAlignedRect())
        for rect, flags, text in texts:
            p.drawText(rect, flags, text)

    def boundingRect(self) -> QRectF:
        """Leave room for the halves of the outermost texts that reach past the axis's ends."""
        view = self.linkedView()
        depends = self.size(), self.pos(), None if view is None else view.geometry(), self._metrics.height(), self.grid
        if depends != self._bounds[0]:
            room = self._metrics.height()
            self._bounds = depends, super().boundingRect().adjusted(0, -room, room, room)
        return self._bounds[1]
