"""The small box in which one weight or bias is set by hand."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QLabel, QVBoxLayout, QWidget

_MOST = 1e6
_DECIMALS = 4
_STEP = 0.1


class ValueBox(QFrame):
    """A number with a title, until something else is pressed, or Enter, or Escape. `changed` carries what was set.

    Arrows and the wheel change it by a tenth, and take hold at once.
    """

    changed = Signal(float)

    def __init__(self, title: str, value: float, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._over = parent
        self.setObjectName("network.value")
        self.setProperty("role", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        label = QLabel(title, self)
        label.setProperty("role", "secondary")
        self.box = QDoubleSpinBox(self)
        self.box.setObjectName("network.value.box")
        self.box.setAccessibleName(title)
        self.box.setRange(-_MOST, _MOST)
        self.box.setDecimals(_DECIMALS)
        self.box.setSingleStep(_STEP)
        self.box.setKeyboardTracking(False)
        self.box.setValue(value)
        label.setBuddy(self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 10)
        layout.setSpacing(6)
        layout.addWidget(label)
        layout.addWidget(self.box)
        self.box.valueChanged.connect(self._emit)

    def show_at(self, beside: QRect) -> None:
        """Show below a rectangle of the parent's, where the screen has room, ready to be typed into."""
        show_beside(self, beside, self._over)
        self.box.setFocus(Qt.FocusReason.PopupFocusReason)
        self.box.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter closes, as Escape does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)

    @Slot(float)
    def _emit(self, value: float) -> None:
        self.changed.emit(value)


def show_beside(popup: QWidget, beside: QRect, of: QWidget) -> None:
    """Show a popup below a rectangle of the widget `of`, or above it, wholly on the screen."""
    popup.adjustSize()
    below, above = of.mapToGlobal(beside.bottomLeft()), of.mapToGlobal(beside.topLeft())
    screen = of.screen().availableGeometry()
    left = below.x() + beside.width() // 2 - popup.width() // 2
    left = max(min(left, screen.right() - popup.width()), screen.left())
    top = below.y() + 4
    if top + popup.height() > screen.bottom():
        top = max(above.y() - 4 - popup.height(), screen.top())
    popup.move(left, top)
    popup.show()
