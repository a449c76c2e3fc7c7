"""The choice of a data set: pictures of the synthetic ones, names of the real ones, and data of one's own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from nnplayground.experiment import Field
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.datasets import Data, Drawn, Line, Plane
from nnplayground.experiment.part import Part
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.thumbnails import thumbnail
from nnplayground.gui.theme import Theme

_COLUMNS = 6
_GAP = 4


class DataPicker(QWidget):
    """A row of pictures; with "more", all of them, and the data sets that come with the program by name.

    Its objectName is "data.kind", each button's "data.kind.spiral" and so on. `edited` carries the kind pressed;
    for data from outside, which have to be named first, `asked_for` carries it instead.
    """

    edited = Signal(object)
    edited_at = Signal(str, object)
    asked_for = Signal(str)
    fan_asked = Signal(str)  # the path: several data sets are to be trained on at once

    def __init__(self, field: Field, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.theme = theme
        self._kind = field.value
        self._side = 0
        self._finished: set[str] = set()  # kinds whose pictures are drawn in that size
        self.setObjectName(field.path)
        self.setAccessibleName(wording.label(field))
        models = kinds("data")
        self._outside = {kind for kind, model in models.items() if issubclass(model, Data) and model.outside}
        self._drawn = {kind: model() for kind, model in models.items() if issubclass(model, (Plane, Line, Drawn))}
        self.pictures = {kind: self._button(kind, models[kind], "thumbnail") for kind in self._drawn}
        self.names = {kind: self._button(kind, models[kind], "chip") for kind in models if kind not in self._drawn}
        self.values_caption = self._caption(self.tr("values"))
        self.real_caption = self._caption(self.tr("real data"))
        self.message = QLabel(self)
        self.message.setObjectName(f"{field.path}.message")
        self.message.setProperty("role", "error")
        self.message.setWordWrap(True)
        self.message.hide()
        self.more = IconButton("chevron-down", self.tr("More data sets"), self)
        self.more.setObjectName(f"{field.path}.more")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._expand)
        self.fan = IconButton("fan", self.tr("Fan: train on several data sets at once (F2)"), self, share=0.85)
        self.fan.setObjectName(f"{field.path}.fan")
        self.fan.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # F2 on any data set does the same
        self.fan.clicked.connect(self.ask_for_fan)
        self.set_field(field)

    def ask_for_fan(self) -> None:
        """Ask for a fan over data sets."""
        self.fan_asked.emit(self.field.path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 opens a fan."""
        if event.key() == Qt.Key.Key_F2:
            self.ask_for_fan()
        else:
            super().keyPressEvent(event)

    def _button(self, kind: str, model: type[Part], role: str) -> QToolButton:
        button = QToolButton(self)
        title = wording.translated(model.title)
        button.setObjectName(f"data.kind.{kind}")
        button.setProperty("role", role)
        button.setAccessibleName(title)
        button.setToolTip(f"<b>{title}</b><br>{wording.translated(model.summary)}")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if role == "chip":
            button.setText(f"{title}…" if kind in self._outside else title)
        button.clicked.connect(self._press)
        return button

    def _caption(self, text: str) -> QLabel:
        caption = QLabel(text, self)
        caption.setProperty("role", "secondary")
        return caption

    # value

    @property
    def value(self) -> str:
        """The kind chosen."""
        return self._kind

    def set_field(self, field: Field) -> None:
        """Show the kind of `field`, without a signal."""
        self.field = field
        self.set_value(field.value)

    def set_value(self, value: Any) -> None:
        """Show `value`, without a signal."""
        self._kind = value
        for kind, button in (self.pictures | self.names).items():
            button.setChecked(kind == value)
        self._place()

    def reject(self, message: str) -> None:
        """Say why the data set pressed cannot be had, and show the one that still holds."""
        self.set_value(self.field.value)
        self.message.setText(message)
        self.message.show()
        self._place()

    def accept(self) -> None:
        """Take back what was said by `reject`."""
        if not self.message.isHidden():
            self.message.hide()
            self._place()

    def set_expanded(self, expanded: bool) -> None:
        """Show all data sets, or one row of them and the one chosen."""
        self.more.setChecked(expanded)

    def set_theme(self, theme: Theme) -> None:
        """Draw the pictures in other colours."""
        self.theme = theme
        self._side = 0
        self._place()

    def _press(self) -> None:
        kind = self.sender().objectName().removeprefix("data.kind.")
        if kind in self._outside:
            self.set_value(self._kind)
            self.asked_for.emit(kind)
            return
        changed = kind != self._kind
        self.accept()
        self.set_value(kind)
        if changed:
            self.edited.emit(kind)
            self.edited_at.emit("data.kind", kind)

    def _expand(self, expanded: bool) -> None:
        self.more.set_icon("chevron-up" if expanded else "chevron-down")
        self.more.say(self.tr("Fewer data sets") if expanded else self.tr("More data sets"))
        self._place()

    # places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the buttons out anew."""
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw the pictures, now that their size is known."""
        super().showEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the type."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "more"):
            self._place()

    def _place(self) -> None:
        """Put every button that shows into its place, and be as high as that takes."""
        expanded, width = self.more.isChecked(), self.width()
        arrow = self.more.sizeHint().width()
        side = max((width - arrow - _GAP * _COLUMNS) // _COLUMNS, 20)
        plain = [kind for kind, data in self._drawn.items() if data.task == "classification"]
        values = [kind for kind in self.pictures if kind not in plain]
        names = list(self.names)
        if not expanded:
            plain = plain[:_COLUMNS]
            if self._kind in self.pictures and self._kind not in plain:
                plain[-1] = self._kind
            values, names = [], [kind for kind in names if kind == self._kind]
        shown = {*plain, *values, *names}
        for kind, button in (self.pictures | self.names).items():
            button.setVisible(kind in shown)
        if self.isVisible():
            self._draw(shown & self.pictures.keys(), side)
        self.more.setGeometry(width - arrow, 2, arrow, side // 2)
        self.fan.setGeometry(width - arrow, 2 + side // 2, arrow, side - side // 2)
        y = self._grid(plain, 2, side)
        y = self._headed(self.values_caption, y, expanded)
        y = self._grid(values, y, side)
        y = self._headed(self.real_caption, y, expanded)
        y = self._line(names, y)
        if not self.message.isHidden():
            height = self.message.heightForWidth(width)
            self.message.setGeometry(0, y, width, height)
            y += height + _GAP
        self.setFixedHeight(y)

    def _grid(self, shown: list[str], y: int, side: int) -> int:
        for i, kind in enumerate(shown):
            row, column = divmod(i, _COLUMNS)
            self.pictures[kind].setGeometry(QRect(column * (side + _GAP), y + row * (side + _GAP), side, side))
        return y + -(-len(shown) // _COLUMNS) * (side + _GAP)

    def _headed(self, caption: QLabel, y: int, expanded: bool) -> int:
        caption.setVisible(expanded)
        if not expanded:
            return y
        caption.setGeometry(0, y, self.width(), caption.sizeHint().height())
        return y + caption.height() + 2

    def _line(self, shown: list[str], y: int) -> int:
        x, height = 0, 0
        for kind in shown:
            size = self.names[kind].sizeHint()
            if x > 0 and x + size.width() > self.width():
                x, y = 0, y + size.height() + _GAP
            self.names[kind].setGeometry(QRect(x, y, size.width(), size.height()))
            x, height = x + size.width() + _GAP, size.height() + _GAP
        return y + height

    def _draw(self, shown: set[str], side: int) -> None:
        """Draw the pictures that are seen and not drawn in this size yet."""
        if side != self._side:
            self._side = side
            self._finished.clear()
        inner, ratio = side - 6, self.devicePixelRatioF()
        for kind in shown - self._finished:
            self.pictures[kind].setIcon(QIcon(thumbnail(self._drawn[kind], self.theme, inner, ratio)))
            self.pictures[kind].setIconSize(QSize(inner, inner))
        self._finished |= shown
