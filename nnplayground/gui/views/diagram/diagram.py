"""The diagram as a widget: draws a scene, carries its buttons, and says what is pointed at and pressed."""

from __future__ import annotations

from functools import reduce

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from nnplayground.gui.views.diagram.badges import draw_badges
from nnplayground.gui.views.diagram.buttons import Buttons
from nnplayground.gui.views.diagram.fitting import Fitting
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.painting import Painting
from nnplayground.gui.views.diagram.quantities import Content
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Scene, Spot, Tile
from nnplayground.gui.views.diagram.steering import steered
from nnplayground.gui.views.diagram.structure import Structure
from nnplayground.gui.views.diagram.wording import spot_words
from nnplayground.gui.views.diagram.words import (
    draw_channels,
    draw_end_headers,
    draw_left_out,
    draw_names,
    draw_shapes,
    draw_slabs,
)

LATER_MS = 2  # what came in meanwhile goes first


class Diagram(QWidget):
    """The network, drawn. It changes nothing: it says what the user asks for.

    `pointed` carries the spot under the pointer or chosen by keys (None for none), `pressed` one that was clicked.
    """

    edited = Signal(str, object)
    pointed = Signal(object)
    pressed = Signal(object)

    def __init__(self, structure: Structure, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network.diagram")
        self.setAccessibleName(self.tr("Network diagram"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else all that lies below is painted first
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.look = look
        self.spot: Spot | None = None
        self._open_column: int | None = None  # whose popover is open
        self._at = QPointF()
        self._held: Spot | None = None  # where the mouse button went down
        self._by_keys = False
        self._content = Content()
        self._buttons = Buttons(self, look)
        self._buttons.edited.connect(self.edited)
        self._buttons.column_pressed.connect(self._press_column)
        self._painting: Painting | None = None
        self._stale = False  # whether the edges painted are those of other weights
        self._changed: list[QRectF] = []  # what is to be painted again
        self._is_traced = False  # whether values of a sample are in sight, or will be
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self._refresh)
        self._still_picture = QPixmap()
        self._still_of: object = None  # what it depends on
        self.structure = structure
        self.scene = self._laid_out()

    # what is shown

    def set_structure(self, structure: Structure) -> None:
        """Show another structure, without numbers until some fit it."""
        if structure != self.structure:
            self.structure = structure
            self._lay_out()

    def set_look(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self._buttons.set_look(look)
        self._lay_out()

    def take(self, content: Content) -> None:
        """Show a network's numbers; those that do not fit the structure are left out."""
        last, self._content = self._content, content
        weights = content.numbers is not last.numbers
        pictures = content.responses is not last.responses or content.dataset is not last.dataset
        if weights:
            self.scene.take_numbers(content.numbers)
        if pictures:
            self.scene.take_responses(content.responses, content.dataset)
        if self._painting is not None:
            self._changed += self._painting.refresh_tiles() + self._painting.refresh_marks()
        self._stale = self._stale or weights
        self._is_traced = self._is_traced or content.numbers.trace is not None
        self._later.start()

    @Slot()
    def _refresh(self) -> None:
        """Paint the edges anew, and show what has changed: in a turn of its own, as it may take as long as the rest."""
        self._refresh_edges()
        whole = QRectF(self.rect()) if self.spot is not None or self._is_traced else QRectF()
        changed = reduce(QRectF.united, self._changed, whole)  # one rectangle is painted faster than many
        self._changed, self._is_traced = [], self._content.numbers.trace is not None
        if not changed.isEmpty():
            self.update(changed.toAlignedRect())

    def _refresh_edges(self) -> None:
        if self._stale and self._painting is not None:
            self._changed += self._painting.refresh_edges()
        self._stale = False

    def minimumSizeHint(self) -> QSize:
        """As wide as the columns need at least."""
        least = Fitting(self.structure, self.look, self.width(), self.height()).least_width
        return QSize(int(least + 0.5), round(self.look.px(170)))

    def set_open_column(self, column: int | None) -> None:
        """Show that the popover of a column is open, or that none is."""
        self._open_column = column
        self.update()

    # layout

    def _laid_out(self) -> Scene:
        """Return a scene of the structure in the room there is, with the numbers that fit it."""
        self._fitting = Fitting(self.structure, self.look, self.width(), self.height())
        scene = Scene(self.structure, self._fitting.geometry)
        scene.take_numbers(self._content.numbers)
        scene.take_responses(self._content.responses, self._content.dataset)
        return scene

    def _lay_out(self) -> None:
        self._painting = None
        self.scene = self._laid_out()
        self._buttons.place(self.scene, self._fitting.headers, upright=self._fitting.upright)
        self._point(None)
        self.updateGeometry()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the columns out in the new room."""
        super().resizeEvent(event)
        self._lay_out()

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scene."""
        painting = self._fresh_painting()
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.look.panel)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_background(painter)
        painting.draw_edges(painter, self.spot)
        painting.draw_tiles(painter)
        if self.spot is None:
            painter.drawPixmap(0, 0, self._still(painting))
        else:
            self._draw_still(painter, painting)
        painting.draw_marks(painter, self.spot)
        if self._content.numbers.trace is not None:
            draw_badges(painter, self.scene, self.look)
        painter.end()

    def _fresh_painting(self) -> Painting:
        ratio = self.devicePixelRatioF()
        if self._painting is None or self._painting.ratio != ratio:
            self._painting, self._stale = Painting(self.scene, self.look, ratio), False
        self._refresh_edges()  # where something else than new numbers has it painted
        return self._painting

    def _still(self, painting: Painting) -> QPixmap:
        """Return what does not change with the network's numbers, as it was drawn last where that still holds."""
        columns = enumerate(self.scene.geometry.columns)
        known = tuple(self.scene.picture(i, row) is not None for i, column in columns for row in range(len(column.ys)))
        seen = painting, known, self.hasFocus() and self._by_keys
        if seen != self._still_of:
            self._still_of = seen
            self._still_picture = QPixmap(self.size() * painting.ratio)
            self._still_picture.setDevicePixelRatio(painting.ratio)
            self._still_picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._still_picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_still(painter, painting)
            painter.end()
        return self._still_picture

    def _draw_still(self, painter: QPainter, painting: Painting) -> None:
        painting.draw_outlines(painter, self.spot)
        self._draw_words(painter)

    def _draw_background(self, painter: QPainter) -> None:
        pointed = self.spot.column if isinstance(self.spot, Background) else None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.hover)
        radius = self.look.px(8)
        for column in range(1, len(self.scene.geometry.columns) - 1):
            if column in (self._open_column, pointed):
                box = self.scene.geometry.background(column)
                painter.drawRoundedRect(QRectF(box.left, box.top + 2, box.width, box.height - 4), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_words(self, painter: QPainter) -> None:
        geometry, look = self.scene.geometry, self.look
        draw_names(painter, self.scene, look, *self._fitting.names)
        draw_end_headers(painter, geometry, look, self._fitting.headers)
        draw_left_out(painter, geometry, look)
        draw_slabs(painter, self.scene, look)
        draw_shapes(painter, self.scene, look)
        draw_channels(painter, self.scene, look)
        if self.hasFocus() and self._by_keys and self.spot is None:
            painter.setPen(QPen(look.accent, 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), look.px(6), look.px(6))

    # pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what lies under the pointer."""
        self._at = event.position()
        self._point(self.scene.spot_at(self._at.x(), self._at.y()))

    def event(self, event: QEvent) -> bool:
        """Tell the whole name of an input or output, which may be cut, as a tip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.name_at(event.pos()), self)
            return True
        return super().event(event)

    def name_at(self, at: QPoint) -> str:
        """Return the name of the input or output that is written at a point, or nothing."""
        columns, structure = self.scene.geometry.columns, self.structure
        for column, names in ((columns[0], structure.input_names), (columns[-1], structure.output_names)):
            aside = at.x() < column.box(0).left if column is columns[0] else at.x() > column.box(0).right
            for row, name in enumerate(names[: len(column.ys)]):
                box = column.box(row)
                if aside and box.top <= at.y() <= box.bottom:
                    return name
        return ""

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self._point(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Notice whether keys brought the focus, which is then shown."""
        super().focusInEvent(event)
        self._by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing that was chosen by keys."""
        super().focusOutEvent(event)
        if not self.underMouse():
            self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Notice where the button goes down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._at = event.position()
            self._held = self.scene.spot_at(self._at.x(), self._at.y())
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Say what was pressed, where the button comes up on the same spot."""
        held, self._held = self._held, None
        at = event.position()
        if event.button() == Qt.MouseButton.LeftButton and held is not None:
            if self.scene.spot_at(at.x(), at.y()) == held:
                self.pressed.emit(held)
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows from tile to tile, with page up and down along its edges; Enter is a press."""
        key, spot = Qt.Key(event.key()), self.spot
        self._by_keys = True
        goal = steered(self.scene, spot, key)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and spot is not None:
            bias = isinstance(spot, Tile) and spot.column > 0
            self.pressed.emit(Mark(spot.column, spot.row) if isinstance(spot, Tile) and bias else spot)
        elif key == Qt.Key.Key_Escape and spot is not None:
            self._point(None)
        elif goal is not None:
            if isinstance(goal, Edge):
                curves = self.scene.curves[goal.gap]
                middle = (curves.starts[goal.start] + curves.ends[goal.end]) / 2
                self._at = QPointF((curves.left + curves.right) / 2, middle)
            self._point(goal)
        else:
            super().keyPressEvent(event)

    def place_of(self, spot: Spot) -> QRect:
        """Return the rectangle that a popover about a spot is to stand beside."""
        if isinstance(spot, Edge):
            return QRect(int(self._at.x()) - 4, int(self._at.y()) - 4, 8, 8)
        if isinstance(spot, Background):
            box = self.scene.geometry.background(spot.column)
            return QRect(int(box.left), int(box.top), int(box.width), int(self.scene.geometry.top))
        box = self.scene.geometry.columns[spot.column].box(spot.row)
        return QRect(int(box.left), int(box.top), int(box.width), int(box.height))

    def _point(self, spot: Spot | None) -> None:
        clickable = isinstance(spot, Edge | Mark | Background) or (isinstance(spot, Tile) and self._opens(spot))
        self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        changed = spot != self.spot
        if changed or isinstance(spot, Edge):
            self.spot = spot
            self.update()
        if changed:
            self.setAccessibleDescription("" if spot is None else spot_words(self.scene, spot))
            self.pointed.emit(spot)

    def _opens(self, tile: Tile) -> bool:
        return 0 < tile.column <= len(self.structure.layers)

    def _press_column(self, column: int) -> None:
        self.pressed.emit(Background(column))
