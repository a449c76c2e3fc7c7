"""The little window beside a knob that says what it does."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget


class HelpPopover(QFrame):
    """What a knob does, beside it, until something else is pressed or Escape."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("help")
        self.setProperty("role", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        words = QLabel(text, self)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.RichText)
        words.setFixedWidth(self.fontMetrics().averageCharWidth() * 44)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 6)
        layout.addWidget(words)

    def show_at(self, widget: QWidget) -> None:
        """Show below `widget`, or where the screen has room."""
        self.adjustSize()
        place = widget.mapToGlobal(QPoint(0, widget.height() + 2))
        screen = widget.screen().availableGeometry()
        x = min(max(place.x(), screen.left()), max(screen.right() - self.width(), screen.left()))
        below = place.y() + self.height() <= screen.bottom()
        y = place.y() if below else widget.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2
        self.move(x, y)
        self.show()
