"""A legend: samples of lines or symbols with their names, in one row or wrapped into several."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.symbols import Sample, draw_sample

_BETWEEN = 12.0  # pixels from one entry to the next
_BEFORE = 5.0  # pixels from a sample to its name


class Legend(QWidget):
    """Says what samples mean. Wraps where it is allowed more than one row's height, and elides what does not fit."""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, wrap: bool = False) -> None:
        super().__init__(parent)
        self.entries: tuple[tuple[Sample, str], ...] = ()
        self._theme = theme
        self._wrap = wrap
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.updateGeometry()

    def set_entries(self, entries: tuple[tuple[Sample, str], ...]) -> None:
        """Show other entries."""
        if entries != self.entries:
            self.entries = entries
            self.setAccessibleName(", ".join(text for _, text in entries))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size in one row."""
        widths = [self._width(sample, text) for sample, text in self.entries]
        return QSize(round(sum(widths) + _BETWEEN * max(len(widths) - 1, 0)) + 1, self._row_height())

    def minimumSizeHint(self) -> QSize:
        """Return the size of the widest entry alone."""
        widest = max((self._width(sample, text) for sample, text in self.entries), default=0.0)
        return QSize(round(min(widest, 60)), self._row_height())

    def hasHeightForWidth(self) -> bool:
        """Return whether rows are wrapped."""
        return self._wrap

    def heightForWidth(self, width: int) -> int:
        """Return the height of the rows that entries take in `width`."""
        places = self._places(width)
        return round(places[-1].bottom()) if places else self._row_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw each entry."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        for (sample, text), place in zip(self.entries, self._places(self.width()), strict=True):
            size = self._sample_width(sample)
            draw_sample(painter, self._theme, sample, QRectF(place.left(), place.top(), size, place.height()))
            painter.setPen(QColor(self._theme.secondary))
            place.setLeft(place.left() + size + _BEFORE)
            shown = metrics.elidedText(
                text, Qt.TextElideMode.ElideRight, max(min(place.right(), self.width()) - place.left(), 0) + 0.5
            )
            painter.drawText(place.adjusted(0, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, shown)

    def _row_height(self) -> int:
        return round(QFontMetricsF(self.font()).height()) + 2

    def _sample_width(self, sample: Sample) -> float:
        return self._theme.scaled(18 if sample.shape in ("line", "dash") else 9)

    def _width(self, sample: Sample, text: str) -> float:
        return self._sample_width(sample) + _BEFORE + QFontMetricsF(self.font()).horizontalAdvance(text)

    def _places(self, width: float) -> list[QRectF]:
        """Return each entry's rectangle."""
        places, left, top, height = [], 0.0, 0.0, float(self._row_height())
        for sample, text in self.entries:
            needed = self._width(sample, text)
            if self._wrap and left > 0 and left + needed > width:
                left, top = 0.0, top + height
            places.append(QRectF(left, top, needed, height))
            left += needed + _BETWEEN
        return places
