"""A box to be ticked, in a row of options that may become narrow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from nnplayground.gui.views.chart import fitted


class TickBox(QCheckBox):
    """A check box that shows as much of its words as there is room for, be it nothing; its tip says what it does."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self._words = words
        self.setAccessibleName(words)
        self.setToolTip(words)  # until there is more to say
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size with all its words."""
        return self._size_with(self._words)

    def minimumSizeHint(self) -> QSize:
        """Return the size of the box alone."""
        return self._size_with("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the words as fits now."""
        super().resizeEvent(event)
        room = self.width() - self._size_with("").width()
        self.setText(fitted(self._words, self.fontMetrics(), room))

    def _size_with(self, words: str) -> QSize:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = words
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, f"{words} " if words else "")
        return self.style().sizeFromContents(QStyle.ContentsType.CT_CheckBox, option, text, self)
