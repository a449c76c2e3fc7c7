"""One small picture per layer, side by side: where each lies, and which one the pointer is at."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPaintEngine,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.readout import Readout, Row, paint_box

NARROW, NARROWEST, LOWEST = 72, 44, 84  # pixels: the width of one picture, at least; its height, at least
MARGIN = 6.0  # pixels on each side of one


def columns_for(count: int, width: float, height: float) -> int:
    """Return into how many columns `count` pictures are put: side by side, in as many rows as they are wide enough.

    They are made narrower than they should be before one has to scroll.
    """
    comfortable = ceil(count / max(int(width // NARROW), 1))
    fitting = min(comfortable, max(int(height // LOWEST), 1))
    rows = fitting if width / ceil(count / fitting) >= NARROWEST else comfortable
    return ceil(count / rows)


@lru_cache(maxsize=8)
def _line(theme: Theme) -> float:
    """Return the height of a line of small words."""
    return QFontMetricsF(small_font(theme)).height()


class Cells(QWidget):
    """Pictures of layers. A click shows one alone, a double click all again. Others paint and read out one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # else all that lies below is painted first
        self.theme = theme
        self.layers: tuple[str, ...] = ()
        self.message = ""
        self.alone: int | None = None  # the layer that is shown alone
        self.sight = 0  # the height of the pane; what is higher is scrolled
        self._pointer: QPointF | None = None
        self._still = QPixmap()
        self._still_of: object = None  # what it depends on

    # what others implement

    def paint_picture(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Draw one layer's picture into its cell."""
        raise NotImplementedError

    def read_picture(self, index: int, cell: QRectF, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about a pixel of a layer's cell."""
        raise NotImplementedError

    def paint_still(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Draw what stays as it is for many frames behind a layer's picture; nothing by itself."""

    def still_key(self) -> object:
        """Return what `paint_still` depends on, beside layers, theme and size."""
        return None

    # where they lie

    def show_layers(self, layers: tuple[str, ...], message: str = "") -> None:
        """Draw pictures of these layers, or the message where there are none."""
        self.layers, self.message = layers, message
        if self.alone is not None and self.alone >= len(layers):
            self.alone = None
        self._claim()
        self.update()

    def show_alone(self, index: int | None) -> None:
        """Show one layer alone, or all."""
        self.alone = index
        self._claim()
        self.update()

    def fit(self, sight: int) -> None:
        """Take on the pane's height."""
        if sight != self.sight:
            self.sight = sight
            self._claim()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Claim the height that so narrow a pane takes."""
        super().resizeEvent(event)
        self._claim()

    def _claim(self) -> None:
        """Take at least the height below which pictures cannot be read; the pane scrolls the rest."""
        count = len(self.shown)
        self.setMinimumHeight(ceil(count / columns_for(count, self.width(), self.sight)) * LOWEST if count else 0)

    @property
    def shown(self) -> range:
        """The layers that are shown."""
        return range(len(self.layers)) if self.alone is None else range(self.alone, self.alone + 1)

    def cells(self) -> list[QRectF]:
        """Return the rectangle of each layer shown."""
        count = len(self.shown)
        if not count:
            return []
        columns = columns_for(count, self.width(), self.sight)
        width, height = self.width() / columns, self.height() / ceil(count / columns)
        return [QRectF(i % columns * width, i // columns * height, width, height) for i in range(count)]

    def bars(self, cell: QRectF) -> QRectF:
        """Return where a cell's picture stands: below a line of words, above the scale and the layer's name."""
        line = _line(self.theme)
        return cell.adjusted(MARGIN, line + 6, -MARGIN, -2 * line - 4)

    def at(self, point: QPointF) -> tuple[int, QRectF] | None:
        """Return the layer at a pixel and its cell."""
        pairs = zip(self.shown, self.cells(), strict=True)
        return next(((index, cell) for index, cell in pairs if cell.contains(point)), None)

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about a pixel; nothing beside the pictures."""
        found = self.at(point)
        if found is None:
            return ()
        place = self.bars(found[1])
        return self.read_picture(*found, point) if place.left() <= point.x() < place.right() else ()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw every picture, and the read-out of what is under the pointer."""
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        if self.message:
            painter.fillRect(event.rect(), QColor(self.theme.panel))
            painter.setPen(QColor(self.theme.secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
            return
        if painter.paintEngine().type() == QPaintEngine.Type.Raster:
            painter.drawPixmap(0, 0, self._still_picture(painter.deviceTransform().m11()))
        else:  # to be saved, as shapes
            self._paint_still(painter)
        for index, cell in zip(self.shown, self.cells(), strict=True):
            self.paint_picture(painter, index, cell)
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, small_font(self.theme), readout, QRectF(self.rect()))

    def _still_picture(self, ratio: float) -> QPixmap:
        """Return what stays for many frames, painted anew only where it did not."""
        seen = self.theme, self.size(), ratio, self.layers, self.shown, self.still_key()
        if seen != self._still_of:
            self._still_of = seen
            self._still = QPixmap(self.size() * ratio)
            self._still.setDevicePixelRatio(ratio)
            painter = QPainter(self._still)
            painter.setFont(small_font(self.theme))
            self._paint_still(painter)
            painter.end()
        return self._still

    def _paint_still(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(self.theme.panel))
        for index, cell in zip(self.shown, self.cells(), strict=True):
            self.paint_still(painter, index, cell)
            self._paint_name(painter, index, cell)

    def _paint_name(self, painter: QPainter, index: int, cell: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(self.theme.text))
        name, room = self.layers[index], cell.width() - 2
        if metrics.horizontalAdvance(name) > room:
            name = self.tr("out") if name == "output" else name.removeprefix("layer ")  # its number says more
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        place = QRectF(cell.left(), self.bars(cell).bottom() + metrics.height() + 2, cell.width(), metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, name)

    def paint_line(self, painter: QPainter, place: QRectF, left: str, right: str, *, below: bool) -> None:
        """Write small words at both ends of the line above or below a picture, as far as they fit, the left first."""
        metrics = QFontMetricsF(painter.font())
        room = place.width() + MARGIN  # into the margin that follows
        if metrics.horizontalAdvance(left) > room:
            return
        right = right if metrics.horizontalAdvance(f"{left}0{right}") <= room else ""
        top = place.bottom() + 1 if below else place.top() - metrics.height() - 3
        line = QRectF(place.left(), top, place.width(), metrics.height())
        painter.setPen(QColor(self.theme.secondary))
        painter.drawText(line.adjusted(0, 0, MARGIN, 0), Qt.AlignmentFlag.AlignLeft, left)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, right)

    # the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out what is under the pointer."""
        self._pointer = event.position()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the layer under the pointer alone."""
        found = self.at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.show_alone(found[0])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all layers."""
        del event
        self.show_alone(None)

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()


class Pane(QScrollArea):
    """The part of the pictures in sight."""

    def __init__(self, cells: Cells, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._cells = cells
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(cells)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the pictures how much of them is seen."""
        super().resizeEvent(event)
        self._cells.fit(self.viewport().height())
