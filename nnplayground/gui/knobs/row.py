"""One knob in the panel: its label, its editor, a dot when it is not at its default, and its help."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QToolButton, QWidget

from nnplayground.experiment import Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.editors import editor_for, offers
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.knobs.popover import HelpPopover
from nnplayground.gui.theme import SPACING

_LONGEST = "missing values"  # what a column of labels has room for


def label_width(metrics: QFontMetrics, width: int) -> int:
    """Return the width of the column of labels in a panel of `width` pixels, the same for every row of it."""
    least = metrics.horizontalAdvance(_LONGEST)
    return max(least, min(round(width * 0.4), least + SPACING))


def _width(button: IconButton) -> int:
    """Return how wide a button at a label's end is: its icon with little around it."""
    return button.iconSize().width() + 4


class KnobRow(QWidget):
    """A knob's label, editor and dot; its objectName is the knob's path.

    `edited` carries the value that the user made, `edited_at` the path as well. `set_value` and `set_field` never emit.
    """

    edited = Signal(object)
    edited_at = Signal(str, object)
    fan_asked = Signal(str)  # the path: several of its values are to be trained at once

    def __init__(
        self, field: Field, inherited: Any = None, parent: QWidget | None = None, *, fans: bool = False
    ) -> None:
        """`fans` says whether the row offers to train several values of the knob at once."""
        super().__init__(parent)
        self.field = field
        self._described = False
        self._wide: bool | None = None  # whether the editor has a line of its own, once it has its place
        self.setObjectName(field.path)
        self.setAccessibleName(wording.label(field))
        self.editor = editor_for(field, inherited, self)
        self.editor.setObjectName(f"{field.path}.editor")
        self.label = ElidedLabel(wording.label(field), self)
        self.info = IconButton("info", self.tr("What is this?"), self, share=0.85)
        words = self.tr("Fan: train several values of {} at once (F2)").format(wording.label(field))
        self.fan = IconButton("fan", words, self, share=0.85) if fans and offers(field) else None
        self.dot = QToolButton(self)
        self.message = QLabel(self)
        self._prepare()
        self._lay_out()
        self.editor.edited.connect(self._emit)
        self.editor.refused.connect(self._say)
        self.editor.relented.connect(self._hush)
        self.set_field(field)

    def _prepare(self) -> None:
        path = self.field.path
        self.label.setObjectName(f"{path}.label")
        self.label.setProperty("role", "label")
        self.label.setBuddy(self.editor)
        self.label.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.label.pressed.connect(self.show_help)
        self.info.setObjectName(f"{path}.help")
        self.info.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # F1 on the knob does the same
        self.info.clicked.connect(self.show_help)
        self.info.hide()
        if self.fan is not None:
            self.fan.setObjectName(f"{path}.fan")
            self.fan.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # F2 on the knob does the same
            self.fan.clicked.connect(self.ask_for_fan)
            self.fan.hide()
        self.dot.setObjectName(f"{path}.reset")
        self.dot.setProperty("role", "dot")
        self.dot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.dot.clicked.connect(self._reset)
        policy = self.dot.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.dot.setSizePolicy(policy)
        self.message.setObjectName(f"{path}.message")
        self.message.setProperty("role", "error")
        self.message.setWordWrap(True)
        self.message.hide()
        for child in self.editor.findChildren(QWidget):
            child.installEventFilter(self)

    def _lay_out(self) -> None:
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.dot, 0, 2, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.message, 2, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self._place_editor()

    def _place_editor(self) -> None:
        """Put the editor beside the label, or below it where it needs the room."""
        room = self.width() - self.label.width() - self.dot.sizeHint().width() - 2 * self._grid.horizontalSpacing()
        wide = self.editor.wide or self.editor.needed > room
        if self._wide != wide:
            self._wide = wide
            self._grid.addWidget(self.editor, *((1, 0, 1, 3) if self._wide else (0, 1, 1, 1)))

    # values

    def set_field(self, field: Field) -> None:
        """Show the value of `field`, which is this row's knob in another experiment, and whether it is the default."""
        if field == self.field and self.editor.value == field.value and self._described:
            return
        self._described = True
        self.field = self.editor.field = field
        self.editor.set_value(field.value)
        self._place_editor()
        self.label.setToolTip(wording.explanation(field))
        self.editor.setWhatsThis(wording.explanation(field))
        known = field.default is not None or field.optional
        self.dot.setVisible(known and field.value != field.default)
        text = (
            self.tr("own setting") if field.optional and field.default is None else wording.shown(field, field.default)
        )
        self.dot.setToolTip(self.tr("Reset to {}").format(text))
        self.dot.setAccessibleName(self.tr("Reset {} to {}").format(wording.label(field), text))

    def set_value(self, value: Any) -> None:
        """Show `value`, without a signal."""
        self.set_field(Field(self.field.path, self.field.annotation, self.field.knob, value, self.field.default))

    def reject(self, message: str) -> None:
        """Say at the knob why its last edit was refused, and show the value that still holds."""
        self.editor.restore(self.field.value)
        self.editor.set_invalid(True, message)
        self._say(message)

    def accept(self) -> None:
        """Take back what was said by `reject`."""
        self._hush()

    def _emit(self, value: Any) -> None:
        self._hush()
        self.edited.emit(value)
        self.edited_at.emit(self.field.path, value)

    def _reset(self) -> None:
        self._emit(self.field.default)

    def _say(self, message: str) -> None:
        self.message.setText(message)
        self.message.show()

    def _hush(self) -> None:
        if not self.message.isHidden():
            self.message.hide()
            self.editor.set_invalid(False)

    # help and fan

    def ask_for_fan(self) -> None:
        """Ask for a fan of the knob."""
        self.fan_asked.emit(self.field.path)

    def show_help(self) -> None:
        """Open what there is to know about the knob."""
        HelpPopover(wording.explanation(self.field), self).show_at(self)

    def event(self, event: QEvent) -> bool:
        """Claim F1 and F2, so that no shortcut of the window takes them from a focused knob."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_F1, Qt.Key.Key_F2)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F1 opens the help, F2 a fan."""
        if event.key() == Qt.Key.Key_F1:
            self.show_help()
        elif event.key() == Qt.Key.Key_F2 and self.fan is not None:
            self.ask_for_fan()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the ⓘ while something of the editor has the focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._show_info(event.type() == QEvent.Type.FocusIn or self.underMouse())
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the ⓘ under the pointer."""
        super().enterEvent(event)
        self._show_info(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the ⓘ, unless focused."""
        super().leaveEvent(event)
        focus = QApplication.focusWidget()
        self._show_info(focus is not None and self.isAncestorOf(focus))

    def _show_info(self, shown: bool) -> None:
        buttons = self._buttons() if shown else []
        for button in (self.info, self.fan):
            if button is not None:
                button.setVisible(button in buttons)
        self.label.setContentsMargins(0, 0, sum(map(_width, buttons)), 0)
        self._place_info()
        for button in buttons:
            button.raise_()

    def _buttons(self) -> list[IconButton]:
        """Return what shows at the label's end, from the right: no ⓘ where it would cut the text, which helps as well.

        F1 and F2 do the same.
        """
        if self.fan is None:
            return [self.info]
        room = self.label.width() - self.label.fontMetrics().horizontalAdvance(self.label.text())
        return [self.info, self.fan] if _width(self.info) + _width(self.fan) <= room else [self.fan]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column of labels as wide as in every other row."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the type."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "message"):
            self._fit()

    def _fit(self) -> None:
        self.label.setFixedWidth(label_width(self.fontMetrics(), self.width()))
        self._place_editor()
        self._place_info()

    def _place_info(self) -> None:
        end, middle = self.label.geometry().right() + 1, self.label.geometry().center().y()
        for button in self._buttons():
            width, height = _width(button), button.sizeHint().height()
            end -= width
            button.setGeometry(end, middle - height // 2, width, height)
