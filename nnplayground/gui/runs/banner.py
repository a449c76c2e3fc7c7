"""The line above the network that says which kept run is shown, and leads back to the run in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import SPACING, restyle
from nnplayground.gui.views.chart import Caption

if TYPE_CHECKING:
    from nnplayground.gui.runs.stage import Kept

POINTS = ("first", "best", "last")  # of a run: the networks that can be seen at a click


class Banner(QFrame):
    """Hidden while the run in hand is shown."""

    asked_for = Signal(int)  # the network kept at that step
    taken_up = Signal()  # the experiment shown is to be trained
    left = Signal()  # the run in hand is to be shown again

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.banner")
        restyle(self, role="notice")
        self._kept: Kept | None = None
        self.text = Caption(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING * 3 // 2, SPACING // 2)
        row.setSpacing(SPACING * 3 // 2)
        row.addWidget(self.text, 1)
        names = (self.tr("First"), self.tr("Best"), self.tr("Last"))
        tips = (self.tr("Before the first step"), self.tr("After its best epoch"), self.tr("As it was kept last"))
        self.points: dict[str, QToolButton] = {}
        self._names = dict(zip(POINTS, names, strict=True))
        for point, name, tip in zip(POINTS, names, tips, strict=True):
            self.points[point] = button = self._button(point, name, tip)
            button.setCheckable(True)
            button.clicked.connect(self._choose)
            row.addWidget(button)
        words = self.tr("Begin a new run with the experiment that is shown")
        self.take_up = self._button("take_up", self.tr("Train it anew"), words)
        self.take_up.clicked.connect(self.taken_up)
        self.back = self._button("back", self.tr("Back (Esc)"), self.tr("Back to the run in hand"))
        self.back.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        self.back.clicked.connect(self.left)
        row.addWidget(self.take_up)
        row.addWidget(self.back)
        self.hide()

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setObjectName(f"runs.banner.{name}")
        restyle(button, role="link")
        button.setToolTip(tip)
        return button

    def show_run(self, kept: Kept) -> None:
        """Say which run is shown, and at which step."""
        self._kept = kept
        words = self.tr("Run {0} at step {1} of {2} · {3}")
        steps = format_count(kept.step), format_count(kept.row.steps)
        self.text.set_words(words.format(kept.row.id, *steps, kept.row.name))
        for point, button in self.points.items():
            step = kept.step_of(point)
            button.setEnabled(step is not None)
            button.setChecked(step == kept.step)
            button.setText(f"{self._names[point]} •" if step == kept.step else self._names[point])
        self.show()

    def _choose(self) -> None:
        step = None
        for point, button in self.points.items():
            if button is self.sender() and self._kept is not None:
                step = self._kept.step_of(point)
        if step is not None:
            self.asked_for.emit(step)
