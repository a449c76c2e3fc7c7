"""What stands in the place of a picture that is computed when asked for: words, and the button that asks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui.theme import SPACING, restyle


class Invitation(QWidget):
    """Words in the middle with a button below; once there is a picture, the button moves to the row of options."""

    def __init__(self, message: QLabel, button: QToolButton, row: QHBoxLayout, place: int, parent: QWidget) -> None:
        """`place` is the button's in the row."""
        super().__init__(parent)
        self.setObjectName(f"{button.objectName()}.invitation")
        self._button, self._row, self._place = button, row, place
        restyle(button, role="chip")
        message.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACING)
        self._column.addStretch()
        self._column.addWidget(message)
        self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch()

    def invite(self, *, wanted: bool) -> None:
        """Stand there, or give way to a picture."""
        if wanted == (self._button.parentWidget() is self):
            return
        focused = self._button.hasFocus()
        if wanted:
            self._column.insertWidget(2, self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        else:
            self._row.insertWidget(self._place, self._button)
        self.setVisible(wanted)
        self._button.show()
        if focused:
            self._button.setFocus()
