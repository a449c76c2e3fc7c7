"""Editors of choices: a list that drops down, on and off, and a row of chips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from nnplayground.experiment import Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.editor import Editor, row_layout
from nnplayground.gui.knobs.flow import FlowLayout


class Choice(QComboBox):
    """A drop-down list that cuts a long name with an ellipsis, and that the wheel turns only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setItemDelegate(QStyledItemDelegate(self))  # the one that the style sheet reaches
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to whatever scrolls around, unless focused."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as the style does, the name cut to the room it has."""
        del event
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        shown = option.currentText if self.currentIndex() >= 0 else self.placeholderText()
        option.currentText = option.fontMetrics.elidedText(shown, Qt.TextElideMode.ElideRight, room.width() - 2)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        """Open the list wide enough for every name."""
        widest = max((self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        self.view().setMinimumWidth(max(widest + 44, self.width()))
        super().showPopup()


class ChoiceEditor(Editor):
    """A drop-down list of a knob's values; an optional one begins with what it is when left to a wider setting."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self.combo = Choice(self)
        self.combo.setObjectName(f"{field.path}.choice")
        self.combo.setAccessibleName(wording.label(field))
        self._values: tuple[Any, ...] = field.choices or (False, True)
        if field.optional:
            self._values = (None, *self._values)
        for value in self._values:
            self.combo.addItem(self._name(value))
        row_layout(self, self.combo)
        self.setFocusProxy(self.combo)
        self.set_value(field.value)
        self.combo.currentIndexChanged.connect(self._choose)

    @property
    def value(self) -> Any:
        """The value chosen."""
        return self._values[self.combo.currentIndex()]

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self._values.index(value))
        self.combo.setToolTip(self.combo.currentText())

    def set_inherited(self, value: Any) -> None:
        """Name what is inherited in the first entry."""
        self.inherited = value
        if self.field.optional:
            with QSignalBlocker(self.combo):
                self.combo.setItemText(0, self._name(None))

    def set_tips(self, tips: Mapping[Any, str]) -> None:
        """Say of some values what they are, where the pointer rests on them in the list."""
        for value, tip in tips.items():
            self.combo.setItemData(self._values.index(value), tip, Qt.ItemDataRole.ToolTipRole)

    def set_refusals(self, refusals: Mapping[Any, str]) -> None:
        """Have some values out of reach, each with a line that says why."""
        model = self.combo.model()
        assert isinstance(model, QStandardItemModel), "the model that a combo box makes itself"
        for i, value in enumerate(self._values):
            item, refusal = model.item(i), refusals.get(value)
            item.setEnabled(refusal is None)
            if refusal is not None:
                item.setToolTip(refusal)

    def _name(self, value: Any) -> str:
        if value is not None:
            return wording.shown(self.field, value)
        if self.inherited is None:
            return self.tr("as network")
        return self.tr("as network ({})").format(wording.shown(self.field, self.inherited))

    def _choose(self, index: int) -> None:
        self.combo.setToolTip(self.combo.currentText())
        self.edited.emit(self._values[index])


class ToggleEditor(Editor):
    """A box to tick, which says "on" or "off" beside it."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self.check = QCheckBox(self)
        self.check.setObjectName(f"{field.path}.check")
        self.check.setAccessibleName(wording.label(field))
        row_layout(self, self.check)
        self.setFocusProxy(self.check)
        self.set_value(field.value)
        self.check.toggled.connect(self._toggle)

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return self.check.isChecked()

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        with QSignalBlocker(self.check):
            self.check.setChecked(value)
        self.check.setText(wording.shown(self.field, bool(value)))

    def _toggle(self, on: bool) -> None:
        self.check.setText(wording.shown(self.field, on))
        self.edited.emit(on)


class Chip(QToolButton):
    """A small button that is on or off, no wider than its text needs."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setProperty("role", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Return the size of the text with little around it: the style's own leaves room for two blanks."""
        height = super().sizeHint().height()
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 10, height)


class ChipsEditor(Editor):
    """A row of chips, each on or off, of which at least one stays on. The value keeps their order."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        layout = FlowLayout(self, spacing=2)
        self.chips: dict[Any, Chip] = {}
        for value in field.choices:
            chip = self.chips[value] = Chip(wording.shown(field, value), self)
            chip.setObjectName(f"{field.path}.{value}")
            chip.setAccessibleName(f"{wording.label(field)}: {chip.text()}")
            chip.setToolTip(chip.accessibleName())
            chip.toggled.connect(self._toggle)
            layout.addWidget(chip)
        self.setFocusProxy(next(iter(self.chips.values())))
        self.set_value(field.value)

    @property
    def wide(self) -> bool:
        """Chips take a line of their own."""
        return True

    @property
    def value(self) -> tuple[Any, ...]:
        """The values whose chips are on, in the order in which they were given, or else that of the chips."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show `value`."""
        for name, chip in self.chips.items():
            with QSignalBlocker(chip):
                chip.setChecked(name in value)
        self._value = tuple(value)

    def _toggle(self) -> None:
        on = tuple(value for value, chip in self.chips.items() if chip.isChecked())
        if not on:
            self.set_value(self._value)
            self.refused.emit(self.tr("At least one stays on."))
            return
        self._value = on
        self.relented.emit()
        self.edited.emit(on)
