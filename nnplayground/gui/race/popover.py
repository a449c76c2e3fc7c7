"""The little window in which a race is asked for: which knob, and what other value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, ExperimentError, Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.choice import Choice
from nnplayground.gui.knobs.contents import SECTIONS, highest, knobs
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.race.racing import parting
from nnplayground.gui.theme import SPACING, restyle
from nnplayground.gui.views.diagram.value_box import show_beside

FIRST = "optimizer.lr"  # where no knob was touched yet
STEP = 3.0  # by how much a rate is made smaller at first
_WIDTH = 50  # of the window, in characters


class ForkPopover(QFrame):
    """Offers every knob of the panel, each with the panel's own editor. It changes no experiment itself."""

    asked_for = Signal(str, object, bool)  # path, the twin's value, whether both begin anew

    def __init__(self, experiment: Experiment, path: str, parent: QWidget) -> None:
        """Offer the knob at `path` first, or the learning rate where there is none such."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("fork")
        self.setAccessibleName(self.tr("Fork"))
        self.setProperty("role", "popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._over, self._experiment = parent, experiment
        self._fields = {field.path: field for field in _offered(experiment)}
        self.choice = Choice(self)
        self.choice.setObjectName("fork.knob")
        self.choice.setAccessibleName(self.tr("Knob that the twin has otherwise"))
        for section, fields in _by_section(experiment):
            for field in fields:
                self.choice.addItem(f"{section} · {wording.label(field)}", field.path)
        self.row: KnobRow | None = None
        self.start = QCheckBox(self.tr("both from the start"), self)
        self.start.setObjectName("fork.start")
        self.words, self.go = QLabel(self), QPushButton(self.tr("Race"), self)
        self.go.setObjectName("fork.go")
        self.words.setObjectName("fork.words")
        self._lay_out()
        self.choice.setCurrentIndex(max(self.choice.findData(path), 0) if path in self._fields else self._first())
        self.choice.currentIndexChanged.connect(self._show_knob)
        self.start.toggled.connect(self._say)
        self.go.clicked.connect(self._ask)
        self._show_knob()

    def _first(self) -> int:
        return max(self.choice.findData(FIRST), 0)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Fork: a twin with one knob changed"), self)
        restyle(title, role="title")
        restyle(self.words, role="secondary")
        self.words.setWordWrap(True)
        restyle(self.go, role="primary")
        self.go.setDefault(True)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(SPACING * 2, SPACING * 3 // 2, SPACING * 2, SPACING * 2)
        column.setSpacing(SPACING)
        for widget in (title, self.choice, self.start, self.words, self.go):
            column.addWidget(widget)
        self.setFixedWidth(self.fontMetrics().averageCharWidth() * _WIDTH)

    def show_at(self, beside: QRect) -> None:
        """Show below a rectangle of the parent's, where the screen has room."""
        show_beside(self, beside, self._over)
        if self.row is not None:
            self.row.editor.setFocus(Qt.FocusReason.PopupFocusReason)

    # what is chosen

    @property
    def path(self) -> str:
        """The knob's."""
        return str(self.choice.currentData())

    @property
    def value(self) -> Any:
        """The twin's value of it."""
        assert self.row is not None
        return self.row.field.value

    @Slot()
    def _show_knob(self) -> None:
        """Have the panel's editor for the knob chosen, at a value to begin with."""
        if self.row is not None:
            self._column.removeWidget(self.row)
            self.row.hide()
            self.row.setObjectName("")  # it lives on until events are handled
            self.row.deleteLater()
        field = self._fields[self.path]
        self.row = row = KnobRow(field, parent=self)
        row.editor.set_high(highest(self._experiment).get(field.path))
        row.set_value(_another(self._experiment, field))
        row.edited.connect(self._take)
        self._column.insertWidget(2, row)
        row.show()
        self._say()

    @Slot(object)
    def _take(self, value: Any) -> None:
        """Show another value, or say why the experiment cannot have it."""
        assert self.row is not None
        try:
            self._experiment.replace(self.path, value)
        except ExperimentError as error:
            self.row.reject(str(error))
            self.adjustSize()
            return
        self.row.set_value(value)
        self._say()

    @property
    def _live(self) -> bool:
        try:
            return self._experiment.is_live(self._experiment.replace(self.path, self.value))
        except ExperimentError:
            return False

    @Slot()
    def _say(self) -> None:
        """Say where the two part."""
        live = self._live
        self.start.setVisible(live)
        here = live and not self.start.isChecked()
        words = self.tr("They part here, with the same weights, optimizer state and order of batches.")
        self.words.setText(words if here else parting(self.path, 0, live=live))
        self.adjustSize()

    @Slot()
    def _ask(self) -> None:
        self.asked_for.emit(self.path, self.value, self.start.isChecked() or not self._live)
        self.close()


def _by_section(experiment: Experiment) -> list[tuple[str, list[Field]]]:
    fields = knobs(experiment)
    return [(translated(section.title), fields[section.name]) for section in SECTIONS]


def _offered(experiment: Experiment) -> Sequence[Field]:
    return [field for _, fields in _by_section(experiment) for field in fields]


def _another(experiment: Experiment, field: Field) -> Any:
    """Return a value to begin with: a third of a number that is turned by decades, else the knob's own."""
    if not isinstance(field.value, float) or not field.value or not field.knob.log:
        return field.value
    value = float(f"{field.value / STEP:.2g}")
    try:
        experiment.replace(field.path, value)
    except ExperimentError:
        return field.value
    return value
