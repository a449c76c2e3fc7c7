"""The dialog by which a user takes up a table of their own: what is in the file, and how it is to be trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnplayground.data.tables import TableReport
from nnplayground.experiment.datasets import Table
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.numbers import format_count
from nnplayground.gui.tables.page import TablePage
from nnplayground.gui.tables.reader import TableReader
from nnplayground.gui.tables.selection import Selection, short
from nnplayground.gui.theme import SPACING, Theme

LOOK_MS = 33  # between two looks at how far reading is

Part = TypeVar("Part", bound=QWidget)


class TableImport(QDialog):
    """Reads a file in the background, shows what is in it, and lets the user say what to train on."""

    chosen = Signal(object)  # dict: the knobs of `experiment.datasets.Table`

    def __init__(self, path: str | Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader: TableReader | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.setObjectName("table")
        self.setWindowTitle(self.tr("Own table"))
        self.page = TablePage(theme, self)
        self.page.changed.connect(self._judge)
        self._make_parts()
        self._lay_out()
        room = self.screen().availableGeometry().size()
        self.resize(min(theme.scaled(960), room.width() - 80), min(theme.scaled(700), room.height() - 80))
        application = QCoreApplication.instance()
        assert application is not None
        application.aboutToQuit.connect(self._stop)
        self.read(path)

    @property
    def reading(self) -> bool:
        """Whether a file is being read."""
        return self._reader is not None

    def read(self, path: str | Path) -> None:
        """Read another file."""
        self._stop()
        self._path = Path(path).absolute()
        self._name.setText(self._path.name)
        self._name.setToolTip(str(self._path))
        self._format.setText(self.tr("reading …"))
        self._bar.setValue(0)
        self._stage.setText(self.tr("opening the file"))
        self._show_page(self._reading_page)
        self._cancel.setFocus()
        self._reader = TableReader(self._path, self)
        self._reader.start()
        self._timer.start()

    def done(self, result: int) -> None:
        """Close, and leave nothing behind."""
        self._stop()
        super().done(result)

    # reading

    @Slot()
    def _look(self) -> None:
        reader = self._reader
        if reader is None:
            return
        if not reader.isFinished():
            share, what = reader.progress
            self._bar.setValue(round(self._bar.maximum() * share))
            self._stage.setText(what)
            return
        self._stop()
        if reader.report is not None:
            self._show_report(reader.report)
        else:
            self._show_problem(reader.problem or self.tr("This file could not be read: the program failed at it."))

    @Slot()
    def _stop(self) -> None:
        self._timer.stop()
        if self._reader is not None:
            self._reader.cancel_and_wait()
            self._reader.deleteLater()
            self._reader = None

    def _show_problem(self, line: str) -> None:
        self._format.setText(self.tr("This file cannot be trained on."))
        self._problem.setText(line)
        self._problem.setAccessibleName(line)
        self._show_page(self._problem_page)
        self._another.setFocus()

    def _show_report(self, report: TableReport) -> None:
        self._format.setText(self._describe(report))
        self._show_page(self.page)
        table = Table(path=str(self._path), target=report.suggested_target)
        self.page.show_report(Selection(report, table))
        self.page.settings.target.combo.setFocus()

    def _describe(self, report: TableReport) -> str:
        parts = [report.format]
        if report.format == "CSV":
            header = self.tr("a header row") if report.has_header else self.tr("no header row")
            parts += [report.delimiter, report.encoding, header]
            parts += [self.tr("decimal comma")] if report.decimal == "," else []
        parts.append(self.tr("{0} rows").format(format_count(report.rows)))
        parts.append(self.tr("{0} columns").format(format_count(len(report.columns))))
        return ", ".join(parts)

    # choosing

    @Slot()
    def _judge(self) -> None:
        """Say what is to be trained on, or what keeps it from being so."""
        selection, problem = self.page.selection, self.page.problem
        inputs, rest = format_count(len(selection.inputs)), format_count(len(selection.report.columns) - 1)
        line = self.tr("predicts {0} from {1} of {2} columns").format(short(selection.table.target), inputs, rest)
        for label, text in ((self._fault, problem), (self._summary, "" if problem else line)):
            label.setText(text)
            label.setVisible(bool(text))
        self._train.setEnabled(not problem)

    @Slot()
    def _choose_another(self) -> None:
        kinds = self.tr("Tables (*.csv *.tsv *.txt *.parquet);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Own table"), str(self._path.parent), kinds)
        if path:
            self.read(path)

    @Slot()
    def _accept(self) -> None:
        knobs = self.page.selection.knobs()
        self.accept()
        self.chosen.emit(knobs)

    # layout

    def _make_parts(self) -> None:
        self._name = _named(ElidedLabel(parent=self), "table.name", "title")
        self._format = _named(ElidedLabel(parent=self), "table.format", "secondary")
        self._bar = _named(QProgressBar(self), "table.progress")
        self._bar.setAccessibleName(self.tr("How much of the file has been read"))
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._stage = _named(ElidedLabel(parent=self), "table.stage", "secondary")
        self._problem = _named(QLabel(self), "table.problem")
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._fault = _named(QLabel(self), "table.fault", "error")
        self._summary = _named(QLabel(self), "table.summary", "secondary")
        for label in (self._problem, self._fault, self._summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._another = _named(QPushButton(self.tr("Choose another file…"), self), "table.another")
        self._another.clicked.connect(self._choose_another)
        self._cancel = _named(QPushButton(self), "table.cancel")
        self._cancel.clicked.connect(self.reject)
        self._train = _named(QPushButton(self.tr("Train on it"), self), "table.train", "primary")
        self._train.clicked.connect(self._accept)
        for button in (self._another, self._cancel, self._train):
            button.setAccessibleName(button.text())
        self._train.setDefault(True)

    def _lay_out(self) -> None:
        self._pages = QStackedWidget(self)
        self._reading_page, self._problem_page = self._make_reading_page(), self._make_problem_page()
        for page in (self._reading_page, self._problem_page, self.page):
            self._pages.addWidget(page)
        bottom = QHBoxLayout()
        bottom.setSpacing(SPACING)
        for label in (self._fault, self._summary):
            bottom.addWidget(label, 1)
        bottom.addStretch(0)
        for button in (self._another, self._cancel, self._train):
            bottom.addWidget(button)
        top = QVBoxLayout()
        top.setSpacing(2)
        top.addWidget(self._name)
        top.addWidget(self._format)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACING, 12, 2 * SPACING, 12)
        layout.setSpacing(SPACING)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        layout.addLayout(bottom)

    def _make_reading_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(4 * SPACING, 0, 4 * SPACING, 0)
        layout.setSpacing(SPACING)
        layout.addStretch(2)
        layout.addWidget(self._bar)
        layout.addWidget(self._stage)
        layout.addStretch(3)
        return page

    def _make_problem_page(self) -> QWidget:
        hint = QLabel(
            self.tr(
                "A table is a CSV or Parquet file with a case in each row, one column that is to be predicted, and "
                "others to predict it from. Names of the columns in the first row help to tell them apart."
            )
        )
        hint.setProperty("role", "secondary")
        hint.setWordWrap(True)
        notice = QFrame()
        notice.setProperty("role", "notice")
        inside = QVBoxLayout(notice)
        inside.setContentsMargins(12, 12, 12, 12)
        inside.addWidget(self._problem)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, SPACING, 0, 0)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(notice)
        layout.addWidget(hint)
        layout.addStretch(1)
        return page

    def _show_page(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._another.setVisible(page is not self._reading_page)
        self._cancel.setText(self.tr("Close") if page is self._problem_page else self.tr("Cancel"))
        self._cancel.setAccessibleName(self._cancel.text())
        self._train.setVisible(page is not self._problem_page)
        if page is not self.page:
            self._train.setEnabled(False)
            self._fault.hide()
            self._summary.hide()


def _named(part: Part, name: str, role: str = "") -> Part:
    part.setObjectName(name)
    if role:
        part.setProperty("role", role)
    return part
