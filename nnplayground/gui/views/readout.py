"""The read-out: a small box beside the pointer that says what is there."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.symbols import Sample, draw_sample

GAP = 6.0  # pixels between things that stand beside each other


@dataclass(frozen=True)
class Row:
    """One line of the read-out: a sample of what is meant, its name, its value."""

    text: str
    value: str = ""
    sample: Sample | None = None
    y: float | None = None  # where the value lies, to be dotted on the curve


@dataclass(frozen=True)
class Readout:
    """What the pointer is at: where (position on the x axis, pixel), and the rows to be shown."""

    x: float
    pointer: QPointF
    rows: tuple[Row, ...]
    line: bool = True  # whether a vertical line is drawn at x


def paint_box(painter: QPainter, theme: Theme, font: QFont, readout: Readout, bounds: QRectF) -> None:
    """Draw the rows in a box beside the pointer; in two columns or more where they are too many for one."""
    metrics = QFontMetricsF(font)
    height = metrics.height() + 1
    rows = readout.rows
    columns = max(1, ceil(len(rows) * height / max(bounds.height() - 2 * GAP, height)))
    per_column = ceil(len(rows) / columns)
    indent = theme.scaled(14) if any(row.sample for row in rows) else 0.0
    widths = []
    for i in range(0, len(rows), per_column):
        own = rows[i : i + per_column]
        names = max(metrics.horizontalAdvance(row.text) for row in own)
        values = max(metrics.horizontalAdvance(row.value) for row in own)
        widths.append(indent + names + (2 * GAP + values if values else 0))
    box = QRectF(0, 0, sum(widths) + 3 * GAP * (len(widths) - 1) + 2 * GAP, per_column * height + 1.5 * GAP)
    left = readout.pointer.x() + 2 * GAP
    if left + box.width() > bounds.right():
        left = readout.pointer.x() - 2 * GAP - box.width()
    top = min(max(readout.pointer.y() - box.height() / 2, bounds.top()), bounds.bottom() - box.height() - 1)
    box.moveTo(round(max(left, bounds.left())) + 0.5, round(max(top, bounds.top())) + 0.5)
    painter.setPen(QPen(QColor(mix(theme.line, theme.text, 0.15)), 1))
    painter.setBrush(QColor(theme.panel))
    painter.drawRoundedRect(box, 4, 4)
    for i, row in enumerate(rows):
        column, line = divmod(i, per_column)
        left = box.left() + GAP + sum(widths[:column]) + 3 * GAP * column
        _paint_row(
            painter, theme, row, QRectF(left, box.top() + GAP * 0.75 + line * height, widths[column], height), indent
        )


def _paint_row(painter: QPainter, theme: Theme, row: Row, place: QRectF, indent: float) -> None:
    if row.sample is not None:
        draw_sample(painter, theme, row.sample, QRectF(place.left(), place.top(), indent - 4, place.height()))
    painter.setPen(QColor(theme.secondary))
    inset = indent if row.sample is not None or row.value else 0.0
    painter.drawText(place.adjusted(inset, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, row.text)
    painter.setPen(QColor(theme.text))
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.value)
