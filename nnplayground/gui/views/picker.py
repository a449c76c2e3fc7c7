"""A choice of what a view shows, in its row of options."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnplayground.gui.theme import restyle


class Picker(QToolButton):
    """A button with the name of what is chosen, and a menu of what there is."""

    changed = Signal()  # by the user

    def __init__(
        self,
        name: str,
        meaning: str,
        options: Mapping[str, str],
        parent: QWidget,
        tips: Mapping[str, str] | None = None,
    ) -> None:
        """`options` are texts by key, the first chosen; `meaning` says of what it is a choice, `tips` explain them."""
        super().__init__(parent)
        self.setObjectName(name)
        self._meaning = meaning
        self.setToolTip(meaning)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.menu().setToolTipsVisible(bool(tips))
        restyle(self, role="link")
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._take)
        self.options: dict[str, QAction] = {}
        self.offer(options)
        for key, tip in (tips or {}).items():
            self.options[key].setToolTip(tip)

    @property
    def chosen(self) -> str:
        """The key of what is chosen; "" where there is nothing to choose from."""
        return next((key for key, action in self.options.items() if action.isChecked()), "")

    def offer(self, options: Mapping[str, str]) -> None:
        """Have these options instead; what is chosen stays so where it is among them, else the first is."""
        if {key: action.text() for key, action in self.options.items()} == options:
            return
        before = self.chosen
        for action in self.options.values():
            self._group.removeAction(action)
            action.deleteLater()
        self.menu().clear()
        self.options = {key: self._added(key, text) for key, text in options.items()}
        self.setText("")
        if options:
            self.choose(before if before in options else next(iter(options)))

    def choose(self, key: str) -> None:
        """Choose without telling."""
        action = self.options[key]
        action.setChecked(True)
        self.setText(f"{action.text()} ▾")
        self.setAccessibleName(f"{self._meaning}: {action.text()}")

    def _added(self, key: str, text: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"{self.objectName()}.{key}")
        action.setCheckable(True)
        self.menu().addAction(action)
        return self._group.addAction(action)

    def _take(self, action: QAction) -> None:
        self.choose(next(key for key, other in self.options.items() if other is action))
        self.changed.emit()
