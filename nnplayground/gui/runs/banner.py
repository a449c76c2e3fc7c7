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
    from nnplayground.gui.runs.fetching import Kept


class Banner(QFrame):
    """Hidden while the run in hand is shown."""

    taken_up = Signal()  # the experiment shown is to be trained
    left = Signal()  # the run in hand is to be shown again

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.banner")
        restyle(self, role="notice")
        self.text = Caption(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING * 3 // 2, SPACING // 2)
        row.setSpacing(SPACING * 3 // 2)
        row.addWidget(self.text, 1)
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
        words = self.tr("Run {0} at step {1} of {2} · {3}")
        steps = format_count(kept.step), format_count(kept.row.steps)
        self.text.set_words(words.format(kept.row.id, *steps, kept.row.name))
        self.show()
