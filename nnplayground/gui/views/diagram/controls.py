"""The buttons on the diagram: real ones, for the keyboard and screen readers, drawn in the look of the diagram."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.words import write_lines, write_upright

_SILENT = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class DiagramButton(QToolButton):
    """A button without a frame: a shade while the pointer is on it, a ring while it has the focus."""

    def __init__(self, name: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # not by clicks: the space bar is to go on running and pausing
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)  # so that moves go on to the diagram below
        self.look = look
        self._by_keys = False

    def set_look(self, look: Look) -> None:
        """Take on another look."""
        self.look = look
        self.updateGeometry()
        self.update()

    def set_words(self, name: str, tip: str = "") -> None:
        """Say what the button does: to screen readers, and as a tip."""
        if self.accessibleName() != name:
            self.setAccessibleName(name)
        if self.toolTip() != (tip or name):
            self.setToolTip(tip or name)

    @property
    def ringed(self) -> bool:
        """Whether the button has the focus by keys, and not because the window came to the front."""
        return self._by_keys and self.hasFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Notice where the focus comes from."""
        self._by_keys = event.reason() not in _SILENT
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show the focus once keys are used."""
        self._by_keys = True
        self.update()
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw shade, ring and content."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw_ground(painter)
        self.draw_content(painter)
        painter.end()

    def draw_ground(self, painter: QPainter) -> None:
        """Draw what tells that the button is under the pointer, pressed, or in focus."""
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(self.look.accent, 2.0) if self.ringed else Qt.PenStyle.NoPen)
        shaded = self.isEnabled() and (self.underMouse() or self.isDown())
        painter.setBrush((self.look.line if self.isDown() else self.look.hover) if shaded else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room, self.look.px(5), self.look.px(5))

    def draw_content(self, painter: QPainter) -> None:
        """Draw what the button shows; nothing by itself."""


class SignButton(DiagramButton):
    """A plus or a minus. Held down, it goes on."""

    def __init__(self, name: str, *, plus: bool, look: Look, parent: QWidget) -> None:
        super().__init__(name, look, parent)
        self._plus = plus
        self.setAutoRepeat(True)
        self.setAutoRepeatDelay(400)
        self.setAutoRepeatInterval(80)

    def sizeHint(self) -> QSize:
        """A square a little larger than a line of text."""
        side = round(self.look.px(22))
        return QSize(side, side)

    def draw_content(self, painter: QPainter) -> None:
        """Draw the sign."""
        colour = self.look.faint if not self.isEnabled() else self.look.secondary
        painter.setPen(QPen(self.look.text if self.isEnabled() and self.underMouse() else colour, self.look.px(1.4)))
        middle, reach = QPointF(self.width() / 2, self.height() / 2), min(self.look.px(4.25), self.width() * 0.27)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        painter.drawLine(QLineF(middle.x() - reach, middle.y(), middle.x() + reach, middle.y()))
        if self._plus:
            painter.drawLine(QLineF(middle.x(), middle.y() - reach, middle.x(), middle.y() + reach))


class HeaderButton(DiagramButton):
    """A column's header: its activation and width, and marks of batch norm and dropout below."""

    def __init__(self, name: str, look: Look, parent: QWidget) -> None:
        super().__init__(name, look, parent)
        self._lines: tuple[str, ...] = ()
        self._upright = False

    def set_lines(self, lines: Sequence[str], *, upright: bool = False) -> None:
        """Show these lines, one below the other, or the one there is from the bottom to the top."""
        if (tuple(lines), upright) != (self._lines, self._upright):
            self._lines, self._upright = tuple(lines), upright
            self.update()

    def draw_content(self, painter: QPainter) -> None:
        """Write the lines."""
        colour = self.look.text if self.underMouse() or self.ringed else self.look.secondary
        painter.setPen(colour)
        if self._upright:
            painter.setFont(self.look.small)
            inside = QRectF(self.rect()).adjusted(0, self.look.px(4), 0, -self.look.px(4))
            write_upright(painter, " ".join(self._lines), inside, Qt.AlignmentFlag.AlignLeft)
        else:
            write_lines(painter, self.look, self._lines, QRectF(self.rect()))


class FeatureButton(DiagramButton):
    """Lies over an input's tile and name, which the diagram draws, and switches the input on and off."""

    def __init__(self, name: str, look: Look, parent: QWidget) -> None:
        super().__init__(name, look, parent)
        self.setCheckable(True)

    def draw_ground(self, painter: QPainter) -> None:
        """Draw a ring in focus; the diagram draws the rest."""
        if self.ringed:
            painter.setPen(QPen(self.look.accent, 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self.look.px(7), self.look.px(7))
