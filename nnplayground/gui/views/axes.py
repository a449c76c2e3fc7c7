"""The axis items of plots, with ticks and texts in the theme's colours."""

from __future__ import annotations

from math import ceil
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nnplayground.gui.numbers import NARROW
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.ticks import linear_ticks, log_tick_text, log_ticks, nice_step, tick_text


class Axis(pg.AxisItem):
    """One axis: text in the theme's colour, no line of its own; the left one draws the faint grid."""

    def __init__(self, orientation: str, *, grid: bool) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.logarithmic = False
        self.percent = False  # positions are shares
        self.names: tuple[str, ...] = ()  # of whole positions from 0 on, in the place of numbers
        self.unit = ""  # written at the upper end, where no tick's text is then
        self.enableAutoSIPrefix(False)
        self.setStyle(
            hideOverlappingLabels=40, tickAlpha=255 if grid else 0, maxTextLevel=0, tickTextOffset=6 if grid else 3
        )
        self.setGrid(255 if grid else False)
        self._ticks_drawn = grid
        self._metrics = QFontMetricsF(QFont())

    def set_theme(self, theme: Theme, font: QFont) -> None:
        """Take on colours and font."""
        self._metrics = QFontMetricsF(font)
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
            return [log_tick_text(10.0**value) for value in values]
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
        """Return what is to be drawn, as pyqtgraph wants it: the axis, ticks, and texts with the unit among them."""
        specs = super().generateDrawSpecs(p)
        if specs is None or not self.unit:
            return specs
        axis, ticks, texts = specs
        bounds, height = self.mapRectFromParent(self.geometry()), self._metrics.height()
        width = self._metrics.horizontalAdvance(self.unit) + 1
        if self.orientation == "bottom":
            place = QRectF(bounds.right() - width, bounds.top() + 3, width, height)
        else:
            place = QRectF(bounds.right() - 6 - width, bounds.top() - height / 2, width, height)
        room = place.adjusted(-height / 2, -1, height / 2, 1)
        kept = [text for text in texts if not text[0].intersects(room)]
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip
        return axis, ticks, [*kept, (place, flags, self.unit)]

    def boundingRect(self) -> QRectF:
        """Leave room for the halves of the outermost texts that reach past the axis's ends."""
        room = self._metrics.height()
        return super().boundingRect().adjusted(0, -room, room, room)
