"""Where an axis begins, ends and has its ticks, linear or logarithmic, and the axis items that show them.

On a logarithmic axis positions are decimal logarithms throughout; only the text of a tick shows the value.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nnplayground.gui.numbers import NARROW, format_number
from nnplayground.gui.theme import Theme

_STEPS = (1.0, 2.0, 5.0, 10.0)
_MULTIPLES = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,))
_SLACK = 1e-9  # of a tick's spacing, so that rounding does not lose the tick at an axis's end


def nice_step(span: float, count: int) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten of which at most `count` fit into `span` > 0."""
    least = span / max(count, 1)
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - _SLACK))


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Return at most about `count` round values from `low` to `high`."""
    step = nice_step(high - low, count)
    first, last = ceil(low / step - _SLACK), floor(high / step + _SLACK)
    return [i * step for i in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` ticks, as logarithms, between two logarithms: 1, 0.3, 0.1 … by as much as fits."""
    for multiples in _MULTIPLES:
        ticks = [
            decade + log10(multiple)
            for decade in range(floor(low), floor(high) + 1)
            for multiple in multiples
            if low - _SLACK <= decade + log10(multiple) <= high + _SLACK
        ]
        if 2 <= len(ticks) <= count + 1:
            return ticks
    if len(ticks) > count:
        every = ceil((high - low) / count)
        return [float(i) for i in range(ceil(low), floor(high) + 1) if i % every == 0]
    return [log10(value) for value in linear_ticks(10.0**low, 10.0**high, count) if value > 0]


def linear_limits(low: float, high: float) -> tuple[float, float]:
    """Return round limits just outside `low` and `high`, never equal."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-12):
        margin = abs(high) / 2 or 0.5
        low, high = low - margin, high + margin
    step = nice_step(high - low, 10)
    return floor(low / step + _SLACK) * step, ceil(high / step - _SLACK) * step


def log_limits(low: float, high: float) -> tuple[float, float]:
    """Return limits, as logarithms, just outside the values `low` and `high` > 0: at 1 or 3 times a power of ten."""
    bottom, top = log10(low), log10(high)
    stops = (0.0, log10(3.0), 1.0)
    first = floor(bottom) + max(s for s in stops if s <= bottom - floor(bottom) + _SLACK)
    last = floor(top) + min(s for s in stops if s >= top - floor(top) - _SLACK)
    return (first, last) if last - first > 0.4 else (first - log10(3.0), last + 1 - log10(3.0))


def tick_text(value: float, step: float) -> str:
    """Return the text of a linear tick, with the decimals that ticks `step` apart need."""
    if abs(value) < step * _SLACK:
        return format_number(0, trim=True)
    decimals = max(0, -floor(log10(step) + _SLACK))
    return format_number(value, max(floor(log10(abs(value)) + _SLACK) + 1 + decimals, 1))


def log_tick_text(value: float) -> str:
    """Return the text of a logarithmic tick: 0.03, 10 000, 1e-6."""
    return format_number(value, 3, trim=True)


class Axis(pg.AxisItem):
    """One axis: text in the theme's colour, no line of its own; the left one draws the faint grid."""

    def __init__(self, orientation: str, *, grid: bool) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.logarithmic = False
        self.percent = False  # positions are shares
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
        needed = self._metrics.height() * 1.9
        if self.orientation == "bottom":
            widest = max(len(tick_text(v, high - low)) for v in (low, high))
            needed = self._metrics.horizontalAdvance("0") * (widest + 3)
        count = max(int(size / needed), 2) + bool(self.unit)  # where the unit stands, a tick has no text
        if self.logarithmic:
            return [(1.0, log_ticks(low, high, count))]
        return [(nice_step(high - low, count), linear_ticks(low, high, count))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the text of each tick."""
        del scale
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
