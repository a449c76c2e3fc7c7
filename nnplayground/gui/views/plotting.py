"""The plot that every view with axes shares: theme, limits, zoom and follow, lines, hover."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneWheelEvent, QWidget

from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.annotations import Annotations, Edge
from nnplayground.gui.views.axes import Axis
from nnplayground.gui.views.readout import Readout
from nnplayground.gui.views.strokes import Drawing, Fill, Shape, Stroke, rows
from nnplayground.gui.views.symbols import FAINT, line_pen
from nnplayground.runs.history import Curve

_NONE = np.empty(0)
BESIDE = 2.0  # pixels that the scene paints beside an item, and axes leave free


class Direct:
    """What an item of a plot can do that may be painted without the scene."""

    def draw(self, painter: QPainter, viewport: QWidget) -> None:
        """Draw it as the scene would, in pixels of the viewport."""
        raise NotImplementedError


class Box(pg.ViewBox):
    """The rectangle of the curves: the wheel zooms the x axis, dragging with the left button pans."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.wheel_axis: int | None = 0
        self.disableAutoRange()

    def shape(self) -> QPainterPath:
        """Clip what lies in it at its last pixel: at the rectangle itself Qt paints one row and one column more."""
        path = QPainterPath()
        path.addRect(self.boundingRect().adjusted(0.0, 0.0, -0.5, -0.5))
        return path

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zoom about the pointer, along one axis unless this box zooms both."""
        super().wheelEvent(ev, self.wheel_axis if axis is None else axis)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Pan; the right button is the menu's."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.ignore()
        else:
            super().mouseDragEvent(ev, axis)


class Line:
    """One curve of a plot: its means as a line, and behind it the range of what was not drawn singly.

    Off the axis, that is at or below zero where the axis is logarithmic, below `floor`, or infinite, values are marked
    at the axis's end (`edges`). A filled one is a band that stands on another curve.
    """

    def __init__(self, colour: str, behind: str, width: float, *, dashed: bool, faint: bool, filled: bool) -> None:
        pale = mix(behind, colour, FAINT)
        self.colour = colour
        self._faint = faint
        self.band = Stroke(line_pen(pale, min(width, 1.0)))
        self.mean = Stroke(line_pen(pale if faint else colour, width, dashed=dashed))
        self.fill = Fill(colour) if filled else None
        self.mean.z = 1 if faint else 2
        self.curve: Curve | None = None
        self.edges: tuple[Edge, ...] = ()
        self._mean = _NONE  # positions
        self._lowest = self._highest = np.nan

    def set_curve(self, curve: Curve, shown: Curve, *, logarithmic: bool, floor: float = -np.inf) -> None:
        """Show a curve, x in steps; `shown` is the same one smoothed, or itself."""
        self.curve = curve
        x, smooth = np.asarray(curve.x, np.float64), shown is not curve
        if curve.exact:
            mean = low = high = positions(curve.mean, logarithmic=logarithmic)
            self.band.set_points(*((x, mean) if smooth else (_NONE, _NONE)))
        else:
            mean, low, high = positions(rows((curve.mean, curve.low, curve.high)), logarithmic=logarithmic)
            self.band.set_points(np.repeat(x, 2), rows((low, high)).T.ravel())
        self._keep(mean, low, high)
        line = positions(shown.mean, logarithmic=logarithmic) if smooth else mean
        drawn = (
            (x, line) if len(x) != 1 else (x + np.array([-0.5, 0.5]), np.repeat(line, 2))
        )  # one point alone would not be seen
        self.mean.set_points(*(drawn if smooth or curve.exact or not self._faint else (_NONE, _NONE)))
        below = curve.low <= 0 if logarithmic else curve.low < floor
        edges = (below, False), (curve.high == np.inf, True)
        self.edges = tuple(Edge(x[where], self.colour, top) for where, top in edges if where.any())

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What is drawn, that behind first."""
        return (self.band, *((self.fill,) if self.fill is not None else ()), self.mean)

    def set_stacked(self, curve: Curve, shown: Curve, base: Curve, *, logarithmic: bool) -> None:
        """Show a curve as a filled band that stands on another with the same x; both as smooth as they are shown."""
        assert self.fill is not None, "only a filled line stands on another"
        self.curve, self.edges = curve, ()
        x, low = np.asarray(curve.x, np.float64), np.asarray(base.mean, np.float64)
        bottom, top = (positions(values, logarithmic=logarithmic) for values in (low, low + shown.mean))
        self._keep(top, bottom, top)
        if len(x) == 1:  # one point alone would not be seen
            x, bottom, top = x + np.array([-0.5, 0.5]), np.repeat(bottom, 2), np.repeat(top, 2)
        self.fill.set_points(x, bottom, top)
        self.mean.set_points(x, top)

    def _keep(self, mean: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Keep of positions what reading out needs of them."""
        self._mean = mean
        self._lowest = float(np.fmin.reduce(low, initial=np.nan))
        self._highest = float(np.fmax.reduce(high, initial=np.nan))

    def position(self, index: int) -> float | None:
        """Return where a point of the curve lies, or None where it cannot be drawn."""
        return float(self._mean[index]) if np.isfinite(self._mean[index]) else None

    def end(self) -> float | None:
        """Return where the last point that can be drawn lies."""
        if len(self._mean) and self._mean[-1] == self._mean[-1]:  # nearly always
            return float(self._mean[-1])
        drawn = np.flatnonzero(np.isfinite(self._mean))
        return float(self._mean[drawn[-1]]) if len(drawn) else None

    def limits(self) -> tuple[float, float] | None:
        """Return the lowest and the highest position, or None where nothing can be drawn."""
        return (self._lowest, self._highest) if self._lowest <= self._highest else None

    def nearest(self, x: float) -> int | None:
        """Return the index of the curve's point nearest to x, or None where the curve is empty."""
        if self.curve is None or not len(self.curve.x):
            return None
        return int(np.abs(np.asarray(self.curve.x) - x).argmin())


def positions(values: NDArray[np.floating], *, logarithmic: bool) -> NDArray[np.float64]:
    """Return where values lie on an axis; NaN where they cannot be drawn."""
    found = np.asarray(values, np.float64)
    if logarithmic:
        return np.log10(found, out=np.full(found.shape, np.nan), where=(found > 0) & np.isfinite(found))
    return np.where(np.isfinite(found), found, np.nan)


class Plot(pg.PlotWidget):
    """Axes that follow what is drawn until the user zooms or pans; a double click follows again."""

    zoomed = Signal()  # by hand: what is drawn should be looked up anew for what is in sight

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, grid: bool = True) -> None:
        self.x_axis, self.y_axis = Axis("bottom", grid=False), Axis("left", grid=grid)
        super().__init__(parent, viewBox=Box(), axisItems={"bottom": self.x_axis, "left": self.y_axis})
        self.hideButtons()
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # the background is one colour
        for widget in (self, self.viewport()):  # zooming and panning are the mouse's
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.y_axis.setZValue(-1000)  # the grid lies behind the curves
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.box: Box = self.getViewBox()
        self.notes = Annotations(theme, small_font(theme), self.plotItem)
        self.drawing = Drawing(self.notes, self.plotItem)
        self.hover: Callable[[QPointF, QPointF], Readout | None] | None = None  # asked for a position and its pixel
        self.closest: float | None = None  # the least of the x axis to be zoomed to; else a thousandth of it
        self.following_x = self.following_y = True
        self._limits = ((0.0, 1.0), (0.0, 1.0))
        self._pointer: QPointF | None = None
        self._top = 0.0
        self.margins = (0.0, 0.0, 0.0, 0.0)
        self.box.sigRangeChangedManually.connect(self._zoomed)
        self.box.sigRangeChanged.connect(self._ranged)
        self.box.sigResized.connect(self._placed)
        self.set_theme(theme)

    # looks

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        chosen = small_font(theme)
        self.setBackground(theme.panel)
        for axis in (self.x_axis, self.y_axis):
            axis.set_theme(theme, chosen)
        self.notes.theme, self.notes.font = theme, chosen
        self.reserve()

    def reserve(self, top: float | None = None) -> None:
        """Keep room above the curves for marks, and right of them for the names of lines."""
        self._top = self._top if top is None else top
        right = max(self.notes.label_width(), 0.6 * self.notes.theme.font_size)
        margins = (2.0, float(round(max(self._top, 0.6 * self.notes.theme.font_size))), float(ceil(right)), 2.0)
        if margins != self.margins:
            self.margins = margins
            self.plotItem.layout.setContentsMargins(*margins)

    def set_logarithmic(self, on: bool) -> None:
        """Choose how the y axis's positions are to be read."""
        if on != self.y_axis.logarithmic:
            self.y_axis.logarithmic = self.notes.logarithmic = on
            self.y_axis.picture = None
            self.following_y = True

    def show_moment(self, x: float | None) -> None:
        """Draw a thin line at the moment that is looked back at, or none."""
        if x != self.notes.moment:
            self.notes.moment = x
            self.notes.refresh()

    def set_message(self, text: str) -> None:
        """Show a sentence instead of axes and curves, or these again where it is empty."""
        if text != self.notes.message:
            self.notes.message = text
            for item in (self.x_axis, self.y_axis, self.box, self.drawing):
                item.setVisible(not text)
            self.notes.update()

    # limits

    @property
    def following(self) -> bool:
        """Whether neither axis was moved by hand."""
        return self.following_x and self.following_y

    def set_limits(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Say what is to be in sight, of each axis that was not moved by hand."""
        if x != self._limits[0]:
            closest = self.closest or (x[1] - x[0]) / 1000
            self.box.setLimits(xMin=x[0], xMax=x[1], minXRange=min(closest, x[1] - x[0]))
        self._limits = (x, y)
        now = self.box.viewRange()
        wanted = {}
        if self.following_x and tuple(now[0]) != x:
            wanted["xRange"] = x
        if self.following_y and tuple(now[1]) != y:
            wanted["yRange"] = y
        if wanted:
            self.box.setRange(**wanted, padding=0, disableAutoRange=False)

    def follow(self) -> None:
        """Show everything again, as it comes."""
        self.following_x = self.following_y = True
        self.set_limits(*self._limits)
        self.zoomed.emit()

    def x_sight(self) -> tuple[float, float]:
        """Return the part of the x axis in sight."""
        low, high = self.box.viewRange()[0]
        return float(low), float(high)

    def _zoomed(self, _mask: object) -> None:
        x, y = (tuple(r) for r in self.box.viewRange())
        self.following_x = self.following_x and x == self._limits[0]
        self.following_y = self.following_y and y == self._limits[1]
        self.zoomed.emit()

    def _ranged(self, *_arguments: object) -> None:
        self.notes.x_range, self.notes.y_range = (tuple(r) for r in self.box.viewRange())
        self.notes.update()

    def _placed(self, *_arguments: object) -> None:
        self.notes.fit(self.plotItem.boundingRect(), self.box.geometry())
        self.drawing.fit()
        self.set_limits(*self._limits)  # a locked aspect gives way while the box is laid out

    # events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed: of a part of the curves only them, without the scene, which takes twice as long."""
        area, exposed = self.notes.area, QRectF(event.rect())
        within = area.left() <= exposed.left() + BESIDE and exposed.bottom() <= area.bottom() + BESIDE
        items = self.box.childGroup.childItems()
        self.scene().prepareForPaint()
        direct = within and self.y_axis.picture is not None and all(isinstance(item, Direct) for item in items)
        if self.notes.message or not direct:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.setRenderHints(self.renderHints())
        painter.setClipRegion(event.region())
        painter.fillRect(exposed, self.backgroundBrush())
        if items:
            painter.save()
            painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
            for item in sorted(items, key=QGraphicsItem.zValue):
                if item.isVisible():
                    item.draw(painter, self.viewport())
            painter.restore()
        painter.translate(self.y_axis.scenePos())
        self.y_axis.draw_grid(painter)
        painter.translate(-self.y_axis.scenePos())
        self.drawing.draw(painter, exposed)
        self.notes.draw(painter, exposed)
        painter.end()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay out, and the annotations with it."""
        super().resizeEvent(event)
        if hasattr(self, "notes"):
            self._placed()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Follow again."""
        super().mouseDoubleClickEvent(event)
        self.follow()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out what is under the pointer, but not while panning."""
        super().mouseMoveEvent(event)
        self._pointer = None if event.buttons() else event.position()
        self.read_out()

    def leaveEvent(self, event: object) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.read_out()

    def read_out(self) -> None:
        """Show what is under the pointer now; to be called when what is drawn has changed."""
        pointer = self._pointer
        found = None
        if (
            self.hover is not None
            and pointer is not None
            and not self.notes.message
            and self.notes.area.contains(pointer)
        ):
            found = self.hover(self.box.mapSceneToView(pointer), pointer)
        if found is not self.notes.readout:
            self.notes.readout = found
            self.notes.update()

    def close(self) -> bool:
        """Close as any widget does: pyqtgraph's own way empties the scene, and a dock may be opened again."""
        return QWidget.close(self)
