"""What is changed about the runs of a store: notes, tags, stars, runs deleted, saved as files, and taken over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs.model import RunsModel
from nnplayground.gui.runs.shelf import Shelf
from nnplayground.gui.runs.table import RunsTable

if TYPE_CHECKING:
    from nnplayground.runs.store import Row, Store


class Changes(QWidget):
    """Carries out what model and table ask for. It is seen as the line by which runs come back that were deleted."""

    refused = Signal(str)  # why the latest change is not made; "" where it is tried

    def __init__(self, shelf: Shelf, model: RunsModel, table: RunsTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shelf, self._table = shelf, table
        self._deleted: list[list[Row]] = []
        self._undo_text = QLabel()
        button = QPushButton(self.tr("Undo"))
        button.setObjectName("runs.undo")
        button.clicked.connect(self._undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._undo_text)
        row.addWidget(button)
        row.addStretch(1)
        self.hide()
        model.edited.connect(self._edit)
        table.starred.connect(self._star)
        table.deleting.connect(self._delete)
        table.undoing.connect(self._undo)
        table.exporting.connect(self._ask_to_export)
        table.importing.connect(self._ask_to_import)

    def _change(self, change: Callable[[Store], object], words: str = "") -> None:
        self.refused.emit("")
        self._shelf.change(change, words)

    @Slot(object, str, object)
    def _edit(self, row: Row, path: str, value: Any) -> None:
        tags = path == "tags"
        self._change(lambda store: store.set_tags([row], value) if tags else store.set_note([row], value))

    @Slot(object)
    def _star(self, rows: list[Row]) -> None:
        star = not all(row.star for row in rows)
        self._change(lambda store: store.set_star(rows, star))

    @Slot(object)
    def _delete(self, rows: list[Row]) -> None:
        kept = [row for row in rows if row.is_trained]
        gone = [row for row in rows if not row.is_trained]
        if gone:
            self._change(lambda store: store.delete(gone))
            self._deleted.append(gone)
            self._show_undo()
        if kept:
            numbers = ", ".join(str(row.id) for row in kept)
            self.refused.emit(self.tr("Run {0} is being trained, and stays.").format(numbers))

    @Slot()
    def _undo(self) -> None:
        if self._deleted:
            rows = self._deleted.pop()
            self._change(lambda store: store.undelete(rows))
            self._show_undo()

    def _show_undo(self) -> None:
        self._table.can_undo = bool(self._deleted)
        self.setVisible(bool(self._deleted))
        if self._deleted:
            count = len(self._deleted[-1])
            words = self.tr("One run was deleted.") if count == 1 else self.tr("{0} runs were deleted.")
            self._undo_text.setText(words.format(format_count(count)))

    # files

    @Slot(object)
    def _ask_to_export(self, row: Row) -> None:
        kinds = self.tr("Runs (*.nnrun)")
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save run"), f"run-{row.id}.nnrun", kinds)
        if path:
            self.export(row, Path(path))

    def export(self, row: Row, file: Path) -> None:
        """Write a run to a file of its own."""
        from nnplayground.runs.store.carrying import export_run

        words = self.tr("Run {0} saved as {1}").format(row.id, file.name)
        self._change(lambda store: export_run(store, row, file), words)

    @Slot()
    def _ask_to_import(self) -> None:
        kinds = self.tr("Runs (*.nnrun);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Take over a run"), "", kinds)
        if path:
            self.import_(Path(path))

    def import_(self, file: Path) -> None:
        """Take over the run that a file holds; refused with a line where it is damaged or foreign."""
        from nnplayground.runs.store.carrying import import_run

        words = self.tr("The run of {0} was taken over").format(file.name)
        self._change(lambda store: import_run(store, file), words)
