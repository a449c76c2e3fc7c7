"""The pointer over a plane of points: it paints, sets, moves and erases them, and shows it while it does."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGraphicsEllipseItem

from nnplayground.data import drawing
from nnplayground.data.drawn import Flags
from nnplayground.experiment.drawn import MOST_POINTS, Row, rows_of
from nnplayground.gui.theme import class_colours
from nnplayground.gui.views.boundary import PlanePicture
from nnplayground.gui.views.painting_tools import PaintingTools
from nnplayground.gui.views.symbols import class_symbol, line_pen, symbol_path

GRIP = 12.0  # pixels from the pointer to a point that is taken hold of
_SEED = 7  # of the spray: the points themselves are what is kept, not their chance


class Brush(QObject):
    """Takes the left button from the plot while a tool is in hand. One press to its release is one edit."""

    def __init__(self, picture: PlanePicture, tools: PaintingTools) -> None:
        super().__init__(picture)
        self._picture, self._plot, self._tools = picture, picture.plot, tools
        self._parts: tuple[Flags, Flags] = (np.zeros(0, bool),) * 2  # which points the picture draws, as what
        self._waiting: tuple[Row, ...] = ()  # those that it does not draw: of a class that has no output yet
        self._rows: tuple[Row, ...] = ()  # as they were when the button was pressed
        self._fresh: tuple[Row, ...] = ()  # painted since
        self._gone: Flags = np.zeros(0, bool)  # erased, or being moved
        self._held: int | None = None  # the point being moved
        self._last: np.ndarray | None = None  # where it was painted last; None while no button is pressed
        self._generator = np.random.default_rng(_SEED)
        self.preview = pg.ScatterPlotItem(pxMode=True)
        self.circle = QGraphicsEllipseItem()
        for z, item in enumerate((self.preview, self.circle)):
            item.setZValue(3 + z)
            self._plot.box.addItem(item, ignoreBounds=True)
        self.circle.hide()
        tools.chosen.connect(self._take_up)
        self._plot.viewport().installEventFilter(self)

    @property
    def painting(self) -> bool:
        """Whether the button is pressed."""
        return self._last is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paint with the left button, and show how wide the brush is; all else is the plot's."""
        if not self._tools.tool or not isinstance(event, QMouseEvent):
            if event.type() == QEvent.Type.Leave:
                self.circle.hide()
            return super().eventFilter(watched, event)
        place = self._place(event.position())
        left = event.button() == Qt.MouseButton.LeftButton
        if event.type() == QEvent.Type.MouseMove:
            self._show_circle(place)
            if self.painting:
                self._go_on(place)
            return self.painting
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) and left:
            self._begin(place)
            return True
        if event.type() == QEvent.Type.MouseButtonRelease and left and self.painting:
            self._end()
            return True
        return super().eventFilter(watched, event)

    def show_points(self, train: Flags, validation: Flags) -> None:
        """Take note of which points, (n,), the picture draws in which part; the others are drawn here."""
        rows = rows_of(self._tools.data.points)
        drawn = train | validation
        self._parts = train, validation
        self._waiting = tuple(row for row, is_drawn in zip(rows, drawn, strict=True) if not is_drawn)
        if self.painting and rows != self._rows:  # an undo, say
            self.give_up()
        self._draw_fresh()

    def show_nothing(self) -> None:
        """Take everything away: the points in sight are not drawn by hand."""
        self._waiting = self._fresh = ()
        self._draw_fresh()

    def give_up(self) -> None:
        """Take back what was begun since the button was pressed."""
        self._last = self._held = None
        self._fresh = ()
        self._show(np.zeros(len(self._rows), bool))

    def _place(self, pixel: QPointF) -> np.ndarray:
        found = self._plot.box.mapSceneToView(self._plot.mapToScene(pixel.toPoint()))
        return np.array([found.x(), found.y()])

    def _take_up(self, tool: str) -> None:
        if self.painting:
            self.give_up()
        self.circle.hide()
        cursors = {"": Qt.CursorShape.ArrowCursor, "drag": Qt.CursorShape.OpenHandCursor}
        self._plot.viewport().setCursor(cursors.get(tool, Qt.CursorShape.CrossCursor))

    # a stroke

    def _begin(self, place: np.ndarray) -> None:
        self._tools.take_focus()
        self._rows, self._fresh, self._last = rows_of(self._tools.data.points), (), place
        self._gone = np.zeros(len(self._rows), bool)
        tool = self._tools.tool
        if tool == "paint":
            self._spray(np.tile(place, (round(drawing.DENSITY) // 2, 1)))
        elif tool == "point":
            self._spray(place[None], radius=0.0)
        elif tool == "drag":
            self._take_hold(place)
        else:
            self._erase(place)

    def _go_on(self, place: np.ndarray) -> None:
        assert self._last is not None
        tool = self._tools.tool
        if tool == "paint":
            along = drawing.between(self._last, place, self._tools.radius)
            if len(along):
                self._last = along[-1]
                self._spray(along)
        elif tool == "erase":
            for step in (*drawing.between(self._last, place, self._tools.radius), place):
                self._erase(step)
            self._last = place
        elif self._held is not None:
            self._fresh = (drawing.moved(self._rows, self._held, place.tolist())[self._held],)
            self._show(self._gone)

    def _end(self) -> None:
        rows, held, fresh = self._rows, self._held, self._fresh
        self._last = self._held = None
        self._fresh = ()
        if held is not None:
            after = drawing.moved(rows, held, fresh[0][:2]) if fresh else rows
        else:
            after = drawing.added(drawing.erased(rows, self._gone), fresh)
        if after != rows:
            self._tools.emit_rows(after)
        if rows_of(self._tools.data.points) == rows:  # nothing came of it, or it was refused
            self._show(np.zeros(len(rows), bool))

    def _spray(self, along: np.ndarray, radius: float | None = None) -> None:
        wide = self._tools.radius if radius is None else radius
        room = MOST_POINTS - len(self._rows) - len(self._fresh)
        self._fresh += drawing.sprayed(along[: max(room, 0)], wide, self._tools.label, self._generator)
        self._draw_fresh()

    def _erase(self, place: np.ndarray) -> None:
        gone = self._gone | drawing.near(self._rows, place.tolist(), self._tools.radius)
        if (gone != self._gone).any():
            self._gone = gone
            self._show(gone)

    def _take_hold(self, place: np.ndarray) -> None:
        if not self._rows:
            return
        scale = np.array(self._plot.box.viewPixelSize())
        distance = np.hypot(*((drawing.places_of(self._rows) - place) / scale).T)
        nearest = int(distance.argmin())
        if distance[nearest] <= GRIP:
            self._held = nearest
            self._gone[nearest] = True

    # what is seen of it

    def _show(self, hidden: Flags) -> None:
        """Leave out some of the points, (n,), which are being erased or moved."""
        for item, part in zip((self._picture.train, self._picture.validation), self._parts, strict=True):
            if item.isVisible() and len(part) == len(hidden) and part.any():
                item.setPointsVisible(~hidden[part])
        self._draw_fresh()

    def _draw_fresh(self) -> None:
        """Show the points that are not the experiment's yet."""
        theme, rows = self._tools.theme, (*self._waiting, *self._fresh)
        colours = class_colours(theme, max(self._tools.data.class_count, self._tools.label + 1))
        self.preview.setData(
            pos=drawing.places_of(rows),
            size=theme.marker_size,
            symbol=[symbol_path(class_symbol(row[2])) for row in rows],
            brush=[pg.mkBrush(colours[row[2]]) for row in rows],
            pen=pg.mkPen(theme.text, width=1),
        )

    def _show_circle(self, place: np.ndarray) -> None:
        """Show how far the brush reaches."""
        wide = self._tools.tool in ("paint", "erase")
        self.circle.setVisible(wide)
        if wide:
            radius = self._tools.radius
            self.circle.setRect(place[0] - radius, place[1] - radius, 2 * radius, 2 * radius)
            self.circle.setPen(line_pen(self._tools.theme.text, 1.0))
