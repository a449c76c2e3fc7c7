"""Drawing a picture of an architecture, with any painter."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from nnplayground.gui import theme as themes
from nnplayground.gui.architecture.sheet import CIRCLE, Figure, Sheet
from nnplayground.gui.theme import Theme

_SERIES = {"conv": 0, "dense": 1, "output": 2, "residual": 3, "inception": 4, "mbconv": 5}  # others are grey
_HEAD = 5.0  # of an arrow


def font_of(theme: Theme) -> QFont:
    """Return the font in which sheets are laid out and drawn, whatever the size of the theme's type."""
    font = themes.font(theme)
    font.setPixelSize(13)
    return font


def draw(painter: QPainter, sheet: Sheet, theme: Theme) -> None:
    """Draw a sheet in its own units, from the origin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, sheet.width, sheet.height), QColor(theme.panel))
    for before, after in pairwise(sheet.figures):
        painter.setPen(QPen(QColor(themes.mix(theme.panel, theme.secondary, 0.55)), 0.8))
        for start in before.circles:
            painter.drawLines([QLineF(start, end) for end in after.circles])
    for start, end in sheet.arrows:
        _draw_arrow(painter, start, end, theme)
    for figure in sheet.figures:
        _draw_figure(painter, figure, theme)
    _draw_words(painter, sheet, theme)


def _draw_words(painter: QPainter, sheet: Sheet, theme: Theme) -> None:
    for words in sheet.words:
        font = font_of(theme)
        font.setBold(words.bold)
        painter.setFont(font)
        painter.setPen(QColor(theme.text if words.bold else theme.secondary))
        side = Qt.AlignmentFlag.AlignHCenter if words.middle else Qt.AlignmentFlag.AlignLeft
        painter.drawText(words.place, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip), words.text)


def _draw_arrow(painter: QPainter, start: QPointF, end: QPointF, theme: Theme) -> None:
    colour = QColor(theme.secondary)
    painter.setPen(QPen(colour, 1.2))
    painter.drawLine(QLineF(start, end))
    line = QLineF(end, start)
    line.setLength(_HEAD)
    normal = line.normalVector()
    aside = QPointF(normal.dx(), normal.dy()) / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([end, line.p2() + aside, line.p2() - aside]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_figure(painter: QPainter, figure: Figure, theme: Theme) -> None:
    place = _SERIES.get(figure.block.kind)
    colour = theme.secondary if place is None else theme.series[place]
    light, shade, outline = (
        QColor(themes.mix(theme.panel, colour, 0.35)),
        QColor(themes.mix(theme.panel, colour, 0.55)),
        QPen(QColor(themes.mix(colour, theme.text, 0.25)), 1.2),
    )
    outline.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(outline)
    painter.setBrush(light)
    if figure.circles:
        for middle in figure.circles:
            painter.drawEllipse(middle, CIRCLE / 2, CIRCLE / 2)
    elif not figure.shift:
        painter.drawRoundedRect(figure.front, 4, 4)
    else:
        _draw_cuboid(painter, figure, light, shade)
        _draw_inside(painter, figure)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_cuboid(painter: QPainter, figure: Figure, light: QColor, shade: QColor) -> None:
    front, back = figure.front, QPointF(figure.shift, -figure.shift)
    painter.setBrush(shade)
    right, left = front.topRight(), front.topLeft()
    painter.drawPolygon(QPolygonF([left, right, right + back, left + back]))
    low = front.bottomRight()
    painter.drawPolygon(QPolygonF([right, low, low + back, right + back]))
    painter.setBrush(light)
    painter.drawRect(front)


def _draw_inside(painter: QPainter, figure: Figure) -> None:
    """Draw what tells blocks of several layers apart: the way past, branches side by side, a wide middle."""
    front, kind = figure.front, figure.block.kind
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if kind == "residual":
        bounds = figure.bounds
        path = QPainterPath(QPointF(bounds.left() + 2, front.top() - 2))
        top = bounds.top() + 1
        path.cubicTo(
            QPointF(bounds.left() + 2, top), QPointF(bounds.right(), top), QPointF(bounds.right(), top + figure.shift)
        )
        painter.drawPath(path)
    elif kind == "inception":
        for share in (0.25, 0.5, 0.75):
            y = front.top() + share * front.height()
            painter.drawLine(QLineF(front.left(), y, front.right(), y))
    elif kind == "mbconv":
        waist = front.adjusted(front.width() * 0.25, front.height() * 0.2, -front.width() * 0.25, -front.height() * 0.2)
        painter.drawRect(waist)
