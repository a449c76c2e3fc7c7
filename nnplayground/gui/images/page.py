"""What images there are and what is wanted of them, on one page: some of each class, settings."""

from __future__ import annotations

from math import prod
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnplayground.data.images import ImageReport
from nnplayground.data.images.pictures import Shape, check_values
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.datasets import Folder, Idx, training_rows
from nnplayground.gui.images.gallery import Gallery
from nnplayground.gui.importing.settings import knob_row, note, panel
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import SPACING, Theme

KNOBS = {
    "idx": ("limit", "validation_share", "scaling"),
    "folder": ("size", "colour", "limit", "validation_share", "scaling"),
}


class ImagesPage(QWidget):
    """Shows a report and the knobs of its data, and changes them as the user does."""

    changed = Signal()

    def __init__(self, kind: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: ImageReport | None = None
        self._data: Idx | Folder | None = None
        self._refusal = ""  # of what was typed in a field
        self.gallery = Gallery(theme, self)
        self._notes = QLabel(self)
        path = {"idx": "images", "folder": "path"}[kind]
        experiment = Experiment.of({"data": {"kind": kind, path: "own"}})
        self.rows = {knob: self._row(experiment, knob) for knob in KNOBS[kind]}
        self.notes = {knob: note(f"images.{knob}", self) for knob in KNOBS[kind]}
        self._lay_out(theme)

    @property
    def data(self) -> Idx | Folder:
        """The data as they are wanted. There are none before the first report."""
        assert self._data is not None
        return self._data

    @property
    def count(self) -> int:
        """How many images are used."""
        assert self._report is not None
        return min(self.data.limit or self._report.count, self._report.count)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        assert self._report is not None
        return len(self._report.classes)

    @property
    def shape(self) -> Shape:
        """Channels, height and width of the images that are used."""
        if isinstance(self.data, Folder):
            return (3 if self.data.colour == "rgb" else 1, self.data.size, self.data.size)
        assert self._report is not None
        assert self._report.shape is not None, "files of MNIST's format tell it"
        return self._report.shape

    @property
    def problem(self) -> str:
        """One line about what keeps the images from being trained on, or ""."""
        if self._refusal:
            return self._refusal
        try:
            check_values(self.count, self.shape, self.tr("fewer images, or smaller ones"))
        except ExperimentError as error:
            return str(error)
        return ""

    def show_report(self, report: ImageReport) -> None:
        """Show other images."""
        self._report, self._refusal = report, ""
        self.gallery.classes.show_report(report)
        self.gallery.verticalScrollBar().setValue(0)
        self._notes.setText("\n".join(report.notes))
        self._notes.setVisible(bool(report.notes))
        for knob, row in self.rows.items():
            row.accept()
            row.editor.set_high(report.count if knob == "limit" else None)
            row.editor.restore(getattr(report.data, knob))
        self._take(report.data)

    def _take(self, data: Idx | Folder) -> None:
        self._data = data
        self.gallery.classes.show_data(data)
        for knob, row in self.rows.items():
            row.set_value(getattr(data, knob))
        for knob, text in self._meanings().items():
            self.notes[knob].setText(text)
            self.rows[knob].editor.setAccessibleDescription(text)
        for made in self.notes.values():
            made.setVisible(bool(made.text()))
        self.changed.emit()

    def _meanings(self) -> dict[str, str]:
        """Return what knobs come to, each in one line."""
        assert self._report is not None
        channels, height, width = self.shape
        inputs = format_count(prod(self.shape))
        size = f"{width} × {height}" + (f" × {channels}" if channels > 1 else "")
        rest = format_count(self._report.count)
        every = self.count == self._report.count
        train = training_rows(self.count, self.data.validation_share) if self.count > 1 else 0
        parts = format_count(train), format_count(self.count - train)
        known = {
            "limit": self.tr("all {0} images").format(rest)
            if every
            else self.tr("{0} of {1} images, of every class in proportion").format(format_count(self.count), rest),
            "validation_share": self.tr("{0} images train, {1} validate").format(*parts) if train else "",
        }
        if isinstance(self.data, Folder):
            known["colour"] = self.tr("{0} = {1} inputs").format(size, inputs)
        return known

    @Slot(object)
    def _edit(self, value: Any) -> None:
        self._take(self.data.model_copy(update={self.sender().property("knob"): value}))

    @Slot(str)
    def _refuse(self, line: str) -> None:
        self._refusal = line
        self.changed.emit()

    @Slot()
    def _relent(self) -> None:
        self._refuse("")

    def _row(self, experiment: Experiment, knob: str) -> KnobRow:
        row = knob_row(experiment.field(f"data.{knob}"), f"images.{knob}", self)
        row.setProperty("knob", knob)
        row.edited.connect(self._edit)
        row.editor.refused.connect(self._refuse)
        row.editor.relented.connect(self._relent)
        return row

    def _lay_out(self, theme: Theme) -> None:
        self._notes.setObjectName("images.notes")
        self._notes.setProperty("role", "secondary")
        self._notes.setWordWrap(True)
        shown = QFrame(self)
        shown.setProperty("role", "panel")
        inside = QVBoxLayout(shown)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.gallery)
        left = QVBoxLayout()
        left.setSpacing(SPACING)
        left.addWidget(shown, 1)
        left.addWidget(self._notes)
        settings = QWidget(self)
        column = QVBoxLayout(settings)
        column.setContentsMargins(12, 8, 6, 8)
        column.setSpacing(0)
        for knob, row in self.rows.items():
            column.addWidget(row)
            column.addWidget(self.notes[knob])
        column.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(left, 1)
        layout.addWidget(panel(settings, theme))
