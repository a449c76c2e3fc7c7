"""A legend: samples of lines or symbols with their names, in one row or wrapped into several."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.brief import brief
from nnplayground.gui.views.symbols import Sample, draw_sample

Entries = tuple[tuple[Sample, str], ...]

_LEAST = 3  # letters of a name that are worth showing before an ellipsis


@dataclass(frozen=True)
class _Measure:
    """How far apart things stand, in pixels."""

    line: int  # the length of a line's sample, at plain type
    before: float  # from a sample to its name
    between: float  # from one entry to the next


_ROOMY, _TIGHT = _Measure(18, 5.0, 12.0), _Measure(13, 3.0, 8.0)


class Legend(QWidget):
    """Says what samples mean. Wraps where it is allowed more than one row's height.

    Else, where there is little room, it draws closer together, shortens names, cuts the longest, and leaves out the
    last ones.
    """

    changed = Signal()  # other entries

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, wrap: bool = False) -> None:
        super().__init__(parent)
        self.entries: Entries = ()
        self._theme = theme
        self._wrap = wrap
        upright = QSizePolicy.Policy.Minimum if wrap else QSizePolicy.Policy.Fixed  # which would keep it to one row
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, upright)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.updateGeometry()

    def set_entries(self, entries: Entries) -> None:
        """Show other entries."""
        if entries != self.entries:
            self.entries = entries
            self.setAccessibleName(", ".join(text for _, text in entries))
            self._tell()
            self.updateGeometry()
            self.update()
            self.changed.emit()

    def least_width(self) -> int:
        """Return the pixels that one row takes with no name cut."""
        return ceil(self._row_width(_shortened(self.entries), _TIGHT)) + 1

    def sizeHint(self) -> QSize:
        """Return the size in one row."""
        return QSize(ceil(self._row_width(self.entries, _ROOMY)) + 1, self._row_height())

    def minimumSizeHint(self) -> QSize:
        """Return the size of the widest entry alone."""
        widest = max((self._width(sample, text, _TIGHT) for sample, text in self.entries), default=0.0)
        return QSize(round(min(widest, 60)), self._row_height())

    def hasHeightForWidth(self) -> bool:
        """Return whether rows are wrapped."""
        return self._wrap

    def heightForWidth(self, width: int) -> int:
        """Return the height of the rows that entries take in `width`."""
        placed = self._places(width)
        return round(placed[-1][2].bottom()) if placed else self._row_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell in the tip what is cut."""
        super().resizeEvent(event)
        self._tell()

    @property
    def shown(self) -> tuple[str, ...]:
        """The names as they are drawn."""
        return tuple(text for _, text, _ in self._places(self.width()))

    def _tell(self) -> None:
        names = tuple(text for _, text in self.entries)
        self.setToolTip("" if self.shown == names else "\n".join(names))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw each entry."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for sample, text, place in self._places(self.width()):
            size = self._sample_width(sample, self._measure())
            draw_sample(painter, self._theme, sample, QRectF(place.left(), place.top(), size, place.height()))
            painter.setPen(QColor(self._theme.secondary))
            place.setLeft(place.left() + size + self._measure().before)
            painter.drawText(place.adjusted(0, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _row_height(self) -> int:
        return round(QFontMetricsF(self.font()).height()) + 2

    def _sample_width(self, sample: Sample, measure: _Measure) -> float:
        return self._theme.scaled(measure.line if sample.shape in ("line", "dash") else 9)

    def _width(self, sample: Sample, text: str, measure: _Measure) -> float:
        return self._sample_width(sample, measure) + measure.before + QFontMetricsF(self.font()).horizontalAdvance(text)

    def _row_width(self, entries: Entries, measure: _Measure) -> float:
        widths = [self._width(sample, text, measure) for sample, text in entries]
        return sum(widths) + measure.between * max(len(widths) - 1, 0)

    def _measure(self) -> _Measure:
        """Return how far apart things stand."""
        return _ROOMY if self._wrap or self._row_width(self.entries, _ROOMY) <= self.width() else _TIGHT

    def _fitted(self, width: float) -> Entries:
        """Return the entries as they fit in one row: in short, the longest names cut, or without the last ones."""
        measure, metrics = self._measure(), QFontMetricsF(self.font())
        for entries in (self.entries, _shortened(self.entries)):
            if self._row_width(entries, measure) <= width:
                return entries
        for count in range(len(entries), 0, -1):
            names = [text for _, text in entries[:count]]
            room = width - self._row_width(tuple((sample, "") for sample, _ in entries[:count]), measure)
            limit = _limit([metrics.horizontalAdvance(name) for name in names], room)
            cut = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, limit + 0.5) for name in names]
            if all(shown == name or len(shown) > _LEAST for shown, name in zip(cut, names, strict=True)):
                return tuple((sample, text) for (sample, _), text in zip(entries, cut, strict=False))
        return ()

    def _places(self, width: float) -> list[tuple[Sample, str, QRectF]]:
        """Return each entry that is shown: its sample, its name as it is drawn, its rectangle."""
        placed, left, top, height, measure = [], 0.0, 0.0, float(self._row_height()), self._measure()
        metrics = QFontMetricsF(self.font())
        for sample, name in self.entries if self._wrap else self._fitted(width):
            text, needed = name, self._width(sample, name, measure)
            if self._wrap and left > 0 and left + needed > width:
                left, top = 0.0, top + height
            if left + needed > width + 0.5:  # alone in its row
                room = max(width - left - self._sample_width(sample, measure) - measure.before, 0.0)
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room + 0.5)
            placed.append((sample, text, QRectF(left, top, needed, height)))
            left += needed + measure.between
        return placed


def _shortened(entries: Entries) -> Entries:
    return tuple((sample, brief(name)) for sample, name in entries)


def _limit(widths: list[float], room: float) -> float:
    """Return the width to which the widest are cut so that all of them together take `room`."""
    for count, width in enumerate(sorted(widths), start=-len(widths)):
        if width * -count > room:
            return room / -count
        room -= width
    return max(widths)
