"""Editors of text: one line, lists of names and of whole numbers, and the hidden layers."""

from __future__ import annotations

from typing import Any, get_args

from annotated_types import MaxLen
from PySide6.QtWidgets import QWidget

from nnplayground.experiment import ExperimentError, Field
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.network import next_layer
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.box import Box
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.editor import Editor, row_layout

_FRAME = 18  # pixels of a box about its text


class TextEditor(Editor):
    """One line of text."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self._value = field.value
        self.box = Box(self)
        self.box.setObjectName(f"{field.path}.box")
        self.box.setAccessibleName(wording.label(field))
        self.line = row_layout(self, self.box)
        self.setFocusProxy(self.box)
        self.set_value(field.value)
        self.box.entered.connect(self._enter)
        self.box.abandoned.connect(self.relented)

    @property
    def value(self) -> Any:
        """The value shown."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        self._show(value, force=False)

    def restore(self, value: Any) -> None:
        """Show `value`, even over what is being typed."""
        self._show(value, force=True)

    def _show(self, value: Any, *, force: bool) -> None:
        self._value = value
        self.box.show_text(wording.shown(self.field, value), force=force)

    def read(self, text: str) -> Any:
        """Return the value that was typed. Raises ExperimentError that says what is allowed."""
        return text

    def _enter(self, text: str) -> None:
        try:
            value = self.read(text)
        except ExperimentError as error:
            self.box.set_invalid(True, str(error))
            self.refused.emit(str(error))
            return
        self._change(value)

    def _change(self, value: Any) -> None:
        changed = value != self._value
        self.restore(value)
        self.relented.emit()
        if changed:
            self.edited.emit(value)


class NamesEditor(TextEditor):
    """Names with commas between them."""

    def read(self, text: str) -> tuple[str, ...]:
        """Return the names, without the blanks around them."""
        return tuple(name.strip() for name in text.split(",") if name.strip())


class NumbersEditor(TextEditor):
    """Whole numbers with commas or blanks between them."""

    def read(self, text: str) -> tuple[int | float, ...]:
        """Return the numbers typed. Raises ExperimentError that says what is allowed."""
        return read_numbers(self.field, text)


class LayersEditor(TextEditor):
    """The hidden layers in short, with buttons for one layer fewer and one more.

    A layer that stays keeps what was set for it alone; a new one is as wide as the last.
    """

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        self._most = next(m.max_length for m in get_args(field.annotation) if isinstance(m, MaxLen))
        super().__init__(field, inherited, parent)
        self.fewer = IconButton("minus", self.tr("One hidden layer fewer"), self)
        self.more = IconButton("plus", self.tr("One more hidden layer"), self)
        for name, button, slot in (("fewer", self.fewer, self._remove), ("more", self.more, self._add)):
            button.setObjectName(f"{field.path}.{name}")
            button.clicked.connect(slot)
            self.line.addWidget(button)
        self.line.setSpacing(2)
        self.box.setPlaceholderText(self.tr("none"))
        self._enable()

    def _show(self, value: Any, *, force: bool) -> None:
        super()._show(value, force=force)
        if hasattr(self, "more"):
            self._enable()

    @property
    def wide(self) -> bool:
        """Whether there are layers that take more than a number to tell."""
        return not all(isinstance(layer, Layer) for layer in self._value)

    @property
    def needed(self) -> int:
        """The pixels of what is written, and of the buttons."""
        text = self.box.fontMetrics().horizontalAdvance(self.box.text()) + _FRAME
        return text + sum(button.sizeHint().width() + self.line.spacing() for button in (self.fewer, self.more))

    def read(self, text: str) -> tuple[AnyLayer, ...]:
        """Return the layers typed. Raises ExperimentError that says what is allowed."""
        layers = read_layers(text, self._value)
        if len(layers) > self._most:
            line = self.tr("{} hidden layers are too many; allowed: at most {}")
            raise ExperimentError(line.format(len(layers), self._most))
        return layers

    def _add(self) -> None:
        self._change((*self._value, next_layer(self._value)))

    def _remove(self) -> None:
        self._change(self._value[:-1])

    def _enable(self) -> None:
        self.fewer.setEnabled(len(self._value) > 0)
        self.more.setEnabled(len(self._value) < self._most)


def read_numbers(field: Field, text: str) -> tuple[int | float, ...]:
    """Return the numbers typed for a list of them. Raises ExperimentError that says what is allowed."""
    element = field.element
    assert element is not None, "a list of numbers says which numbers"
    return tuple(wording.read(element, word) for word in _words(text))


def _words(text: str) -> list[str]:
    """Return what stands between commas or semicolons, where blanks part thousands; without any, between blanks."""
    text = text.strip().replace(";", ",")
    return [word for word in text.split("," if "," in text else " ") if word.strip()]
