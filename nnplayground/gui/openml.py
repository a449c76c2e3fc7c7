"""The form by which a data set of openml.org is named."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from nnplayground.data import openml
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Openml
from nnplayground.gui.importing.settings import knob_row
from nnplayground.gui.knobs.flow import FlowLayout
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.knobs.text import TextEditor
from nnplayground.gui.theme import SPACING, Theme

KNOBS = ("name", "version", "target")
WELL_KNOWN = ("mnist_784", "Fashion-MNIST", "adult", "credit-g", "kr-vs-kp", "abalone")
MOST_KEPT = 12  # names that are offered


class OpenmlForm(QDialog):
    """Asks for a name, and a version and a target where they are wanted. Loading is the training thread's."""

    chosen = Signal(object)  # dict: the knobs of `experiment.datasets.Openml`

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("openml")
        self.setWindowTitle(self.tr("OpenML"))
        self._knobs: dict[str, Any] = {}
        self._refused = False  # what was typed in a field
        experiment = Experiment.of({"data": {"kind": "openml", "name": ""}})
        self.rows = {knob: self._row(experiment, knob) for knob in KNOBS}
        self._fetch = QPushButton(self.tr("Train on it"), self)
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._lay_out(theme.scaled(480))
        editor = self.rows["name"].editor
        assert isinstance(editor, TextEditor), "a name is text"
        self._name = editor.box
        self._name.textChanged.connect(self._judge)
        self._name.installEventFilter(self)
        self._name.setFocus()
        self._judge()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter in the name for the button."""
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in enter:
            self._fetch.click()
            return True
        return super().eventFilter(watched, event)

    def _row(self, experiment: Experiment, knob: str) -> KnobRow:
        row = knob_row(experiment.field(f"data.{knob}"), f"openml.{knob}", self)
        row.setProperty("knob", knob)
        row.edited.connect(self._edit)
        row.editor.refused.connect(self._refuse)
        row.editor.relented.connect(self._relent)
        return row

    @Slot(object)
    def _edit(self, value: Any) -> None:
        knob = self.sender().property("knob")
        self._knobs[knob] = value
        self.rows[knob].set_value(value)

    @Slot()
    def _refuse(self) -> None:
        self._refused = True

    @Slot()
    def _relent(self) -> None:
        self._refused = False

    @Slot()
    def _judge(self) -> None:
        self._fetch.setEnabled(bool(self._name.text().strip()))

    @Slot()
    def _take(self) -> None:
        """Take up the name on a button."""
        self._name.setText(self.sender().property("name"))
        self._name.setFocus()

    @Slot()
    def _accept(self) -> None:
        self._fetch.setFocus()  # so that what is being typed is meant
        if self._refused:
            return
        data = Openml(**{**self._knobs, "name": self._name.text().strip()})
        self.accept()
        self.chosen.emit(data.model_dump())

    def _lay_out(self, width: int) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 12, 2 * SPACING, 12)
        layout.setSpacing(SPACING)
        title = QLabel(self.tr("A data set of openml.org"))
        title.setProperty("role", "title")
        layout.addWidget(title)
        layout.addWidget(self._said(self.tr("It is fetched once, its checksum is tested, and it opens offline after.")))
        for row in self.rows.values():
            layout.addWidget(row)
        kept = openml.names()
        if kept:
            layout.addWidget(self._said(self.tr("Used before, open offline:")))
            layout.addWidget(self._chips(kept[:MOST_KEPT]))
        layout.addWidget(self._said(self.tr("Well known:")))
        layout.addWidget(self._chips([name for name in WELL_KNOWN if name.lower() not in kept]))
        layout.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING)
        buttons.addStretch(1)
        for button, name, slot in ((self._cancel, "cancel", self.reject), (self._fetch, "train", self._accept)):
            button.setObjectName(f"openml.{name}")
            button.setAccessibleName(button.text())
            button.clicked.connect(slot)
            buttons.addWidget(button)
        self._fetch.setProperty("role", "primary")
        self._fetch.setDefault(True)
        layout.addSpacing(SPACING)
        layout.addLayout(buttons)
        self.setMinimumWidth(width)
        self.resize(width, layout.totalHeightForWidth(width))

    def _said(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("role", "secondary")
        label.setWordWrap(True)
        return label

    def _chips(self, names: list[str]) -> QWidget:
        place = QWidget(self)
        flow = FlowLayout(place)
        for name in names:
            chip = QToolButton(place)
            chip.setText(name)
            chip.setProperty("name", name)
            chip.setObjectName(f"openml.offer.{name}")
            chip.setProperty("role", "chip")
            chip.setAccessibleName(self.tr("Take {0}").format(name))
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            chip.clicked.connect(self._take)
            flow.addWidget(chip)
        return place
