"""The editor of a file's path: a line of text, with a button that asks for the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from nnplayground.experiment import Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.text import TextEditor


class PathEditor(TextEditor):
    """The path of a file, or another name that the knob knows; nothing where there is none."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self.choose = IconButton("open", self.tr("Choose a file…"), self)
        self.choose.setObjectName(f"{field.path}.choose")
        self.choose.clicked.connect(self._ask)
        self.line.addWidget(self.choose)
        self.line.setSpacing(2)
        self.box.setPlaceholderText(self.tr("none"))

    def read(self, text: str) -> str:
        """Return the path typed, without the blanks around it."""
        return text.strip()

    def _show(self, value: Any, *, force: bool) -> None:
        super()._show(value, force=force)
        self.box.setToolTip(str(value))  # which may be longer than the box

    def _ask(self) -> None:
        """Ask for a file, beginning where the one in hand lies."""
        name, ending = wording.label(self.field), self.field.knob.file
        place = str(Path(self._value).parent) if self._value and Path(self._value).exists() else ""
        path, _ = QFileDialog.getOpenFileName(self.window(), name, place, f"{name} ({ending})")
        if path:
            self._change(path)
