"""A picture of rows and columns, painted: numbers with bars, names with symbols; the wheel and the keys scroll it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.picture import Picture
from nnplayground.gui.views.readout import GAP, Readout, Row, paint_box
from nnplayground.gui.views.symbols import Sample, draw_sample

BAR = 0.28  # of the accent in the colour of bars: text on them can be read
LONGEST = 12  # letters of a name that are to be read
NOTCH = 120  # of a wheel's turn, in Qt's eighths of degrees


@dataclass(frozen=True)
class Column:
    """A column: its title, and how much of the width it takes beside others; `least` is in widths of a figure."""

    title: str
    weight: float = 1.0
    least: float = 5.0
    right: bool = True  # where its text stands


@dataclass(frozen=True)
class Cell:
    """What stands in a row's column: a text, a bar as long as a share of the column, a symbol before the text."""

    text: str
    share: float | None = None
    sample: Sample | None = None


def figures_of(names: Sequence[str]) -> float:
    """Return how wide a column of names with symbols should be, in figures; long ones are elided."""
    return min(max(map(len, names), default=0), LONGEST) + 2.5


class ListPicture(Picture):
    """Rows under a header. Columns that have no room are left out, from the last."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.columns: tuple[Column, ...] = ()
        self.lines: tuple[tuple[Cell, ...], ...] = ()
        self.apart = 0  # of the lines, from the last: they stand below a rule
        self.message = ""
        self.top = 0  # the first line in sight
        self._turned = 0  # of the wheel, less than a notch
        self._pointer: QPointF | None = None

    def show_lines(self, columns: tuple[Column, ...], lines: tuple[tuple[Cell, ...], ...], apart: int = 0) -> None:
        """Show other lines."""
        self.columns, self.lines, self.apart = columns, lines, apart
        self.scroll_to(self.top)
        self.update()

    def hint(self, line: int) -> tuple[Row, ...]:
        """Return what the read-out says about a line."""
        del line
        return ()

    # layout

    def line_height(self) -> float:
        """Return a line's height."""
        return QFontMetricsF(small_font(self.theme)).height() + 4

    def room(self) -> int:
        """Return how many lines have room under the header."""
        return max(int((self.height() - self.line_height() - 2) / self.line_height()), 1)

    def scroll_to(self, top: int) -> None:
        """Show lines from `top` on, as far as there are any."""
        kept = min(max(top, 0), max(len(self.lines) - self.room(), 0))
        if kept != self.top:
            self.top = kept
            self.update()

    def places(self) -> list[tuple[float, float]]:
        """Return left and width of each column that has room."""
        figure = QFontMetricsF(small_font(self.theme)).horizontalAdvance("0")
        whole = self.width() - (GAP if len(self.lines) > self.room() else 0)
        least = [column.least * figure + GAP for column in self.columns]
        shown = len(least)
        while shown > 1 and sum(least[:shown]) > whole:
            shown -= 1
        spare = max(whole - sum(least[:shown]), 0)
        weights = sum(column.weight for column in self.columns[:shown]) or 1.0
        found, left = [], 0.0
        for column, own in zip(self.columns[:shown], least, strict=False):
            width = own + spare * column.weight / weights
            found.append((left, width))
            left += width
        return found

    def line_at(self, point: QPointF) -> int | None:
        """Return the line at a pixel, or None beside them."""
        line = self.top + int((point.y() - self.line_height() - 2) / self.line_height())
        inside = point.y() >= self.line_height() + 2 and self.top <= line < min(len(self.lines), self.top + self.room())
        return line if inside else None

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw header, lines in sight, scroll mark and read-out."""
        del event
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        if self.message or not self.lines:
            painter.setPen(QColor(self.theme.secondary))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self.message)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places, height = self.places(), self.line_height()
        painter.setPen(QColor(self.theme.secondary))
        for column, (left, width) in zip(self.columns, places, strict=False):
            self._write(painter, column.title, QRectF(left, 0, width - GAP, height), right=column.right)
        self._rule(painter, height)
        under = self.line_at(self._pointer) if self._pointer is not None else None
        for line in range(self.top, min(self.top + self.room(), len(self.lines))):
            y = height + 2 + (line - self.top) * height
            if line == under:
                painter.fillRect(
                    QRectF(0, y, self.width(), height), QColor(mix(self.theme.panel, self.theme.text, 0.05))
                )
            if self.apart and line == len(self.lines) - self.apart:
                self._rule(painter, y)
            for cell, column, (left, width) in zip(self.lines[line], self.columns, places, strict=False):
                self._paint_cell(painter, cell, QRectF(left, y, width - GAP, height), right=column.right)
        self._paint_scroll(painter)
        if self.hasFocus():
            painter.setPen(QColor(self.theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        if under is not None and self._pointer is not None and (rows := self.hint(under)):
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, painter.font(), readout, QRectF(self.rect()))

    def _paint_cell(self, painter: QPainter, cell: Cell, place: QRectF, *, right: bool) -> None:
        if cell.share is not None:
            full = QColor(mix(self.theme.panel, self.theme.accent, BAR))
            painter.fillRect(
                QRectF(place.left(), place.top() + 2, place.width() * cell.share, place.height() - 4), full
            )
        if cell.sample is not None:
            side = self.theme.scaled(9)
            draw_sample(painter, self.theme, cell.sample, QRectF(place.left(), place.top(), side, place.height()))
            place = place.adjusted(side + 4, 0, 0, 0)
        painter.setPen(QColor(self.theme.text))
        inset = 2 if cell.share is not None else 0
        self._write(painter, cell.text, place.adjusted(inset, 0, -inset, 0), right=right)

    @staticmethod
    def _write(painter: QPainter, text: str, place: QRectF, *, right: bool) -> None:
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        metrics = QFontMetricsF(painter.font())
        if metrics.maxWidth() * len(text) > place.width():  # else it fits for certain
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width() + 0.5)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, text)

    def _rule(self, painter: QPainter, y: float) -> None:
        painter.fillRect(QRectF(0, round(y), self.width(), 1), QColor(self.theme.line))

    def _paint_scroll(self, painter: QPainter) -> None:
        count, room = len(self.lines), self.room()
        if count > room:
            track = self.height() - self.line_height() - 2
            top = self.line_height() + 2 + track * self.top / count
            mark = QRectF(self.width() - 4, top, 4, track * room / count)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(mix(self.theme.panel, self.theme.text, 0.22)))
            painter.drawRoundedRect(mark, 2, 2)

    # events

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll by three lines a notch."""
        self._turned += event.angleDelta().y()
        notches = int(self._turned / NOTCH)
        self._turned -= notches * NOTCH
        self.scroll_to(self.top - 3 * notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll by the arrows, page up and down, home and end."""
        key, page = Qt.Key, self.room()
        wanted = {
            key.Key_Up: self.top - 1,
            key.Key_Down: self.top + 1,
            key.Key_PageUp: self.top - page,
            key.Key_PageDown: self.top + page,
            key.Key_Home: 0,
            key.Key_End: len(self.lines),
        }.get(key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self.scroll_to(wanted)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the line under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()
