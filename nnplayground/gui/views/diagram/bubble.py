"""The card beside a tile under the pointer: its picture enlarged, its name, its range, its bias."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.pictures import Picture
from nnplayground.gui.views.diagram.tiles import paint_tiles
from nnplayground.gui.views.diagram.words import elided

_SIDE = 160.0
_PADDING = 12.0
_APART = 14.0  # between label and value, at least

Line = tuple[str, str]  # label and value


@dataclass(frozen=True, eq=False)
class Card:
    """What the card says: a title, lines of label and value, and the picture where there is one."""

    title: str
    lines: tuple[Line, ...]
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
        """Show `card` to the right of a rectangle of the parent's, or to its left where there is no room.

        Where all does not fit, the picture is left out: it is on the tile, and numbers are not.
        """
        room = self._over.rect().adjusted(4, 4, -4, -4)
        self.card = card
        if self.sizeHint().height() > room.height() and len(card.lines) > 1:
            self.card = replace(card, picture=None)
        size = self.sizeHint()
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
        look, card = self.look, self.card
        height = look.px(2 * _PADDING) + self._line * (1 + (len(card.lines) if card else 0))
        if card is not None and card.picture is not None:
            height += look.px(_SIDE + 6)
        return QSize(round(self._inside + look.px(2 * _PADDING)), round(height))

    @property
    def _inside(self) -> float:
        """How wide the longest line is, within the view's own width."""
        look = self.look
        lines = () if self.card is None else self.card.lines
        widths = [look.width(label) + look.px(_APART) + look.width(value) for label, value in lines]
        title = QFontMetricsF(_bold(look)).horizontalAdvance(self.card.title) + 1 if self.card is not None else 0.0
        widest = self._over.width() - 8 - look.px(2 * _PADDING)
        least = look.px(_SIDE) if self.card is not None and self.card.picture is not None else 0.0
        return max(min(max([title, *widths]), widest), least)

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
        room = QRectF(left, top, self._inside, self._line)
        middle = Qt.AlignmentFlag.AlignVCenter
        bold, metrics = _bold(look), QFontMetricsF(look.small)
        painter.setPen(look.text)
        painter.setFont(bold)
        painter.drawText(room, int(middle), elided(QFontMetricsF(bold), card.title, room.width()))
        painter.setFont(look.small)
        for label, value in card.lines:
            room.translate(0, self._line)
            painter.setPen(look.text)
            painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignRight), value)
            painter.setPen(look.secondary)
            space = room.width() - metrics.horizontalAdvance(value) - look.px(6)
            painter.drawText(room, int(middle), elided(metrics, label, space))
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


def _bold(look: Look) -> QFont:
    font = QFont(look.small)
    font.setBold(True)
    return font
