"""Experiments from and to files, and data of the user's own: whatever goes wrong is said, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QDialog, QFileDialog, QMainWindow, QWidget

from nnplayground.data import Dataset
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.datasets import training_rows
from nnplayground.gui.importing.dialog import ImportDialog
from nnplayground.gui.numbers import format_count
from nnplayground.gui.session import Session
from nnplayground.gui.strip import Strip
from nnplayground.gui.theme import Theme


class Files(QObject):
    """Asks for files and takes them up into the session."""

    def __init__(self, window: QMainWindow, session: Session, strip: Strip) -> None:
        super().__init__(window)
        self._window, self._session, self._strip = window, session, strip

    def ask_to_open(self) -> None:
        """Ask for an experiment's file and open it."""
        kinds = self.tr("Experiments (*.toml)")
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open experiment"), "", kinds)
        if path:
            self.open(path)

    def open(self, path: str) -> None:
        """Take up an experiment's file; where it cannot be, say why and change nothing."""
        try:
            self._session.replace(Experiment.load(path))
        except ExperimentError as error:
            self._strip.warn(str(error))

    def ask_to_save(self) -> None:
        """Ask for a place and write the experiment in hand there."""
        kinds = self.tr("Experiments (*.toml)")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save experiment"), "experiment.toml", kinds)
        if path:
            self.save(path)

    def save(self, path: str) -> None:
        """Write the experiment in hand to a file, or say why that cannot be done."""
        try:
            self._session.experiment.save(path)
        except ExperimentError as error:
            self._strip.warn(str(error))
        else:
            self._strip.say(self.tr("Saved as {0}").format(Path(path).name))

    def ask_to_save_weights(self, snapshot: Snapshot, experiment: Experiment, dataset: Dataset) -> None:
        """Ask for a place and write the weights of a network there, which goes on being trained meanwhile."""
        kinds = self.tr("Weights (*.safetensors)")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save weights"), "weights.safetensors", kinds)
        if path:
            self.save_weights(path, snapshot, experiment, dataset)

    def save_weights(self, path: str, snapshot: Snapshot, experiment: Experiment, dataset: Dataset) -> None:
        """Write the weights of a network to a file, or say why that cannot be done."""
        from nnplayground.engine.weights import save_weights  # and torch, which by now is there

        try:
            save_weights(path, snapshot, experiment, dataset)
        except ExperimentError as error:
            self._strip.warn(str(error))
        else:
            step = format_count(snapshot.step)
            self._strip.say(self.tr("Weights of step {0} saved as {1}").format(step, Path(path).name))

    def ask_for_data(self, kind: str, theme: Theme) -> None:
        """Ask for data from outside of one kind, and then what is to be made of them."""
        dialog = _DIALOGS[kind](theme, self._window)
        if dialog is not None:
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.chosen.connect(self._take_chosen)
            dialog.open()

    @Slot(object)
    def _take_chosen(self, knobs: dict[str, Any]) -> None:
        dialog = self.sender()
        self.take_data(knobs, dialog.rows if isinstance(dialog, ImportDialog) else None)

    def take_data(self, knobs: dict[str, Any], rows: int | None = None) -> None:
        """Train on data from outside, given as the knobs of their model; of `rows` samples, where that is known."""
        where = str(knobs.get("path") or knobs.get("images") or "")
        name = str(knobs.get("name") or Path(where).name)
        changes: dict[str, Any] = {"name": name, "note": "", "data": knobs, "loss": {"kind": "auto"}}
        if rows is not None and rows > 1:
            most = training_rows(rows, knobs["validation_share"])
            changes["batches.size"] = min(self._session.experiment.batches.size, most)
        try:
            self._session.replace(self._session.experiment.replace_all(changes))
        except ExperimentError as error:
            self._strip.warn(str(error))


def _ask_for_table(theme: Theme, window: QWidget) -> QDialog | None:
    from nnplayground.gui.tables.dialog import TableImport, ask_for_table

    path = ask_for_table(window)
    return TableImport(path, theme, window) if path else None


def _ask_for_images(kind: str, theme: Theme, window: QWidget) -> QDialog | None:
    from nnplayground.gui.images.dialog import ImagesImport, ask_for_images

    data = ask_for_images(kind, window)
    return None if data is None else ImagesImport(data, theme, window)


def _ask_for_openml(theme: Theme, window: QWidget) -> QDialog | None:
    from nnplayground.gui.openml import OpenmlForm

    return OpenmlForm(theme, window)


_DIALOGS: Mapping[str, Callable[[Theme, QWidget], Any]] = {
    "table": _ask_for_table,
    "idx": partial(_ask_for_images, "idx"),
    "folder": partial(_ask_for_images, "folder"),
    "openml": _ask_for_openml,
}
