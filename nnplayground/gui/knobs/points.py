"""The editor of points drawn by hand: how many there are, and a way to have half as many; they are drawn elsewhere."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QWidget

from nnplayground.data.drawn import thinned
from nnplayground.experiment import Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.editor import Editor, row_layout


class PointsEditor(Editor):
    """Says how many points there are. The output's tools paint, move and erase them."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self._value = field.value
        self.count = QLabel(self)
        self.count.setObjectName(f"{field.path}.count")
        self.fewer = IconButton("minus", self.tr("Half as many points: every other one of each class"), self)
        self.fewer.setObjectName(f"{field.path}.fewer")
        self.fewer.clicked.connect(self._thin)
        row_layout(self, self.count, self.fewer).insertStretch(1)
        self.setFocusProxy(self.fewer)
        self.set_value(field.value)

    @property
    def value(self) -> str:
        """The points, as text."""
        return str(self._value)

    def set_value(self, value: Any) -> None:
        """Say how many points `value` has."""
        self._value = value
        self.count.setText(wording.shown(self.field, value))
        self.fewer.setEnabled(thinned(value) != value)

    def _thin(self) -> None:
        self.set_value(thinned(self._value))
        self.edited.emit(self._value)
