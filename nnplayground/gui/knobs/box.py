"""A field for a number or a line of text, which says what was typed once it is meant."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from nnplayground.gui.theme import restyle


class Box(QLineEdit):
    """A line of text that is `entered` by Enter or by leaving it, and put back by Escape; arrows are `stepped`."""

    entered = Signal(str)
    stepped = Signal(int)  # arrow keys pressed, up counting positive
    abandoned = Signal()  # what was shown is back, by Escape or typed again after something was refused

    def __init__(self, parent: QWidget | None = None, *, number: bool = False) -> None:
        super().__init__(parent)
        self._number = number
        self._shown = ""
        self._refused = False  # what was entered last
        self.page = 10  # steps that page up and down make
        if number:
            self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.textEdited.connect(self._mark_valid)

    def show_text(self, text: str, *, force: bool = False) -> None:
        """Show `text`, without a signal; what is being typed stays, unless what was shown has changed, or `force`."""
        typing = self.hasFocus() and self.text() != self._shown
        if typing and text == self._shown and not force:
            return
        self._shown, self._refused = text, False
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)
        self.set_invalid(False)

    def set_invalid(self, invalid: bool, message: str = "") -> None:
        """Mark the text as refused or not; `message` is said where the pointer rests on it."""
        self._refused = self._refused or invalid
        restyle(self, invalid=invalid)
        self.setToolTip(message if invalid else "" if self._number else self._shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, put back, or step."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
            self.selectAll()
        elif key == Qt.Key.Key_Escape and self.text() != self._shown:
            self.setText(self._shown)
            self.set_invalid(False)
            self.abandoned.emit()
        elif self._number and key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            count = self.page if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1
            self.stepped.emit(count if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) else -count)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select a number, so that typing replaces it."""
        super().focusInEvent(event)
        if self._number and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field means what was typed."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._enter()

    def _enter(self) -> None:
        if self.text() != self._shown:
            self.entered.emit(self.text())
        elif self._refused:  # what is shown was typed again
            self._refused = False
            self.abandoned.emit()

    def _mark_valid(self) -> None:
        self.set_invalid(False)
