"""One hidden layer's own settings, in a small window beside its column."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, ExperimentError, Field
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.layer import Learning
from nnplayground.experiment.layers import AnyLayer, Conv, Layer
from nnplayground.experiment.network import next_layer
from nnplayground.experiment.shorthand import own_fields
from nnplayground.gui.knobs.choice import ChoiceEditor
from nnplayground.gui.knobs.contents import inherited, kind_field, refusals
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.views.diagram.value_box import show_beside

_WIDTH = 50  # of the window, in characters


class LayerPopover(QFrame):
    """A layer's kind and knobs. What a layer leaves open is as the network says, and shown so.

    `edited` carries the path and the value that the user asks for, `fan_asked` the path of a knob of which several are
    to be trained at once; before it the window closes, for it would lie over the fan. `closed` comes when it is gone.
    """

    edited = Signal(str, object)
    fan_asked = Signal(str)
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
        self.rows: dict[str, KnobRow] = {}
        self.before = self._button("insert_before", self.tr("Insert before"), self._insert_before)
        self.after = self._button("insert_after", self.tr("Insert after"), self._insert_after)
        self.copy = self._button("duplicate", self.tr("Duplicate"), self._duplicate_layer)
        self.remove = self._button("remove", self.tr("Remove"), self._remove_layer)
        self._lay_out(title)
        self.set_experiment(experiment)

    def _button(self, name: str, text: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"network.layers.{self.index}.{name}")
        button.clicked.connect(slot)
        return button

    def _lay_out(self, title: QLabel) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 14)
        layout.setSpacing(2)
        layout.addWidget(title)
        layout.addSpacing(4)
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        layout.addLayout(self._column)
        buttons = QGridLayout()
        buttons.setContentsMargins(0, 8, 0, 0)
        for i, button in enumerate((self.before, self.after, self.copy, self.remove)):
            buttons.addWidget(button, i // 2, i % 2)
        layout.addLayout(buttons)
        self.setFixedWidth(self.fontMetrics().averageCharWidth() * _WIDTH)

    def set_experiment(self, experiment: Experiment) -> None:
        """Show the layer as it is in `experiment`; closes where it is no more."""
        self._experiment = experiment
        if self._is_gone:
            self.close()
            return
        self._fill()
        for name, row in self.rows.items():
            row.editor.set_inherited(inherited(experiment, f"{self._path}.{name}"))
            row.set_field(self._field(name))
        kind = self.rows["kind"].editor
        assert isinstance(kind, ChoiceEditor), "a kind is chosen from a list"
        kind.set_tips({name: translated(model.summary) for name, model in kinds("layers").items()})
        kind.set_refusals(refusals(experiment, self._path))
        self.before.setEnabled(self._with_another(self.index) is not None)
        self.after.setEnabled(self._with_another(self.index + 1) is not None)
        self.copy.setEnabled(self._fits(self._copied()))
        self.remove.setEnabled(self._fits(self._removed()))

    def reject(self, path: str, message: str) -> None:
        """Say at the knob of `path` why its last edit was refused."""
        row = self.rows.get(path.rsplit(".", 1)[-1])
        if row is not None and row.field.path == path:
            row.reject(message)

    def show_at(self, beside: QRect) -> None:
        """Show below a rectangle of the parent's, where the screen has room."""
        show_beside(self, beside, self._over)
        names = [*own_fields(self._layer), "kind"]
        self.rows[names[0]].editor.setFocus(Qt.FocusReason.PopupFocusReason)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take what is being typed, as leaving a field does; that a popup takes its focus along tells it nothing."""
        focused = self.focusWidget()
        if focused is not None and not self._is_gone:
            focused.clearFocus()
        super().closeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that the window is gone."""
        super().hideEvent(event)
        self.closed.emit()

    # rows

    @property
    def _path(self) -> str:
        return f"network.layers.{self.index}"

    @property
    def _is_gone(self) -> bool:
        return self.index >= len(self._experiment.network.layers)

    @property
    def _layer(self) -> AnyLayer:
        return self._experiment.network.layers[self.index]

    def _fill(self) -> None:
        """Have rows for just the layer's knobs; those of knobs that stay are kept, with their focus."""
        names = _names(self._layer)
        for name in [name for name in self.rows if name not in names or not self._serves(name)]:
            row = self.rows.pop(name)
            self._column.removeWidget(row)
            row.hide()
            row.setObjectName("")  # it lives on until events are handled
            row.deleteLater()
        made = [name for name in names if name not in self.rows]
        for name in made:
            wider = inherited(self._experiment, f"{self._path}.{name}")
            row = self.rows[name] = KnobRow(self._field(name), wider, self, fans=True)
            row.edited_at.connect(self.edited)
            row.fan_asked.connect(self._ask_for_fan)
            self._column.insertWidget(names.index(name), row)
            row.show()
        if made and self.isVisible():
            self.adjustSize()

    def _serves(self, name: str) -> bool:
        """Whether a row can go on for the knob of its name: kinds may call alike what is not the same."""
        field, shown = self._field(name), self.rows[name].field
        return name == "kind" or (field.annotation, field.knob) == (shown.annotation, shown.knob)

    def _field(self, name: str) -> Field:
        if name == "kind":
            return kind_field(self._experiment, self._path)
        return self._experiment.field(f"{self._path}.{name}")

    @Slot(str)
    def _ask_for_fan(self, path: str) -> None:
        self.close()
        self.fan_asked.emit(path)

    # other layers

    def _with_another(self, at: int) -> tuple[AnyLayer, ...] | None:
        """Return the layers with a new one at a place: of this one's sort, or else of one that fits; None if none."""
        layers = self._experiment.network.layers
        dense, conv = next_layer((self._layer,)), Conv()
        for new in (dense, conv) if isinstance(self._layer, Layer) else (conv, dense):
            found = (*layers[:at], new, *layers[at:])
            if self._fits(found):
                return found
        return None

    def _copied(self) -> tuple[AnyLayer, ...]:
        layers = self._experiment.network.layers
        return (*layers[: self.index + 1], *layers[self.index :])

    def _removed(self) -> tuple[AnyLayer, ...]:
        layers = self._experiment.network.layers
        return (*layers[: self.index], *layers[self.index + 1 :])

    def _fits(self, layers: tuple[AnyLayer, ...]) -> bool:
        try:
            self._experiment.replace("network.layers", layers)
        except ExperimentError:
            return False
        return True

    @Slot()
    def _insert_before(self) -> None:
        self._ask(self._with_another(self.index))

    @Slot()
    def _insert_after(self) -> None:
        self._ask(self._with_another(self.index + 1))

    @Slot()
    def _duplicate_layer(self) -> None:
        self._ask(self._copied())

    @Slot()
    def _remove_layer(self) -> None:
        self._ask(self._removed())

    def _ask(self, layers: tuple[AnyLayer, ...] | None) -> None:
        if layers is not None:
            self.edited.emit("network.layers", layers)
            self.close()


def _names(layer: AnyLayer) -> tuple[str, ...]:
    """Return the names of a layer's knobs: its kind, what its kind alone has, and what all that learn have."""
    return ("kind", *own_fields(layer), *(Learning.model_fields if layer.learns else ()))
