"""Knobs in an import dialog: their rows, a line below each on what it comes to, and the panel that they stand in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnplayground.experiment import Field
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.theme import SPACING, Theme

WIDTH = 278  # of the panel, in pixels for plain text of 10 points


def knob_row(field: Field, name: str, parent: QWidget) -> KnobRow:
    """Return a knob's row, its parts called `name` and not as those of the main window's panel."""
    row = KnobRow(field, parent=parent)
    for part in (row, *row.findChildren(QWidget)):
        if part.objectName().startswith(field.path):
            part.setObjectName(f"{name}{part.objectName().removeprefix(field.path)}")
    return row


def note(name: str, parent: QWidget) -> QLabel:
    """Return a label for what a knob comes to, called "`name`.note"."""
    made = QLabel(parent)
    made.setObjectName(f"{name}.note")
    made.setProperty("role", "secondary")
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setContentsMargins(0, 0, SPACING, SPACING // 2)
    return made


def panel(settings: QWidget, theme: Theme) -> QFrame:
    """Return settings in a panel, which scrolls where it is too low for them."""
    settings.setProperty("role", "content")
    scroll = QScrollArea()
    scroll.setWidget(settings)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made = QFrame()
    made.setProperty("role", "panel")
    made.setFixedWidth(theme.scaled(WIDTH))
    inside = QVBoxLayout(made)
    inside.setContentsMargins(1, 1, 1, 1)
    inside.addWidget(scroll)
    return made
