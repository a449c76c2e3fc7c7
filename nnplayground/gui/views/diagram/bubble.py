"""The card beside a tile under the pointer: its picture enlarged, its name, its range, its bias."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.pictures import Picture
from nnplayground.gui.views.diagram.tiles import paint_tiles
from nnplayground.gui.views.diagram.words import elided

_SIDE = 160.0
_PADDING = 12.0


@dataclass(frozen=True, eq=False)
class Card:
    """What the card says: a title, lines of label and value, and the picture where there is one."""

    title: str
    lines: tuple[tuple[str, str], ...]
    picture: Picture | None


class NeuronBubble(QWidget):
    """Floats over the diagram, and lets the pointer through."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("network.bubble")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.look = look
        self.card: Card | None = None
        self.hide()

    def show_card(self, card: Card, beside: QRect) -> None:
        """Show `card` to the right of a rectangle of the parent's, or to its left where there is no room."""
        self.card = card
        size, room = self.sizeHint(), self._over.rect().adjusted(4, 4, -4, -4)
        gap = round(self.look.px(12))
        left = beside.right() + gap
        if left + size.width() > room.right():
            left = beside.left() - gap - size.width()
        top = beside.center().y() - size.height() // 2
        left = max(min(left, room.right() - size.width()), room.left())
        top = max(min(top, room.bottom() - size.height()), room.top())
        self.setGeometry(left, top, size.width(), size.height())
        self.show()
        self.raise_()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the picture and the lines below it."""
        look, lines = self.look, 0 if self.card is None else len(self.card.lines)
        width = look.px(_SIDE + 2 * _PADDING)
        height = width + self._line * (lines + 1) + look.px(6)
        if self.card is not None and self.card.picture is None:
            height -= look.px(_SIDE)
        return QSize(round(width), round(height))

    @property
    def _line(self) -> float:
        return self.look.line_height + self.look.px(3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        del event
        if self.card is None:
            return
        look, card = self.look, self.card
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.faint, 1.0))
        painter.setBrush(look.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
        left, top, side = look.px(_PADDING), look.px(_PADDING), look.px(_SIDE)
        if card.picture is not None:
            self._draw_picture(painter, card.picture, QRectF(left, top, side, side))
            top += side + look.px(6)
        painter.setFont(look.small)
        metrics = QFontMetricsF(look.small)
        painter.setPen(look.text)
        room = QRectF(left, top, side, self._line)
        middle = Qt.AlignmentFlag.AlignVCenter
        bold = painter.font()
        bold.setBold(True)
        painter.setFont(bold)
        painter.drawText(room, int(middle), elided(QFontMetricsF(bold), card.title, side))
        painter.setFont(look.small)
        for label, value in card.lines:
            room.translate(0, self._line)
            painter.setPen(look.secondary)
            painter.drawText(room, int(middle), label)
            painter.setPen(look.text)
            space = side - metrics.horizontalAdvance(label) - look.px(6)
            painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignRight), elided(metrics, value, space))
        painter.end()

    def _draw_picture(self, painter: QPainter, picture: Picture, room: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        side = round(room.width() * ratio)
        radius = self.look.px(6)
        pixels = paint_tiles(
            picture.values[None], side, radius * ratio, self.look.tiles, sharp=picture.kind != "domain"
        )[0]
        image = QImage(pixels.data, side, side, side * 4, QImage.Format.Format_ARGB32_Premultiplied)
        painter.drawImage(room, image, QRectF(0, 0, side, side))
        painter.setPen(QPen(self.look.secondary, self.look.px(1.1)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room, radius, radius)
