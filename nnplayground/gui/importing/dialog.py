"""The dialog by which a user takes up data of their own: read in the background, shown, and chosen or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.theme import SPACING, Theme
from nnplayground.gui.work import Function, Work

LOOK_MS = 33  # between two looks at how far reading is

Part = TypeVar("Part", bound=QWidget)


@dataclass(frozen=True)
class Words:
    """What a dialog says of the kind of data that it takes up."""

    title: str
    hint: str  # what such data are, below a problem
    another: str  # on the button that chooses other data
    useless: str  # in place of a description, where there is a problem
    failed: str  # where the program itself failed
    measured: str  # what the progress bar measures, for a screen reader


class ImportDialog(QDialog):
    """Shows what was read on a page, and lets the user say what to train on.

    `name` begins the objectName of every part. Others implement what is marked so.
    """

    chosen = Signal(object)  # dict: the knobs of one of the models in `experiment.datasets`

    def __init__(self, name: str, words: Words, page: QWidget, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part, self.words, self._page = name, words, page
        self._reader: Work | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.setObjectName(name)
        self.setWindowTitle(words.title)
        self._make_parts()
        self._lay_out()
        room = self.screen().availableGeometry().size()
        self.resize(min(theme.scaled(960), room.width() - 80), min(theme.scaled(700), room.height() - 80))
        application = QCoreApplication.instance()
        assert application is not None
        application.aboutToQuit.connect(self._stop)

    # what others implement

    @property
    def rows(self) -> int:
        """How many samples there are to train and to validate on, at least."""
        raise NotImplementedError

    def knobs(self) -> dict[str, Any]:
        """Return the knobs as they are chosen."""
        raise NotImplementedError

    def show_report(self, report: Any) -> str:
        """Show on the page what was read, and return a description of it in one line."""
        raise NotImplementedError

    def ask_for_another(self) -> None:
        """Ask for other data, and read them."""
        raise NotImplementedError

    # reading

    @property
    def reading(self) -> bool:
        """Whether something is being read."""
        return self._reader is not None

    def begin(self, path: Path, read: Function) -> None:
        """Read what lies at `path` by `read`, in place of anything before."""
        self._stop()
        self._name.setText(path.name)
        self._name.setToolTip(str(path))
        self._format.setText(self.tr("reading …"))
        self._bar.setValue(0)
        self._stage.setText("")
        self._show_page(self._reading_page)
        self._cancel.setFocus()
        self._reader = Work(f"{self._part}.reader", read, self)
        self._reader.start()
        self._timer.start()

    def done(self, result: int) -> None:
        """Close, and leave nothing behind."""
        self._stop()
        super().done(result)

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
        if reader.result is None:
            self._show_problem(reader.problem or self.words.failed)
        else:
            self._show_page(self._page)
            self._format.setText(self.show_report(reader.result))

    @Slot()
    def _stop(self) -> None:
        self._timer.stop()
        if self._reader is not None:
            self._reader.cancel_and_wait()
            self._reader.deleteLater()
            self._reader = None

    def _show_problem(self, line: str) -> None:
        self._format.setText(self.words.useless)
        self._problem.setText(line)
        self._problem.setAccessibleName(line)
        self._show_page(self._problem_page)
        self._another.setFocus()

    # choosing

    def judge(self, summary: str, fault: str) -> None:
        """Say what is to be trained on, or, where there is a `fault`, what keeps it from being so."""
        for label, text in ((self._fault, fault), (self._summary, "" if fault else summary)):
            label.setText(text)
            label.setVisible(bool(text))
        self._train.setEnabled(not fault)

    @Slot()
    def _choose_another(self) -> None:
        self.ask_for_another()

    @Slot()
    def _accept(self) -> None:
        knobs = self.knobs()
        self.accept()
        self.chosen.emit(knobs)

    # layout

    def _make_parts(self) -> None:
        self._name = self._named(ElidedLabel(parent=self), "name", "title")
        self._format = self._named(ElidedLabel(parent=self), "format", "secondary")
        self._bar = self._named(QProgressBar(self), "progress")
        self._bar.setAccessibleName(self.words.measured)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._stage = self._named(ElidedLabel(parent=self), "stage", "secondary")
        self._problem = self._named(QLabel(self), "problem")
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._fault = self._named(QLabel(self), "fault", "error")
        self._summary = self._named(QLabel(self), "summary", "secondary")
        for label in (self._problem, self._fault, self._summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._another = self._named(QPushButton(self.words.another, self), "another")
        self._another.clicked.connect(self._choose_another)
        self._cancel = self._named(QPushButton(self), "cancel")
        self._cancel.clicked.connect(self.reject)
        self._train = self._named(QPushButton(self.tr("Train on it"), self), "train", "primary")
        self._train.clicked.connect(self._accept)
        for button in (self._another, self._cancel, self._train):
            button.setAccessibleName(button.text())
        self._train.setDefault(True)

    def _lay_out(self) -> None:
        self._pages = QStackedWidget(self)
        self._reading_page, self._problem_page = self._make_reading_page(), self._make_problem_page()
        for page in (self._reading_page, self._problem_page, self._page):
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
        hint = QLabel(self.words.hint)
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
        if page is not self._page:
            self._train.setEnabled(False)
            self._fault.hide()
            self._summary.hide()

    def _named(self, part: Part, name: str, role: str = "") -> Part:
        part.setObjectName(f"{self._part}.{name}")
        if role:
            part.setProperty("role", role)
        return part
