"""A choice of what a view shows, in its row of options."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QStyleOptionToolButton, QToolButton, QWidget

from nnplayground.gui.theme import restyle

MARK, LETTERS = " ▾", 11  # what ends the name; letters of it that are shown at least


class Picker(QToolButton):
    """A button with the name of what is chosen, as far as there is room for it, and a menu of what there is."""

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
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.menu().setToolTipsVisible(bool(tips))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.shown, self._cut = "", False  # the text as it is drawn; whether that is not all
        self.setToolTip(meaning)
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
        self._show("")
        if options:
            self.choose(before if before in options else next(iter(options)))

    def choose(self, key: str) -> None:
        """Choose without telling."""
        action = self.options[key]
        action.setChecked(True)
        self.setAccessibleName(f"{self._meaning}: {action.text()}")
        self._show(action.text() + MARK)

    def minimumSizeHint(self) -> QSize:
        """Return the size with the name's beginning."""
        words, size = self.text().removesuffix(MARK), self.sizeHint()
        if len(words) > LETTERS + 1:
            metrics = self.fontMetrics()
            more = metrics.horizontalAdvance(words) - metrics.horizontalAdvance(words[:LETTERS] + "…")
            size.setWidth(size.width() - more)
        return size

    def initStyleOption(self, option: QStyleOptionToolButton) -> None:
        """Draw what there is room for."""
        super().initStyleOption(option)
        option.text = self.shown

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw as much of the name as fits now."""
        super().resizeEvent(event)
        self._fit()

    def _show(self, text: str) -> None:
        self.setText(text)
        self._fit()

    def _fit(self) -> None:
        """Cut the name, which the tip tells then."""
        self.shown, cut = self.text(), self.sizeHint().width() - self.width()
        if cut > 0 and self.isVisible():  # else it has not been laid out
            metrics, words = self.fontMetrics(), self.text().removesuffix(MARK)
            room = max(metrics.horizontalAdvance(words) - cut, 0)
            self.shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room) + MARK
        if self._cut != (self.shown != self.text()):
            self._cut = not self._cut
            self.setToolTip(self.accessibleName() if self._cut else self._meaning)

    def _added(self, key: str, text: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"{self.objectName()}.{key}")
        action.setCheckable(True)
        self.menu().addAction(action)
        return self._group.addAction(action)

    def _take(self, action: QAction) -> None:
        self.choose(next(key for key, other in self.options.items() if other is action))
        self.changed.emit()
