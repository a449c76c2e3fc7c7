"""One hidden layer's own settings, in a small window beside its column."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, Field
from nnplayground.experiment.layers import AnyLayer
from nnplayground.experiment.style import STYLE
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.views.diagram.structure import most_layers
from nnplayground.gui.views.diagram.value_box import show_beside

_WIDTH = 50  # of the window, in characters


class LayerPopover(QFrame):
    """A layer's knobs. What a layer leaves open is as the network says, and shown so.

    `edited` carries the path and the value that the user asks for; `closed` comes when the window is gone.
    """

    edited = Signal(str, object)
    closed = Signal()

    def __init__(self, experiment: Experiment, index: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._over = parent
        self.setObjectName(f"network.layers.{index}.popover")
        self.setProperty("role", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.index = index
        self._experiment = experiment
        title = QLabel(self.tr("Layer {}").format(index + 1), self)
        title.setProperty("role", "title")
        self.setAccessibleName(title.text())
        self._kind = experiment.network.layers[index].kind
        self.rows = {name: self._row(name) for name in _names(experiment.network.layers[index])}
        self._copy = QPushButton(self.tr("Duplicate"), self)
        self._copy.setObjectName(f"network.layers.{index}.duplicate")
        self._remove = QPushButton(self.tr("Remove"), self)
        self._remove.setObjectName(f"network.layers.{index}.remove")
        self._copy.clicked.connect(self._duplicate_layer)
        self._remove.clicked.connect(self._remove_layer)
        self._lay_out(title)
        self.set_experiment(experiment)

    def _row(self, name: str) -> KnobRow:
        field = self._field(name)
        row = KnobRow(field, self._inherited(name), self)
        row.edited_at.connect(self.edited)
        return row

    def _lay_out(self, title: QLabel) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 14)
        layout.setSpacing(2)
        layout.addWidget(title)
        layout.addSpacing(4)
        for row in self.rows.values():
            layout.addWidget(row)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 8, 0, 0)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._remove)
        buttons.addStretch()
        layout.addLayout(buttons)
        self.setFixedWidth(self.fontMetrics().averageCharWidth() * _WIDTH)

    def set_experiment(self, experiment: Experiment) -> None:
        """Show the layer as it is in `experiment`; closes where it is no more."""
        layers = experiment.network.layers
        if self.index >= len(layers) or layers[self.index].kind != self._kind:
            self.close()
            return
        self._experiment = experiment
        for name, row in self.rows.items():
            row.editor.set_inherited(self._inherited(name))
            row.set_field(self._field(name))
        self._copy.setEnabled(len(experiment.network.layers) < most_layers())

    def reject(self, path: str, message: str) -> None:
        """Say at the knob of `path` why its last edit was refused."""
        row = self.rows.get(path.rsplit(".", 1)[-1])
        if row is not None and row.field.path == path:
            row.reject(message)

    def show_at(self, beside: QRect) -> None:
        """Show below a rectangle of the parent's, where the screen has room."""
        show_beside(self, beside, self._over)
        for row in list(self.rows.values())[:1]:
            row.editor.setFocus(Qt.FocusReason.PopupFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the window is gone."""
        super().hideEvent(event)
        self.closed.emit()

    def _field(self, name: str) -> Field:
        return self._experiment.field(f"network.layers.{self.index}.{name}")

    def _inherited(self, name: str) -> Any:
        return getattr(self._experiment.network, name, None)

    @Slot()
    def _duplicate_layer(self) -> None:
        layers = self._experiment.network.layers
        self._ask((*layers[: self.index + 1], layers[self.index], *layers[self.index + 1 :]))

    @Slot()
    def _remove_layer(self) -> None:
        layers = self._experiment.network.layers
        self._ask((*layers[: self.index], *layers[self.index + 1 :]))

    def _ask(self, layers: tuple[AnyLayer, ...]) -> None:
        self.edited.emit("network.layers", layers)
        self.close()


def _names(layer: AnyLayer) -> tuple[str, ...]:
    """Return the names of a layer's knobs, those of its kind alone first."""
    names = [name for name in type(layer).model_fields if name != "kind"]
    return tuple(sorted(names, key=lambda name: name in STYLE))
