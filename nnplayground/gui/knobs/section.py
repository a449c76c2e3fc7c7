"""A section of the panel, with a header that opens and closes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.theme import SPACING

MARGIN = 12


class SectionBox(QWidget):
    """A header with a title and a summary of what is inside, and below it widgets that can be folded away."""

    toggled = Signal(bool)

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"section.{name}")
        self.setProperty("role", "section")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header = IconButton("chevron-down", title, self, share=0.85)
        self.header.setObjectName(f"section.{name}.header")
        self.header.setProperty("role", "header")
        self.header.setText(title)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setCheckable(True)
        self.header.setChecked(True)
        self.header.toggled.connect(self._fold)
        self.summary = ElidedLabel("", self)
        self.summary.setObjectName(f"section.{name}.summary")
        self.summary.setProperty("role", "secondary")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.summary.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.summary.pressed.connect(self.header.toggle)
        self.body = QWidget(self)
        self.content = QVBoxLayout(self.body)
        self.content.setContentsMargins(MARGIN, 0, 2, SPACING // 2)
        self.content.setSpacing(0)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(MARGIN - 6, SPACING // 2, 4, SPACING // 4)
        top.setSpacing(SPACING)
        top.addWidget(self.header)
        top.addWidget(self.summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.body)

    def set_open(self, opened: bool) -> None:
        """Open or close the section."""
        self.header.setChecked(opened)

    def is_open(self) -> bool:
        """Whether the section is open."""
        return self.header.isChecked()

    def summarize(self, text: str) -> None:
        """Show `text` in the header, in words that do without the knobs below."""
        self.summary.setText(text)
        self.summary.setToolTip(text)

    def _fold(self, opened: bool) -> None:
        self.header.set_icon("chevron-down" if opened else "chevron-right")
        self.body.setVisible(opened)
        self.toggled.emit(opened)
