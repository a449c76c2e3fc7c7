"""Experiments from and to files, and tables of the user's own: whatever goes wrong is said, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QFileDialog, QMainWindow

from nnplayground.data import Dataset
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
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

    def ask_for_table(self, theme: Theme) -> None:
        """Ask for a table's file, and then what is to be made of it."""
        from nnplayground.gui.tables.dialog import TableImport

        kinds = self.tr("Tables (*.csv *.tsv *.txt *.parquet);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Own table"), "", kinds)
        if path:
            dialog = TableImport(path, theme, self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.chosen.connect(self.take_table)
            dialog.open()

    @Slot(object)
    def take_table(self, table: dict[str, Any]) -> None:
        """Train on a table of the user's own, given as the knobs of `experiment.datasets.Table`."""
        name = Path(str(table["path"])).name
        changes = {"name": name, "note": "", "data": table, "loss": {"kind": "auto"}}
        try:
            self._session.replace(self._session.experiment.replace_all(changes))
        except ExperimentError as error:
            self._strip.warn(str(error))
