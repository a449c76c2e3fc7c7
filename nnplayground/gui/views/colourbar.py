"""A bar of colours with the values they stand for underneath."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.palette import Levels

THICKNESS = 6  # pixels


class ColourBar(QWidget):
    """The diverging colours between two levels; underneath, the numbers and, where it fits, what they mean."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.levels = Levels(0.0, 1.0)
        self.meaning = ""
        self._logarithmic = False
        self.table: NDArray[np.uint8] = np.zeros((256, 4), np.uint8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.updateGeometry()
        self.update()

    def show_levels(self, levels: Levels, table: NDArray[np.uint8], meaning: str, *, logarithmic: bool = False) -> None:
        """Show colours (n, 4) uint8 for these levels, or these decimal logarithms, and in words what is meant."""
        shown = levels, meaning, logarithmic
        if shown != (self.levels, self.meaning, self._logarithmic) or not np.array_equal(table, self.table):
            self.levels, self.meaning, self._logarithmic = shown
            self.table = table
            self.setAccessibleName(meaning)
            self.update()

    def texts(self) -> tuple[str, str, str]:
        """Return the numbers at the left end, in the middle and at the right end."""
        places = self.levels.low, (self.levels.low + self.levels.high) / 2, self.levels.high
        values = [10.0**v for v in places] if self._logarithmic else places
        low, between, high = (format_number(v, 3, trim=True) for v in values)
        return low, between, high

    def sizeHint(self) -> QSize:
        """Return a width to read the numbers by, and the height of bar and numbers."""
        line = QFontMetricsF(self.font()).height()
        return QSize(self._theme.scaled(150), round(THICKNESS + line + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bar and numbers."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 1, self.width(), THICKNESS)
        path = QPainterPath()
        path.addRoundedRect(bar, 3, 3)
        painter.setClipPath(path)
        row = np.ascontiguousarray(self.table[None])
        painter.drawImage(bar, QImage(row.data, row.shape[1], 1, 4 * row.shape[1], QImage.Format.Format_RGBA8888))
        painter.setClipping(False)
        painter.setPen(QColor(self._theme.secondary))
        below = QRectF(0, bar.bottom() + 2, self.width(), QFontMetricsF(self.font()).height() + 1)
        metrics, texts = QFontMetricsF(self.font()), list(self.texts())
        if metrics.horizontalAdvance("  ".join((texts[0], self.meaning, texts[2]))) < self.width():
            texts[1] = self.meaning
        flags = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight
        for text, flag in zip(texts, flags, strict=True):
            painter.drawText(below, flag, text)
