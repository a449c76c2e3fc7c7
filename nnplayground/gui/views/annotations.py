"""What is written into a plot: marks of changes, values off the axis, names of lines, the read-out, a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.readout import GAP, Readout, paint_box
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.runs.growing import shared

EdgeLooks = tuple[str, bool, NDArray[np.float64]]  # colour, whether at the top, x


@dataclass(frozen=True)
class EndLabel:
    """The name of a line, to be written where the line ends at position `y`."""

    text: str
    sample: Sample
    y: float


@dataclass(frozen=True)
class Guide:
    """A horizontal line that says where a value ought to be."""

    value: float
    sample: Sample
    text: str


@dataclass(frozen=True, eq=False)
class Edge:
    """Values that the axis cannot show, marked at its lower or upper end."""

    x: NDArray[np.float64]
    colour: str
    top: bool = False


def spread(wanted: list[float], height: float, low: float, high: float) -> list[float]:
    """Return positions near the `wanted` ones, at least `height` apart and within `low` to `high`, order kept.

    Where they cannot all fit they stand as far apart as they can.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    height = min(height, (high - low) / max(len(wanted) - 1, 1))
    placed = [0.0] * len(wanted)
    floor = low
    for i in order:
        placed[i] = max(wanted[i], floor)
        floor = placed[i] + height
    ceiling = high
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - height
    return placed


def thinned(pixels: NDArray[np.float64], distance: float) -> NDArray[np.float64]:
    """Return ascending pixels so thinned out that no two fall into the same cell of width `distance`."""
    cells = np.floor(pixels / distance)
    keep = np.ones(len(pixels), bool)
    keep[1:] = cells[1:] != cells[:-1]
    return pixels[keep]


class Annotations(QGraphicsItem):
    """One item over the whole plot, painted in pixels."""

    def __init__(self, theme: Theme, font: QFont, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.setZValue(100)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.theme = theme
        self.font = font
        self.area = QRectF()  # of the curves
        self.x_range = self.y_range = (0.0, 1.0)
        self.message = ""
        self.corners = 0.0  # radius, pixels
        self.marks: tuple[tuple[float, str], ...] = ()
        self.edges: tuple[Edge, ...] = ()
        self.labels: tuple[EndLabel, ...] = ()
        self.guide: Guide | None = None
        self.moment: float | None = None  # position on the x axis that is looked back at
        self.logarithmic = False
        self.readout: Readout | None = None
        self._rect = QRectF()
        self._texts: dict[str, QStaticText] = {}
        self._cut: tuple[object, QPainterPath] = (None, QPainterPath())  # the corners, of which rectangle and radius
        self._seen: tuple[Any, ...] = ()  # marks, names and edges as they were asked to be painted last
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # painting is told where

    def fit(self, rect: QRectF, area: QRectF) -> None:
        """Take on the plot's and the curves' rectangles."""
        if (rect, area) != (self._rect, self.area):
            self.prepareGeometryChange()
            self._rect, self.area = QRectF(rect), QRectF(area)

    def boundingRect(self) -> QRectF:
        """Return the whole plot."""
        return self._rect

    def refresh(self) -> None:
        """Paint again what comes with the curves, where it has changed: marks above, names beside, edges."""
        edges = tuple((edge.colour, edge.top, edge.x) for edge in self.edges)
        names = [(label.text, label.sample, *place) for label, *place in self._placed_labels()]
        now = self.moment, self.marks, names, edges
        before, self._seen = self._seen, now
        if not before:
            self.update()
            return
        if now[0] != before[0]:
            self.expose(self.area)
        if now[1] != before[1]:
            self.expose(self._above)
        if now[2] != before[2]:
            self.expose(self._beside)
        if (since := _first_change(before[3], edges)) is not None:
            left = max(float(self.pixel_x(np.array([since]))[0]) - 8 * self.theme.scaled(3), self.area.left())
            self.expose(QRectF(left, self.area.top(), self.area.right() - left, self.area.height()))

    def expose(self, rect: QRectF) -> None:
        """Ask for painting a part of the plot, without the detour by which an item asks for its own."""
        for view in self.scene().views():
            view.viewport().update(rect.toAlignedRect())

    @property
    def _above(self) -> QRectF:
        """The strip above the curves, where marks are."""
        return QRectF(self._rect.left(), self._rect.top(), self._rect.width(), self.area.top() - self._rect.top())

    @property
    def _beside(self) -> QRectF:
        """The strip at the right of the curves, where their names are."""
        return QRectF(self.area.right(), self.area.top(), self._rect.right() - self.area.right(), self.area.height())

    def label_width(self) -> float:
        """Return the pixels that the names of lines need beside the curves."""
        metrics = QFontMetricsF(self.font)
        widest = max((metrics.horizontalAdvance(label.text) for label in self.labels), default=0.0)
        return ceil(widest) + 2.5 * GAP if self.labels else 0.0

    def pixel_x(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where positions on the x axis lie."""
        low, high = self.x_range
        return self.area.left() + (x - low) / (high - low) * self.area.width()

    def from_pixel_x(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return which positions on the x axis lie at pixels."""
        low, high = self.x_range
        return low + (pixels - self.area.left()) / (self.area.width() or 1.0) * (high - low)

    def pixels_y(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where positions on the y axis lie."""
        low, high = self.y_range
        return self.area.bottom() - (y - low) / (high - low) * self.area.height()

    @property
    def to_pixels(self) -> QTransform:
        """What takes positions to pixels."""
        (left, right), (low, high), area = self.x_range, self.y_range, self.area
        across, up = area.width() / (right - left), -area.height() / (high - low)
        return QTransform(across, 0.0, 0.0, up, area.left() - left * across, area.bottom() - low * up)

    def pixel_y(self, y: float) -> float:
        """Return where a position on the y axis lies, at most just outside the curves."""
        low, high = self.y_range
        share = min(max((y - low) / (high - low), -0.1), 1.1)
        return self.area.bottom() - share * self.area.height()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what is exposed, the read-out last."""
        del widget
        self.draw(painter, option.exposedRect)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        """Draw what lies in a rectangle."""
        painter.setFont(self.font)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        if self.message:
            painter.setPen(QColor(self.theme.secondary))
            painter.drawText(self._rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.corners:
            self._paint_corners(painter)
        if self.guide is not None:
            self._paint_guide(painter, self.guide)
        if self.moment is not None:
            self._paint_moment(painter, self.moment)
        if exposed.top() < self.area.top():
            self._paint_marks(painter)
        if self.edges:
            self._paint_edges(painter, exposed)
        if exposed.right() > self.area.right():
            self._paint_labels(painter)
        if self.readout is not None:
            self._paint_readout(painter, self.readout)

    def _paint_corners(self, painter: QPainter) -> None:
        if self._cut[0] != (self.area, self.corners):
            self._cut = (QRectF(self.area), self.corners), corners_of(self.area, self.corners)
        painter.fillPath(self._cut[1], QColor(self.theme.panel))

    def _paint_guide(self, painter: QPainter, guide: Guide) -> None:
        y = log10(guide.value) if self.logarithmic else guide.value
        if not self.y_range[0] <= y <= self.y_range[1]:
            return
        at = self.pixel_y(y)
        painter.setPen(line_pen(guide.sample.colour, 1.0, dashed=True))
        painter.drawLine(QPointF(self.area.left(), at), QPointF(self.area.right(), at))

    def _paint_moment(self, painter: QPainter, moment: float) -> None:
        low, high = self.x_range
        if low <= moment <= high:
            x = round(float(self.pixel_x(np.array([moment]))[0])) + 0.5
            painter.setPen(QPen(QColor(self.theme.accent), self.theme.pen_width))
            painter.drawLine(QPointF(x, self.area.top()), QPointF(x, self.area.bottom()))

    def _paint_marks(self, painter: QPainter) -> None:
        """Draw a triangle above each mark in sight, and the last one's text beside it."""
        low, high = self.x_range
        seen = [(x, text) for x, text in self.marks if low <= x <= high]
        if not seen:
            return
        size = self.theme.scaled(4)
        pixels = self.pixel_x(np.array([x for x, _ in seen], float))
        base = self.area.top() - GAP
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.negative))
        for x in thinned(pixels, 2.0):
            painter.drawPolygon(_triangle(x, base, size, up=True))
        metrics = QFontMetricsF(self.font)
        start, end = pixels[-1] + size + GAP / 2, pixels[-1] - size - GAP / 2
        after, before = self._rect.right() - start, end - self._rect.left()
        right = metrics.horizontalAdvance(seen[-1][1]) <= after or after >= before
        text = metrics.elidedText(seen[-1][1], Qt.TextElideMode.ElideRight, after if right else before)
        width = metrics.horizontalAdvance(text)
        left = start if right else end - width
        place = QRectF(left, base - size - metrics.height() / 2, width + 1, metrics.height())
        painter.fillRect(place, QColor(self.theme.panel))
        painter.setPen(QColor(self.theme.secondary))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_edges(self, painter: QPainter, exposed: QRectF) -> None:
        size = self.theme.scaled(3)
        cell = 2.5 * size
        left, right = exposed.left() - cell, exposed.right() + cell
        low, high = np.clip(self.from_pixel_x(np.array([left - cell, right])), *self.x_range)
        painter.setPen(Qt.PenStyle.NoPen)
        for edge in self.edges:
            first, stop = edge.x.searchsorted(low), edge.x.searchsorted(high, "right")
            pixels = thinned(self.pixel_x(edge.x[first:stop]), cell)
            painter.setBrush(QColor(edge.colour))
            base = self.area.top() + 2 * size if edge.top else self.area.bottom() - 2 * size
            for x in pixels[(pixels >= left) & (pixels <= right)]:
                painter.drawPolygon(_triangle(x, base, size, up=edge.top))

    def _paint_labels(self, painter: QPainter) -> None:
        """Write each line's name right of the curves, tied to the line's end by a stroke of its colour."""
        height = QFontMetricsF(self.font).height()
        left = self.area.right()
        for label, end, place in self._placed_labels():
            painter.setPen(line_pen(label.sample.colour, self.theme.scaled(2), dashed=label.sample.shape == "dash"))
            painter.drawPolyline([QPointF(left + 1, end), QPointF(left + 2 * GAP - 3, place)])
            painter.setPen(QColor(self.theme.text))
            text = self._texts.get(label.text)
            if text is None:
                text = self._texts[label.text] = QStaticText(label.text)  # is laid out once
            painter.drawStaticText(QPointF(left + 2 * GAP, place - height / 2), text)

    def _placed_labels(self) -> list[tuple[EndLabel, float, float]]:
        """Return the names that have room, each with the pixels at which its line ends and at which it stands."""
        if not self.labels:
            return []
        height = QFontMetricsF(self.font).height()
        room = int(self.area.height() // height)
        labels = self.labels
        if len(labels) > room:  # the first, the last, and as many between as can be read
            chosen = np.unique(np.linspace(0, len(labels) - 1, max(room, 1)).round().astype(int))
            labels = tuple(labels[i] for i in chosen)
        ends = [float(round(self.pixel_y(label.y))) for label in labels]
        places = spread(ends, height, self.area.top() + height / 2, self.area.bottom() - height / 2)
        return list(zip(labels, ends, places, strict=True))

    def _paint_readout(self, painter: QPainter, readout: Readout) -> None:
        if readout.line:
            x = float(self.pixel_x(np.array([readout.x]))[0])
            painter.setPen(QPen(QColor(mix(self.theme.line, self.theme.text, 0.4)), 1))
            painter.drawLine(QPointF(x, self.area.top()), QPointF(x, self.area.bottom()))
            painter.setPen(QPen(QColor(self.theme.panel), 1))
            for row in readout.rows:
                if row.sample is not None and row.y is not None and self.y_range[0] <= row.y <= self.y_range[1]:
                    painter.setBrush(QColor(row.sample.colour))
                    painter.drawEllipse(QPointF(x, self.pixel_y(row.y)), 3.5, 3.5)
        paint_box(painter, self.theme, self.font, readout, self._rect)


def corners_of(rect: QRectF, radius: float) -> QPainterPath:
    """Return what of a rectangle's corners lies beyond round ones: four little shapes, quick to fill."""
    found = QPainterPath()
    for x, inward in ((rect.left(), 1.0), (rect.right(), -1.0)):
        for y, downward in ((rect.top(), 1.0), (rect.bottom(), -1.0)):
            circle = QRectF(QPointF(x, y), QPointF(x + 2 * inward * radius, y + 2 * downward * radius)).normalized()
            found.moveTo(x - inward, y - downward)  # a pixel beyond the corner
            found.lineTo(x + inward * radius, y - downward)
            found.lineTo(x + inward * radius, y)
            found.arcTo(circle, 90 * downward, 90 * inward * downward)
            found.lineTo(x - inward, y + downward * radius)
            found.closeSubpath()
    return found


def _first_change(before: Sequence[EdgeLooks], now: Sequence[EdgeLooks]) -> float | None:
    """Return the least x at which edges differ, or None where they do not."""
    if [edge[:2] for edge in before] != [edge[:2] for edge in now]:
        return min((float(x[0]) for _, _, x in (*before, *now) if len(x)), default=None)
    found = []
    for (*_, old), (*_, new) in zip(before, now, strict=True):
        same = shared(old[None], new[None])
        found += [float(x[same]) for x in (old, new) if len(x) > same]
    return min(found, default=None)


def _triangle(x: float, base: float, size: float, *, up: bool) -> QPolygonF:
    """Return a triangle on `base` that points up or down, `size` wide to each side."""
    tip = base - 2 * size if up else base + 2 * size
    return QPolygonF([QPointF(x - size, base), QPointF(x + size, base), QPointF(x, tip)])
