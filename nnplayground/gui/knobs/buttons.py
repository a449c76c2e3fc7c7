"""Small buttons that carry an icon in the colour of the text around them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from nnplayground.gui import icons


class IconButton(QToolButton):
    """A button that draws its icon anew whenever palette or type change. `said` is its tip and accessible name."""

    def __init__(self, name: str, said: str, parent: QWidget | None = None, *, share: float = 1.0) -> None:
        super().__init__(parent)
        self._name = name
        self._drawn = ("", "", 0)
        self._share = share  # of the height of a line of text
        self.setProperty("role", "small")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.say(said)
        self._draw()

    def say(self, text: str) -> None:
        """Set what the button is called."""
        self.setToolTip(text)
        self.setAccessibleName(text)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._draw()

    def _draw(self) -> None:
        size = round(self.fontMetrics().height() * self._share)
        colour = QApplication.palette().color(QPalette.ColorRole.PlaceholderText)  # not the style sheet's, for a button
        look = self._name, colour.name(), size
        if look != self._drawn:
            self._drawn = look
            self.setIcon(icons.icon(*look))
            self.setIconSize(QSize(size, size))
