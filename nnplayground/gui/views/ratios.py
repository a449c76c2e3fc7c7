"""How much the last step changed each layer, as points beside the layers' rows, and the rule of thumb as a line."""

from __future__ import annotations

from math import isfinite, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.symbols import FAINT, line_pen
from nnplayground.gui.views.ticks import log_tick_text
from nnplayground.runs.history import Curve

if TYPE_CHECKING:
    from nnplayground.gui.views.plotting import Plot

HEALTHY_RATIO = 1e-3  # of the size of updates to that of weights; A. Karpathy, "A recipe for training neural networks"
LIMITS = (-7.0, 0.0)  # logarithms of the ratios shown; what lies beyond stands at the edge, as a triangle
WIDTH, SHARE = 92, 0.3  # pixels, at plain type; of the width of the view, at most


class Ratios(QWidget):
    """Stands right of a plot whose row i, at position i of its y axis, is layer i."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.plot: Plot | None = None
        self.curve: Curve | None = None  # (layers, 1): what the last point of the plot stands for
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Update ÷ weights now, per layer"))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.update()

    def fit(self, width: int) -> None:
        """Take what is right of so wide a view."""
        self.setFixedWidth(min(self._theme.scaled(WIDTH), round(SHARE * width)))

    def show_curve(self, curve: Curve) -> None:
        """Show other ratios."""
        self.curve = curve
        self.update()

    def x_of(self, ratio: float) -> float:
        """Return the pixel of a ratio, those off the scale at its edge."""
        low, high = LIMITS
        share = (min(max(log10(ratio), low), high) - low) / (high - low) if ratio > 0 else 0.0
        margin = self._theme.scaled(8)
        return margin + share * (self.width() - 2 * margin)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rule, and a point for each layer with the range of what it stands for."""
        del event
        if self.plot is None or self.curve is None:
            return
        painter, theme, area = QPainter(self), self._theme, self.plot.notes.area
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rule = self.x_of(HEALTHY_RATIO)
        painter.setPen(line_pen(theme.secondary, 1.0, dashed=True))
        painter.drawLine(QPointF(rule, area.top()), QPointF(rule, area.bottom()))
        painter.setPen(QColor(theme.secondary))
        line = QFontMetricsF(self.font()).height()
        below = QRectF(0.0, area.bottom() + 3, self.width(), line)
        if self.width() >= theme.scaled(WIDTH):
            ends = (log_tick_text(10.0**end) for end in LIMITS)
            for text, side in zip(ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
                painter.drawText(below, side, text)
        middle = QRectF(rule - self.width() / 2, below.top(), self.width(), line)
        painter.drawText(middle, Qt.AlignmentFlag.AlignHCenter, log_tick_text(HEALTHY_RATIO))
        radius = max(min(theme.scaled(3), area.height() / len(self.curve.mean) / 2), 1.0)
        for row in range(len(self.curve.mean)):
            self._paint_row(painter, self.curve, row, self.plot.notes.pixel_y(row), radius)

    def _paint_row(self, painter: QPainter, curve: Curve, row: int, y: float, radius: float) -> None:
        low, mean, high = (float(values[row, -1]) for values in (curve.low, curve.mean, curve.high))
        if not isfinite(mean):
            return
        theme, x = self._theme, self.x_of(mean)
        painter.setPen(QPen(QColor(mix(theme.panel, theme.accent, FAINT)), max(radius / 2, 1.0)))
        painter.drawLine(QPointF(self.x_of(low), y), QPointF(self.x_of(high) if isfinite(high) else self.width(), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        outside = (mean > 0 and log10(mean) > LIMITS[1]) - (mean <= 0 or log10(mean) < LIMITS[0])
        if outside:
            tip, base = x + outside * radius, x - outside * radius
            painter.drawPolygon([QPointF(tip, y), QPointF(base, y - radius), QPointF(base, y + radius)])
        else:
            painter.drawEllipse(QPointF(x, y), radius, radius)
