"""Which classes are taken for which: counts of the validation part, true by predicted."""

from __future__ import annotations

from math import ceil, nan

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnplayground.engine.probes import Confusion, Request
from nnplayground.gui.numbers import format_count, format_percent
from nnplayground.gui.theme import Theme, contrast, mix, small_font
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.picture import CONFUSION_REQUEST, OutputOptions, Picture
from nnplayground.gui.views.readout import Readout, Row, paint_box
from nnplayground.gui.views.view import Frame, before_training

STRONGEST = 0.85  # of the colour of a cell that holds its whole row
SMALLEST_TEXT = 0.7  # of the usual size
GRADES = 32  # of colours between none and the strongest


def row_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts as shares of their row; a row without any is 0."""
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)


def graded(theme: Theme, full: str) -> list[tuple[QColor, QColor]]:
    """Return the colour of a cell, and of the text on it, by grade: from none up to its whole row."""
    empty = mix(theme.panel, theme.text, 0.03)
    grounds = [mix(empty, full, STRONGEST * grade / GRADES) for grade in range(GRADES + 1)]
    inks = [theme.text if contrast(theme.text, g) >= contrast(theme.panel, g) else theme.panel for g in grounds]
    return [(QColor(g), QColor(ink)) for g, ink in zip(grounds, [theme.secondary, *inks[1:]], strict=True)]


class ConfusionPicture(Picture):
    """A square of cells: right ones blue along the diagonal, wrong ones orange, as strong as their share of the row."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setMouseTracking(True)
        self.set_theme(theme)
        self.names: tuple[str, ...] = ()
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self.message = ""  # while nothing is known
        self.shares = False  # of the row, in place of counts
        self._pointer: QPointF | None = None

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the counts."""
        del options
        return frozenset({CONFUSION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the counts where they are known."""
        self.shares = options.shares
        found = frame.reading(CONFUSION_REQUEST, Confusion)
        self.names = frame.dataset.class_names if frame.dataset is not None else ()
        self.message = before_training(frame)
        self.counts = found.counts if found is not None else np.zeros((0, 0), np.int64)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        self._colours = graded(theme, theme.negative), graded(theme, theme.positive)  # wrong, right
        self.update()

    def table(self, frame: Frame) -> Table:
        """Return the counts, a row for each true class."""
        del frame
        names = self.names if len(self.counts) else ()
        return ["true \\ predicted", *names], [[n, *c] for n, c in zip(names, self.counts.tolist(), strict=True)]

    def cells(self) -> QRectF:
        """Return the square of all cells: right of the true classes' names, below the predicted ones'."""
        metrics = QFontMetricsF(small_font(self.theme))
        widest = max((metrics.horizontalAdvance(name) for name in self.names), default=0.0)
        left = min(widest, 0.3 * self.width()) + metrics.height() + 14
        top = 2 * metrics.height() + 6
        side = max(min(self.width() - left - 2, self.height() - top - 2), 0.0)
        return QRectF(left, top, side, side)

    def text_of(self, row: int, column: int) -> str:
        """Return what a cell says."""
        if not self.shares:
            return format_count(int(self.counts[row, column]))
        total = int(self.counts[row].sum())
        return format_percent(self.counts[row, column] / total if total else nan, 0)

    def strengths(self) -> NDArray[np.float64]:
        """Return how strong the colour of each cell is, from 0 to 1."""
        return row_shares(self.counts)

    def is_blue(self, row: int, column: int) -> bool:
        """Whether a cell is blue, and not orange: those that are right are."""
        return row == column

    def words(self) -> str:
        """Say what is counted."""
        return self.tr("validation, shares of the row") if self.shares else self.tr("validation samples")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells, names and read-out."""
        del event
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        if not len(self.counts):
            painter.setPen(QColor(self.theme.secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.message)
            return
        square = self.cells()
        self._paint_cells(painter, square)
        self._paint_names(painter, square)
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, painter.font(), readout, QRectF(self.rect()))

    def _paint_cells(self, painter: QPainter, square: QRectF) -> None:
        size = square.width() / len(self.counts)
        usual = painter.font()
        legible = self._fit_text(painter, size)
        for (row, column), share in np.ndenumerate(self.strengths()):
            ground, ink = self._colours[self.is_blue(row, column)][ceil(share * GRADES)]
            place = QRectF(square.left() + column * size, square.top() + row * size, size - 1, size - 1)
            painter.fillRect(place, ground)
            if legible:
                painter.setPen(ink)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.text_of(row, column))
        painter.setFont(usual)

    def _fit_text(self, painter: QPainter, size: float) -> bool:
        """Make the font so small that every count fits its cell; return whether it can still be read."""
        metrics, font = QFontMetricsF(painter.font()), painter.font()
        widest = metrics.horizontalAdvance(format_percent(1.0, 0) if self.shares else format_count(self.counts.max()))
        scale = min((size - 3) / max(widest, metrics.height()), 1.0)
        font.setPointSizeF(font.pointSizeF() * max(scale, SMALLEST_TEXT))
        painter.setFont(font)
        return scale >= SMALLEST_TEXT

    def _paint_names(self, painter: QPainter, square: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        size, line = square.width() / len(self.counts), metrics.height()
        painter.setPen(QColor(self.theme.text))
        for i, name in enumerate(self.names):
            beside = QRectF(line + 4, square.top() + i * size, square.left() - line - 10, size)
            if size >= line:
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, beside.width())
                painter.drawText(beside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            above = QRectF(square.left() + i * size, line + 2, size - 1, line)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, size - 2)
            if shown != "…":  # which says less than nothing; rows have the same names in the same order
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setPen(QColor(self.theme.secondary))
        painter.drawText(
            QRectF(square.left(), 0, square.width(), line), Qt.AlignmentFlag.AlignCenter, self.tr("predicted")
        )
        painter.save()
        painter.translate(0, square.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-100, 0, 200, line), Qt.AlignmentFlag.AlignCenter, self.tr("true"))
        painter.restore()

    def place_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return row and column of the cell at a pixel; None beside the cells."""
        square = self.cells()
        if not len(self.counts) or not square.contains(point):
            return None
        size = square.width() / len(self.counts)
        row, column = int((point.y() - square.top()) / size), int((point.x() - square.left()) / size)
        return min(row, len(self.counts) - 1), min(column, len(self.counts) - 1)

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the cell at a pixel; nothing beside the cells."""
        place = self.place_at(point)
        if place is None:
            return ()
        row, column = place
        total = int(self.counts[row].sum())
        share = format_percent(float(row_shares(self.counts)[row, column]))
        counts = {"count": format_count(int(self.counts[row, column])), "total": format_count(total)}
        of = self.tr("{count} of {total}").format(**counts)
        return (
            Row(self.tr("true"), self.names[row]),
            Row(self.tr("predicted"), self.names[column]),
            Row(of, share),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the cell under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()
