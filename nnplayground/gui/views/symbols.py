"""Lines and symbols by which series and classes are told apart without colour, and samples of them for legends."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from nnplayground.gui.theme import Theme

CLASS_SYMBOLS = ("diamond", "o", "t1", "s", "p", "t", "star", "h", "+", "x")  # pyqtgraph's names, but for the first
FAINT = 0.38  # of a line's colour that is left where it lies behind others
DASHES = (4.0, 3.0)  # of a dashed line, in widths of the pen


@dataclass(frozen=True)
class Sample:
    """How something is drawn: a "line", a "dash" or the symbol of that name, filled or hollow."""

    colour: str
    shape: str = "line"
    hollow: bool = False


def class_symbol(index: int) -> str:
    """Return the name of the symbol of class `index`; they repeat after ten."""
    return CLASS_SYMBOLS[index % len(CLASS_SYMBOLS)]


def symbol_path(name: str) -> QPainterPath:
    """Return a symbol's outline, about 1 wide and high, centred on the origin."""
    if name == "diamond":  # pyqtgraph's own is so slim that it looks smaller than the others
        path = QPainterPath(QPointF(0.0, -0.6))
        for x, y in ((0.6, 0.0), (0.0, 0.6), (-0.6, 0.0)):
            path.lineTo(x, y)
        path.closeSubpath()
        return path
    from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols  # not at the top: the window is painted without it

    known: QPainterPath = Symbols[name]
    return known


def line_pen(colour: str, width: float, *, dashed: bool = False) -> QPen:
    """Return a pen that keeps its width at any zoom."""
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    if dashed:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(DASHES)
    return pen


def draw_sample(painter: QPainter, theme: Theme, sample: Sample, place: QRectF) -> None:
    """Draw a sample into the middle of `place`, as wide as that is."""
    middle = QPointF(place.center())
    if sample.shape in ("line", "dash"):
        painter.setPen(line_pen(sample.colour, max(1.5, theme.pen_width), dashed=sample.shape == "dash"))
        painter.drawLine(QPointF(place.left(), middle.y()), QPointF(place.right(), middle.y()))
        return
    size = min(theme.marker_size + 1, place.width(), place.height())
    painter.save()
    painter.translate(middle)
    painter.scale(size, size)
    painter.setPen(_outline(sample.colour, size) if sample.hollow else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.panel) if sample.hollow else QColor(sample.colour))
    painter.drawPath(symbol_path(sample.shape))
    painter.restore()


def _outline(colour: str, size: float) -> QPen:
    return QPen(QColor(colour), 1.5 / size)
