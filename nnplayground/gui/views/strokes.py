"""Lines, and areas between them, of which only what is new is painted: a run's course grows at its right end alone.

pyqtgraph's own curve does more than is needed for what changes with every frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPaintEngine, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnplayground.gui.views.annotations import Annotations
from nnplayground.runs.growing import shared

Floats = NDArray[np.float64]

OPACITY = 0.45  # of areas


def runs_of(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where a run of known ones begins, where it ends, where the next one begins, and so on."""
    if known.all():  # nearly always, and several times as quick
        return np.array([0, len(known)] if len(known) else [], np.int64)
    return np.flatnonzero(np.diff(known, prepend=False, append=False))


def rows(values: Sequence[NDArray[np.floating]]) -> Floats:
    """Return arrays (n,) as the rows of one; several times as quick as numpy's own way, which looks at more."""
    found = np.empty((len(values), len(values[0])))
    for row, own in zip(found, values, strict=True):
        row[:] = own
    return found


class Shape:
    """Points by ascending x, (n,) for each of the coordinates, as a part of a plot's drawing.

    Only what lies where points have changed is painted again, and of them only those that lie there.
    """

    def __init__(self, coordinates: int) -> None:
        self.z = 1.0  # those of a higher one lie in front
        self.opacity = 1.0
        self.visible = True
        self.drawing: Drawing | None = None  # that it is a part of
        self._points = np.empty((coordinates, 0))
        self._margin = 1.0  # pixels that are painted beside a point

    @property
    def xs(self) -> Floats:
        """Where the points lie, (n,)."""
        return np.asarray(self._points[0])

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        if visible != self.visible:
            self.visible = visible
            self._expose()

    def paint(self, painter: QPainter, sight: Annotations, part: slice) -> None:
        """Draw what a part of the points gives; the painter takes positions."""
        raise NotImplementedError

    def part(self, between: tuple[float, float], pixel: float) -> slice:
        """Return the points to be painted between two xs: those that lie there, and the next ones beside them.

        `pixel` is what a pixel is in x.
        """
        beside = self._margin * pixel
        first, stop = self._points[0].searchsorted((between[0] - beside, between[1] + beside)).tolist()
        return slice(max(first - 1, 0), stop + 1)

    def _take(self, *points: Floats) -> None:
        """Take on other points, and ask for painting where they differ from those before."""
        old, new = self._points, rows(points)
        self._points = new
        first = shared(old, new)
        parts = [p[0] for p in (old, new) if p.shape[1] > first]
        if parts:
            self._expose(min(float(x[max(first - 1, 0)]) for x in parts), max(float(x[-1]) for x in parts))

    def _expose(self, left: float = -np.inf, right: float = np.inf) -> None:
        """Ask for painting between two xs."""
        if self.drawing is not None:
            self.drawing.expose(left, right, self._margin)


class Stroke(Shape):
    """A line that breaks where a y is not finite. Its pen keeps its width at any zoom."""

    def __init__(self, pen: QPen) -> None:
        super().__init__(2)
        self._segments = PrimitiveArray(QLineF, 4)
        self._pen = pen
        self._dashes: tuple[float, ...] = ()
        self.set_pen(pen)

    @property
    def ys(self) -> Floats:
        """How high the points lie, (n,)."""
        return np.asarray(self._points[1])

    def set_pen(self, pen: QPen) -> None:
        """Draw with another pen."""
        self._pen, self._dashes = QPen(pen), tuple(length * max(pen.widthF(), 1.0) for length in pen.dashPattern())
        self._pen.setStyle(Qt.PenStyle.SolidLine)
        self._pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        self._margin = pen.widthF() / 2 + 1
        self._expose()

    def set_points(self, x: Floats, y: Floats) -> None:
        """Draw through other points, each (n,), x ascending."""
        self._take(x, y)

    def paint(self, painter: QPainter, sight: Annotations, part: slice) -> None:
        """Draw the line, segment by segment: Qt takes five times as long to join what is wide. Files get it whole."""
        if painter.paintEngine().type() != QPaintEngine.Type.Raster and not self._dashes:
            painter.setPen(self._pen)
            for i, j in runs_of(~np.isnan(self.ys)).reshape(-1, 2).tolist():
                painter.drawPolyline(arrayToQPolygonF(self.xs[i:j], self.ys[i:j]))
            return
        if self._dashes:
            found = self._dashed(sight, part)
        else:
            points = self._points[:, part].T
            found = np.concatenate((points[:-1], points[1:]), axis=1)
        known = np.isfinite(found)
        if not known.all():
            found = found[known.all(axis=1)]
        painter.setPen(self._pen)
        self._segments.resize(len(found))
        self._segments.ndarray()[:] = found
        painter.drawLines(*self._segments.drawargs())

    def _dashed(self, sight: Annotations, part: slice) -> Floats:
        """Return the straight pieces of a part's dashes, (k, 4).

        Qt's own dashes begin with what is painted; these with the line, wherever it is painted from.
        """
        x, y = self._points
        on, period = self._dashes[0], sum(self._dashes)
        square = max(self._pen.widthF(), 1.0)  # by which caps lengthen a dash
        steps = np.hypot(np.diff(sight.pixel_x(x)), np.diff(sight.pixels_y(y)))
        along = np.concatenate([np.zeros(min(len(x), 1)), np.cumsum(np.where(np.isnan(steps), 0.0, steps))])
        found = []
        x, y, along = x[part], y[part], along[part]
        for i, j in runs_of(~np.isnan(y)).reshape(-1, 2).tolist():
            own = along[i:j]
            starts = np.arange(own[0] // period, own[-1] // period + 1) * period
            ends = np.concatenate([starts, starts + on - square])
            at = np.sort(np.concatenate([own, ends[(ends > own[0]) & (ends < own[-1])]]))
            drawn = (at[:-1] + at[1:]) / 2 % period < on - square
            points = np.stack([np.interp(at, own, values[i:j]) for values in (x, y)], axis=1)
            found.append(np.concatenate([points[:-1], points[1:]], axis=1)[drawn])
        return np.concatenate(found) if found else np.empty((0, 4))


class Fill(Shape):
    """The area between two lines, through which what lies behind is seen; it breaks where either is NaN."""

    def __init__(self, colour: str) -> None:
        super().__init__(3)
        shade = QColor(colour)
        shade.setAlphaF(OPACITY)
        self._brush = QBrush(shade)

    @property
    def lows(self) -> Floats:
        """How high the lower line lies, (n,)."""
        return np.asarray(self._points[1])

    @property
    def highs(self) -> Floats:
        """How high the upper line lies, (n,)."""
        return np.asarray(self._points[2])

    def set_points(self, x: Floats, low: Floats, high: Floats) -> None:
        """Fill between other points, each (n,), x ascending; where either is NaN there is none."""
        self._take(x, low, high)

    def paint(self, painter: QPainter, sight: Annotations, part: slice) -> None:
        """Draw the area."""
        del sight
        x, low, high = self._points[:, part]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        for i, j in runs_of(~np.isnan(low + high)).reshape(-1, 2).tolist():
            around = np.append(x[i:j], x[i:j][::-1]), np.append(low[i:j], high[i:j][::-1])
            painter.drawPolygon(arrayToQPolygonF(*around))


class Drawing(QGraphicsItem):
    """All shapes of a plot, one item: painted in pixels, and of them only what is exposed."""

    def __init__(self, sight: Annotations, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # so that painting is told where
        self.setZValue(50)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.sight = sight
        self.shapes: list[Shape] = []
        self._bounds = QRectF()
        self._exposed: tuple[float, float, float] | None = None  # what is to be painted, as `expose` was told
        self._gathers = False

    def fit(self) -> None:
        """Take on the rectangle of the curves."""
        if self._bounds != self.sight.area:
            self.prepareGeometryChange()
            self._bounds = QRectF(self.sight.area)

    def add(self, shape: Shape) -> None:
        """Draw a shape too."""
        shape.drawing = self
        self.shapes.append(shape)
        self.shapes.sort(key=lambda own: own.z)
        self.update()

    def remove(self, shape: Shape) -> None:
        """Draw a shape no more."""
        self.shapes.remove(shape)
        shape.drawing = None
        self.update()

    def expose(self, left: float = -np.inf, right: float = np.inf, margin: float = 0.0) -> None:
        """Ask for painting between two xs, and so many pixels beside them; see `gather`."""
        old = self._exposed or (left, right, margin)
        self._exposed = min(old[0], left), max(old[1], right), max(old[2], margin)
        if not self._gathers:
            self.flush()

    def gather(self) -> None:
        """Ask for nothing until `flush` is called, and then once for all that has been asked for."""
        self._gathers = True

    def flush(self) -> None:
        """Ask for what was to be painted."""
        exposed, self._exposed, self._gathers = self._exposed, None, False
        if exposed is None:
            return
        (left, right, margin), (low, high) = exposed, self.sight.x_range
        pixel = (high - low) / (self._bounds.width() or 1.0)
        start = self._bounds.left() + (max(left, low) - low) / pixel - margin
        end = self._bounds.left() + (min(right, high) - low) / pixel + margin
        self.sight.expose(QRectF(start, self._bounds.top(), end - start, self._bounds.height()) & self._bounds)

    def boundingRect(self) -> QRectF:
        """Return the rectangle of the curves."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what is exposed of every shape."""
        del widget
        self.draw(painter, option.exposedRect)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        """Draw every shape's part that lies in a rectangle."""
        painter.save()
        painter.setClipRect(self.sight.area, Qt.ClipOperation.IntersectClip)
        to_pixels = self.sight.to_pixels
        painter.setTransform(to_pixels, True)
        pixel, first = 1 / to_pixels.m11(), to_pixels.dx()
        between = (exposed.left() - first) * pixel, (exposed.right() - first) * pixel
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for shape in self.shapes:
            if shape.visible and len(shape.xs):
                painter.setOpacity(shape.opacity)
                shape.paint(painter, self.sight, shape.part(between, pixel))
        painter.restore()
