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

    def __init__(self, name: str, meaning: str, options: Mapping[str, str], parent: QWidget) -> None:
        """`options` are texts by key, the first chosen; `meaning` says of what it is a choice."""
        super().__init__(parent)
        self.setObjectName(name)
        self._meaning = meaning
        self.setToolTip(meaning)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        restyle(self, role="link")
        group = QActionGroup(self)
        self._actions = {key: self._added(group, f"{name}.{key}", text) for key, text in options.items()}
        group.triggered.connect(self._chosen)
        self.choose(next(iter(options)))

    @property
    def chosen(self) -> str:
        """The key of what is chosen."""
        return next(key for key, action in self._actions.items() if action.isChecked())

    def choose(self, key: str) -> None:
        """Choose without telling."""
        action = self._actions[key]
        action.setChecked(True)
        self.setText(f"{action.text()} ▾")
        self.setAccessibleName(f"{self._meaning}: {action.text()}")

    def _added(self, group: QActionGroup, name: str, text: str) -> QAction:
        action = self.menu().addAction(text)
        action.setObjectName(name)
        action.setCheckable(True)
        return group.addAction(action)

    def _chosen(self, action: QAction) -> None:
        self.choose(next(key for key, other in self._actions.items() if other is action))
        self.changed.emit()
