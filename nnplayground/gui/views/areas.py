"""The choices of what part of the loss is looked at, in a view's menu."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from nnplayground.engine.slices import Area
from nnplayground.gui.numbers import format_number

RESOLUTIONS = (21, 41, 81)
REACHES = (0.25, 0.5, 1.0, 2.0, 4.0)


class AreaMenu(QObject):
    """Directions, points and range to choose from, put before an action of a menu; `name` begins each objectName."""

    chosen = Signal()  # another area
    turned = Signal()  # other random directions are wanted
    forgotten = Signal()  # earlier paths are not wanted any more

    def __init__(self, menu: QMenu, before: QAction, name: str) -> None:
        super().__init__(menu)
        self._menu, self._before, self._name = menu, before, name
        self._seed = 0
        self.kinds = {
            "weights": self._choice(self.tr("Along the two weights"), "direction.weights"),
            "random": self._choice(self.tr("Along random directions"), "direction.random"),
            "path": self._choice(self.tr("Along the path's main directions"), "direction.path"),
        }
        self.resolutions = {n: self._choice(f"{n} × {n}", f"points.{n}") for n in RESOLUTIONS}
        self.reaches = {r: self._choice(f"× {format_number(r, 3, trim=True)}", f"range.{r}") for r in REACHES}
        self._group(self.kinds, "random", "")
        self._group(self.resolutions, 41, self.tr("Points"))
        self._group(self.reaches, 1.0, self.tr("Range"))
        self.kinds["weights"].setEnabled(False)
        self._command("turn", self.tr("Other random directions")).triggered.connect(self._turn)
        self._command("forget", self.tr("Forget earlier paths")).triggered.connect(self.forgotten)

    @property
    def area(self) -> Area:
        """What was chosen."""
        kind, resolution, reach = (
            next(value for value, action in choices.items() if action.isChecked())
            for choices in (self.kinds, self.resolutions, self.reaches)
        )
        return Area(str(kind), int(resolution), float(reach), self._seed)

    def show_two_weights(self, *, there: bool) -> None:
        """Choose the two weights where there are just these, and never else."""
        self.kinds["weights"].setEnabled(there)
        if there or self.kinds["weights"].isChecked():
            self.kinds["weights" if there else "random"].setChecked(True)

    @Slot()
    def _turn(self) -> None:
        self._seed += 1
        self.kinds["random"].setChecked(True)
        self.turned.emit()

    def _choice(self, text: str, name: str) -> QAction:
        action = QAction(text, self._menu)
        action.setObjectName(f"{self._name}.{name}")
        action.setCheckable(True)
        return action

    def _group(self, choices: dict[Any, QAction], first: object, title: str) -> None:
        """Put choices, of which one is taken, into the menu; below a title of their own where they have one."""
        group = QActionGroup(self)
        for value, action in choices.items():
            action.setChecked(value == first)
            group.addAction(action)
        group.triggered.connect(self.chosen)
        if title:
            inner = QMenu(title, self._menu)
            inner.addActions(list(choices.values()))
            self._menu.insertMenu(self._before, inner)
        else:
            self._menu.insertActions(self._before, list(choices.values()))

    def _command(self, name: str, text: str) -> QAction:
        action = QAction(text, self._menu)
        action.setObjectName(f"{self._name}.{name}")
        self._menu.insertAction(self._before, action)
        return action
