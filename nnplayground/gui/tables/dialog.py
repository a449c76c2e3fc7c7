"""The dialog by which a user takes up a table of their own: what is in the file, and how it is to be trained on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from nnplayground.data.tables import TableReport, inspect_table
from nnplayground.experiment.datasets import Table
from nnplayground.gui.importing.dialog import ImportDialog, Words
from nnplayground.gui.numbers import format_count
from nnplayground.gui.tables.page import TablePage
from nnplayground.gui.tables.selection import Selection, short
from nnplayground.gui.theme import Theme


class TableImport(ImportDialog):
    """Reads a file in the background, shows what is in it, and lets the user say what to train on."""

    def __init__(self, path: str | Path, theme: Theme, parent: QWidget | None = None) -> None:
        self.page = TablePage(theme)
        super().__init__("table", _words(), self.page, theme, parent)
        self.page.changed.connect(self._judge)
        self.read(path)

    def read(self, path: str | Path) -> None:
        """Read another file."""
        self._path = Path(path).absolute()
        self.begin(self._path, partial(inspect_table, self._path))

    @property
    def rows(self) -> int:
        """How many rows there are to train and to validate on, at least."""
        return self.page.selection.rows[0]

    def knobs(self) -> dict[str, Any]:
        """Return the knobs of a `Table` that is trained on as selected."""
        return self.page.selection.knobs()

    def show_report(self, report: TableReport) -> str:
        """Show another file, and return a description of it."""
        table = Table(path=str(self._path), target=report.suggested_target)
        self.page.show_report(Selection(report, table))
        self.page.settings.target.combo.setFocus()
        parts = [report.format]
        if report.format == "CSV":
            header = self.tr("a header row") if report.has_header else self.tr("no header row")
            parts += [report.delimiter, report.encoding, header]
            parts += [self.tr("decimal comma")] if report.decimal == "," else []
        parts.append(self.tr("{0} rows").format(format_count(report.rows)))
        parts.append(self.tr("{0} columns").format(format_count(len(report.columns))))
        return ", ".join(parts)

    def ask_for_another(self) -> None:
        """Ask for another file, and read it."""
        path = ask_for_table(self, self._path.parent)
        if path:
            self.read(path)

    @Slot()
    def _judge(self) -> None:
        selection = self.page.selection
        inputs, rest = format_count(len(selection.inputs)), format_count(len(selection.report.columns) - 1)
        line = self.tr("predicts {0} from {1} of {2} columns").format(short(selection.table.target), inputs, rest)
        self.judge(line, self.page.problem)


def ask_for_table(parent: QWidget, folder: Path | None = None) -> str:
    """Ask for a table's file, first looked for in `folder`; return its path, or "" where there is to be none."""
    kinds = _tr("Tables (*.csv *.tsv *.txt *.parquet);;All files (*)")
    return QFileDialog.getOpenFileName(parent, _tr("Own table"), str(folder or ""), kinds)[0]


def _words() -> Words:
    return Words(
        title=_tr("Own table"),
        hint=_tr(
            "A table is a CSV or Parquet file with a case in each row, one column that is to be predicted, and "
            "others to predict it from. Names of the columns in the first row help to tell them apart."
        ),
        another=_tr("Choose another file…"),
        useless=_tr("This file cannot be trained on."),
        failed=_tr("This file could not be read: the program failed at it."),
        measured=_tr("How much of the file has been read"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("TableImport", text)
