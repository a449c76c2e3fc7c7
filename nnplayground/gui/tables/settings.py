"""The target of a user's table and the knobs that go with it, each with a line on what it comes to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QStandardItemModel
from PySide6.QtWidgets import QGridLayout, QToolButton, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, Field
from nnplayground.experiment.datasets import training_rows
from nnplayground.gui.importing.settings import knob_row, note
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.choice import Choice, ChoiceEditor
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.knobs.popover import HelpPopover
from nnplayground.gui.knobs.row import label_width
from nnplayground.gui.numbers import format_count
from nnplayground.gui.tables.selection import Selection, short, target_refusal

KNOBS = {"target_task": "task", "missing": "missing", "validation_share": "validation", "scaling": "scaling"}

LONGEST_ITEM = 60  # characters of a name in the list that drops down


class TargetRow(QWidget):
    """The column to be predicted, chosen from a list."""

    edited = Signal(object)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._names: tuple[str, ...] = ()
        self._suggested = ""
        self.combo = Choice(self)
        self.combo.setObjectName("table.target")
        self.combo.setAccessibleName(wording.label(field))
        self.combo.setWhatsThis(wording.explanation(field))
        self.combo.setMaxVisibleItems(16)
        self.label = ElidedLabel(wording.label(field), self)
        self.label.setProperty("role", "label")
        self.label.setBuddy(self.combo)
        self.label.setToolTip(wording.explanation(field))
        self.label.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.label.pressed.connect(self._show_help)
        self.dot = QToolButton(self)
        self.dot.setObjectName("table.target.reset")
        self.dot.setProperty("role", "dot")
        self.dot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = self.dot.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.dot.setSizePolicy(policy)
        layout = QGridLayout(self)  # as that of a knob's row, so that both align
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setHorizontalSpacing(4)
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.combo, 0, 1)
        layout.addWidget(self.dot, 0, 2, Qt.AlignmentFlag.AlignCenter)
        layout.setColumnStretch(1, 1)
        self.combo.currentIndexChanged.connect(self._choose)
        self.dot.clicked.connect(self._reset)

    def show_report(self, selection: Selection) -> None:
        """Offer the columns of another file; those that cannot be predicted are out of reach, and say why."""
        columns = selection.report.columns
        self._names = tuple(column.name for column in columns)
        self._suggested = selection.report.suggested_target
        said = self.tr("Reset target to {0}").format(short(self._suggested))
        self.dot.setToolTip(said)
        self.dot.setAccessibleName(said)
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self.combo.addItems([short(name, LONGEST_ITEM) for name in self._names])
            model = self.combo.model()
            assert isinstance(model, QStandardItemModel), "the model that a combo box makes itself"
            for number, column in enumerate(columns):
                refusal = target_refusal(column)
                model.item(number).setEnabled(not refusal)
                model.item(number).setToolTip(f"{column.name}: {refusal}" if refusal else column.name)
        self.show_selection(selection)

    def show_selection(self, selection: Selection) -> None:
        """Show the target."""
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self._names.index(selection.table.target))
        self.combo.setToolTip(selection.table.target)
        self.dot.setVisible(selection.table.target != self._suggested)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column of labels as wide as that of the knobs."""
        super().resizeEvent(event)
        self.label.setFixedWidth(label_width(self.fontMetrics(), self.width()))

    @Slot()
    def _reset(self) -> None:
        self.edited.emit(self._suggested)

    @Slot(int)
    def _choose(self, number: int) -> None:
        self.edited.emit(self._names[number])

    @Slot()
    def _show_help(self) -> None:
        HelpPopover(wording.explanation(self.field), self).show_at(self)


class TableSettings(QWidget):
    """Target, task, missing values, validation and scaling."""

    edited = Signal(str, object)  # a knob of `experiment.datasets.Table`, and its value
    refused = Signal(str)  # what was typed cannot be: a line that says why, or "" once that is taken back

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        experiment = Experiment.of({"data": {"kind": "table", "path": "table.csv"}})
        self.target = TargetRow(experiment.field("data.target"), self)
        self.rows = {
            knob: knob_row(experiment.field(f"data.{knob}"), f"table.{name}", self) for knob, name in KNOBS.items()
        }
        self.notes = {knob: note(f"table.{name}", self) for knob, name in KNOBS.items()}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 6, 8)
        layout.setSpacing(0)
        layout.addWidget(self.target)
        self.target.edited.connect(self._choose_target)
        for knob, row in self.rows.items():
            layout.addWidget(row)
            layout.addWidget(self.notes[knob])
            row.edited.connect(self._edit)
            row.editor.refused.connect(self.refused)
            row.editor.relented.connect(self._relent)
            row.setProperty("knob", knob)
        layout.addStretch(1)

    def show_report(self, selection: Selection) -> None:
        """Show another file's."""
        self.target.show_report(selection)
        for knob, row in self.rows.items():
            row.accept()
            row.editor.restore(getattr(selection.table, knob))
        self.show_selection(selection)

    def show_selection(self, selection: Selection) -> None:
        """Show the knobs, and what they come to."""
        self.target.show_selection(selection)
        for knob, row in self.rows.items():
            row.set_value(getattr(selection.table, knob))
        task = self.rows["target_task"].editor
        assert isinstance(task, ChoiceEditor), "a task is chosen from a list"
        refusals = {task: selection.refusal_of(task) for task in ("classification", "regression")}
        task.set_refusals({name: line for name, line in refusals.items() if line})
        texts = {
            "target_task": self._on_task(selection),
            "missing": self._on_missing(selection),
            "validation_share": self._on_validation(selection),
            "scaling": "",
        }
        for knob, text in texts.items():
            self.notes[knob].setText(text)
            self.notes[knob].setVisible(bool(text))
            self.rows[knob].editor.setAccessibleDescription(text)

    def _on_task(self, selection: Selection) -> str:
        refusal, column = selection.refusal_of(selection.task), selection.target
        if refusal:
            return ""
        regression = selection.task == "regression"
        text = self.tr("regression") if regression else self.tr("classification, {0} classes").format(column.distinct)
        return self.tr("guess: {0}").format(text) if selection.table.target_task == "auto" else text

    def _on_missing(self, selection: Selection) -> str:
        gaps, target = selection.gaps, short(selection.table.target)
        lines = [self.tr("no value is missing in the columns used")]
        if gaps:
            dropped = selection.table.missing == "drop"
            line = (
                self.tr("rows dropped for gaps in {0} of {1} columns: {2}")
                if dropped
                else self.tr("values filled in {0} of {1} columns: {2}")
            )
            count = self._range(*selection.dropped) if dropped else format_count(sum(gaps.values()))
            lines = [line.format(len(gaps), len(selection.inputs), count)]
        if selection.without_target:
            line = self.tr("rows left out, having no {0}: {1}")
            lines.append(line.format(target, format_count(selection.without_target)))
        return "\n".join(lines)

    def _on_validation(self, selection: Selection) -> str:
        least, most = selection.rows
        if least < 2 or selection.problem:
            return ""
        training = [training_rows(rows, selection.table.validation_share) for rows in (least, most)]
        line = self.tr("{0} rows train, {1} validate")
        return line.format(self._range(*training), self._range(least - training[0], most - training[1]))

    def _range(self, low: int, high: int) -> str:
        if low == high:
            return format_count(low)
        return self.tr("{0} to {1}").format(format_count(low), format_count(high))

    @Slot(object)
    def _choose_target(self, name: str) -> None:
        self.edited.emit("target", name)

    @Slot(object)
    def _edit(self, value: Any) -> None:
        self.edited.emit(self.sender().property("knob"), value)

    @Slot()
    def _relent(self) -> None:
        self.refused.emit("")
