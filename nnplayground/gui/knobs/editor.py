"""What every editor of a knob is: a widget that shows a value and says which one the user made of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnplayground.experiment import Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.box import Box


class Editor(QWidget):
    """An editor of one knob. `set_value` never emits; `edited` carries a value that the knob's type takes.

    Where the user typed what cannot be a value, `refused` carries a line that says what can. An optional knob that is
    left to a wider setting has the value None, and shows `inherited`.
    """

    edited = Signal(object)
    refused = Signal(str)
    relented = Signal()  # what was refused has been taken back

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.inherited = inherited
        self.setObjectName(field.path)
        self.setAccessibleName(wording.label(field))
        self.setWhatsThis(wording.explanation(field))

    @property
    def wide(self) -> bool:
        """Whether it needs, as it is, a line of its own below its label."""
        return False

    @property
    def needed(self) -> int:
        """The pixels that it needs beside its label; where there are fewer, it gets a line of its own too."""
        return 0

    @property
    def value(self) -> Any:
        """The value as the editor shows it."""
        return self.field.default

    def set_value(self, value: Any) -> None:
        """Show `value`, without a signal. What is being typed or dragged stays."""
        raise NotImplementedError

    def restore(self, value: Any) -> None:
        """Show `value`, without a signal, even over what is being typed or dragged."""
        self.set_value(value)

    def set_inherited(self, value: Any) -> None:
        """Set what an optional knob shows while it is left to a wider setting."""
        if value != self.inherited:
            shown = self.value
            self.inherited = value
            self.set_value(shown)

    def set_high(self, high: float | None) -> None:
        """Take only values up to `high`, where that is less than the knob's own limit; None lifts it."""

    def set_invalid(self, invalid: bool, message: str = "") -> None:
        """Mark what can be typed here as refused, or as good."""
        for box in self.findChildren(Box):
            box.set_invalid(invalid, message)


def row_layout(editor: QWidget, *parts: QWidget) -> QHBoxLayout:
    """Lay an editor's parts out side by side; the first one that can grow takes the room. Returns the layout."""
    layout = QHBoxLayout(editor)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for part in parts:
        layout.addWidget(part)
    return layout
