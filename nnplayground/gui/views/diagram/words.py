"""What is written into the diagram: names, headers, how many are left out, a label at the pointer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from nnplayground.gui.numbers import format_count
from nnplayground.gui.views.diagram.layout import Geometry
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.scene import Scene, Tile


def draw_names(painter: QPainter, scene: Scene, look: Look, left: float, right: float) -> None:
    """Write the inputs' names to the left of their tiles and the outputs' to the right, in that much room."""
    painter.setFont(look.small)
    metrics, gap = QFontMetricsF(look.small), look.px(8)
    inputs, outputs = scene.geometry.columns[0], scene.geometry.columns[-1]
    for row in range(len(inputs.ys)):
        box = inputs.box(row)
        room = QRectF(box.left - gap - left, box.top, left, box.height)
        painter.setPen(look.text if scene.is_on(Tile(0, row)) else look.secondary)
        _write(painter, metrics, room, scene.structure.input_names[row], Qt.AlignmentFlag.AlignRight)
    painter.setPen(look.text)
    for row, name in enumerate(scene.structure.output_names[: len(outputs.ys)]):
        box = outputs.box(row)
        room = QRectF(box.right + gap, box.top, right, box.height)
        _write(painter, metrics, room, name, Qt.AlignmentFlag.AlignLeft)


def draw_end_headers(painter: QPainter, geometry: Geometry, look: Look, headers: Sequence[Sequence[str]]) -> None:
    """Write the headers of inputs and output, which may reach beyond their column to the outside."""
    painter.setPen(look.secondary)
    for column in (0, len(geometry.columns) - 1):
        x, lines = geometry.columns[column].x, headers[column]
        width = max(look.width(line) for line in lines) + 2
        reach = geometry.spacing / 2
        left = min(x - width / 2, x + reach - width) if column == 0 else max(x - width / 2, x - reach)
        left = max(min(left, geometry.width - look.px(4) - width), look.px(4))
        write_lines(painter, look, lines, QRectF(left, look.px(6), width, geometry.top))


def draw_left_out(painter: QPainter, geometry: Geometry, look: Look) -> None:
    """Write below each column how many of its tiles are left out."""
    painter.setPen(look.secondary)
    for placed in geometry.columns:
        if placed.left_out:
            text = QCoreApplication.translate("diagram", "+{} more").format(format_count(placed.left_out))
            if look.width(text) > geometry.spacing - 4:
                text = f"+{format_count(placed.left_out)}"
            half = geometry.spacing / 2
            room = QRectF(placed.x - half, placed.more_y - look.line_height / 2, 2 * half, look.line_height)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), text)


def draw_label(painter: QPainter, look: Look, text: str, at: QPointF, within: QRectF) -> None:
    """Write `text` on a small card above `at`, or below it where there is no room above."""
    metrics = QFontMetricsF(look.small)
    width, height = metrics.horizontalAdvance(text) + look.px(16), metrics.height() + look.px(8)
    left = min(max(at.x() - width / 2, within.left()), within.right() - width)
    top = at.y() - height - look.px(10)
    if top < within.top():
        top = at.y() + look.px(18)
    card = QRectF(left, top, width, height)
    painter.setPen(QPen(look.faint, 1.0))
    painter.setBrush(look.panel)
    painter.drawRoundedRect(card, look.px(5), look.px(5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(look.text)
    painter.setFont(look.small)
    painter.drawText(card, Qt.AlignmentFlag.AlignCenter, text)


def write_lines(painter: QPainter, look: Look, lines: Sequence[str], room: QRectF) -> None:
    """Write small lines from the top of `room` on, in its middle, each cut to its width."""
    painter.setFont(look.small)
    metrics = QFontMetricsF(look.small)
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
    for i, line in enumerate(lines):
        place = QRectF(room.left(), room.top() + look.px(4) + i * metrics.height(), room.width(), metrics.height())
        painter.drawText(place, flags, elided(metrics, line, room.width()))


def elided(metrics: QFontMetricsF, text: str, width: float) -> str:
    """Return a text cut to a width, with an ellipsis where it was cut."""
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0.0))


def _write(painter: QPainter, metrics: QFontMetricsF, room: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
    flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
    painter.drawText(room, int(flags), elided(metrics, text, room.width() + 1))
