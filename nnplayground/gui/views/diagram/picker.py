"""What chooses which quantity the edges show."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnplayground.gui.theme import restyle
from nnplayground.gui.views.diagram.quantities import (
    CONTRIBUTIONS,
    GRADIENTS,
    LATEST,
    QUANTITIES,
    UPDATES,
    WEIGHTS,
)


class QuantityPicker(QToolButton):
    """A word that opens a menu of quantities. Contributions can be chosen only while a sample is traced."""

    picked = Signal(str)  # one of QUANTITIES

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("network.edges")
        self.setAccessibleName(self.tr("What the edges show"))
        self.setToolTip(self.tr("What the edges show"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        restyle(self, role="link")
        self.quantity = WEIGHTS
        menu, group = QMenu(self), QActionGroup(self)
        menu.setToolTipsVisible(True)
        self.actions_ = {name: self._action(name, menu, group) for name in QUANTITIES}
        self.actions_[CONTRIBUTIONS].setEnabled(False)
        self.setMenu(menu)
        self.pick(WEIGHTS)

    def pick(self, quantity: str) -> None:
        """Show a quantity as chosen."""
        changed, self.quantity = quantity != self.quantity, quantity
        self.actions_[quantity].setChecked(True)
        self.setText(f"{self.actions_[quantity].text()} ▾")
        if changed:
            self.picked.emit(quantity)

    def set_traced(self, traced: bool) -> None:
        """Say whether a sample is followed; without one, there is nothing that it contributes."""
        self.actions_[CONTRIBUTIONS].setEnabled(traced)
        if not traced and self.quantity == CONTRIBUTIONS:
            self.pick(WEIGHTS)

    def _action(self, name: str, menu: QMenu, group: QActionGroup) -> QAction:
        texts = {
            WEIGHTS: (self.tr("weights"), self.tr("The weights themselves")),
            GRADIENTS: (self.tr("gradients"), self.tr("The slope of the training loss along each weight")),
            UPDATES: (self.tr("updates since start"), self.tr("What training has added to each weight since step 0")),
            LATEST: (self.tr("latest updates"), self.tr("What was added to each weight since the picture before")),
            CONTRIBUTIONS: (self.tr("contributions"), self.tr("Weight times the traced sample's value")),
        }
        action = menu.addAction(texts[name][0])
        action.setToolTip(texts[name][1])
        action.setObjectName(f"network.edges.{name}")
        action.setCheckable(True)
        group.addAction(action)
        action.triggered.connect(self._take)
        return action

    def _take(self) -> None:
        chosen = self.sender()
        self.pick(next(name for name, action in self.actions_.items() if action is chosen))
