"""Errors that nobody has caught: told in plain words in a window of their own, kept in a file, and training goes on."""

from __future__ import annotations

import logging
import platform
import re
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from nnplayground import __version__

log = logging.getLogger(__name__)

MOST_FILES = 20  # reports that one run of the program writes: an error at every frame must not fill the disk
_CLASS = re.compile(r"\b(?:\w+\.)*\w*(?:Error|Exception|Warning)\b:?\s*")


def log_folder() -> Path:
    """Return where reports are written: the user's folder of logs."""
    import platformdirs

    return Path(platformdirs.user_log_dir("nnplayground", appauthor=False))


class Crashes(QObject):
    """Takes errors from any thread; the same one is reported once.

    `take` takes the place of `sys.excepthook`, `take_from_thread` that of `threading.excepthook`.
    """

    _taken = Signal(object)  # Report

    def __init__(self, window: QWidget, folder: Path | None = None) -> None:
        """Show reports above a window, and write them to a folder: left out, the user's own."""
        super().__init__(window)
        self._window, self._folder = window, folder
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self.dialog: CrashDialog | None = None
        self._taken.connect(self._show)

    def take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Report an error, from whichever thread it comes."""
        if isinstance(error, KeyboardInterrupt):
            self._window.close()
            return
        log.error("unhandled", exc_info=(kind, error, trace))
        text = "".join(traceback.format_exception(kind, error, trace))
        with self._lock:
            new = text not in self._known and len(self._known) < MOST_FILES
            self._known.add(text) if new else None
        if new:
            folder = self._folder or log_folder()
            self._taken.emit(Report.written(folder, plain(error), text, threading.current_thread().name))

    def take_from_thread(self, failed: threading.ExceptHookArgs) -> None:
        """Report an error that ended a thread of Python's own."""
        if failed.exc_value is not None:
            self.take(failed.exc_type, failed.exc_value, failed.exc_traceback)

    @Slot(object)
    def take_error(self, error: Exception) -> None:
        """Report an error that was caught where it ended training."""
        self.take(type(error), error, error.__traceback__)

    @Slot(object)
    def _show(self, report: Report) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            return  # one at a time; the others are in the folder
        self.dialog = CrashDialog(report, self._window)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.destroyed.connect(self._forget)
        self.dialog.open()

    @Slot()
    def _forget(self) -> None:
        self.dialog = None


class Report:
    """What happened, in words and in full, and the file that it was written to."""

    def __init__(self, words: str, text: str, file: Path | None, problem: str) -> None:
        self.words, self.text, self.file, self.problem = words, text, file, problem

    @classmethod
    def written(cls, folder: Path, words: str, trace: str, thread: str) -> Report:
        """Make a report and write it; where that cannot be done, `problem` says why."""
        about = f"Neural Network Playground {__version__}, Python {platform.python_version()}, {platform.platform()}"
        text = f"{about}\n{time.strftime('%Y-%m-%d %H:%M:%S')}, thread {thread}\n\n{trace}"
        file = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{time.perf_counter_ns() % 1_000_000:06}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            return cls(words, text, None, (error.strerror or "").lower())
        return cls(words, text, file, "")


class CrashDialog(QDialog):
    """Says what happened, and offers to copy the report, to look at its file, and to go on."""

    def __init__(self, report: Report, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("crash")
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setMinimumWidth(480)
        self._report = report
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for name, text in (("crash.what", self._what()), ("crash.kept", self._kept())):
            label = QLabel(text)
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        buttons = QDialogButtonBox()
        roles = QDialogButtonBox.ButtonRole
        for name, text, role, slot in (
            ("copy", self.tr("Copy report"), roles.ActionRole, self._copy),
            ("folder", self.tr("Open folder"), roles.ActionRole, self._open_folder),
            ("go_on", self.tr("Go on"), roles.AcceptRole, self.accept),
        ):
            button = buttons.addButton(text, role)
            button.setObjectName(f"crash.{name}")
            button.clicked.connect(slot)
            button.setDefault(name == "go_on")
            button.setEnabled(name != "folder" or report.file is not None)
        column.addWidget(buttons)

    def _what(self) -> str:
        words = self.tr("The program met with something that it was not made for: {0}.")
        return words.format(self._report.words or self.tr("there are no details"))

    def _kept(self) -> str:
        kept = self.tr("Your run and your experiment are kept, and you can go on. ")
        if self._report.file is None:
            return kept + self.tr("The report could not be written to a file: {0}.").format(self._report.problem)
        return kept + self.tr("What exactly happened is in {0}.").format(self._report.file.name)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report.text)

    @Slot()
    def _open_folder(self) -> None:
        assert self._report.file is not None
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report.file.parent)))


def plain(error: BaseException) -> str:
    """Return what an error says in one line, without the names of classes."""
    said = error.args[0] if len(error.args) == 1 and isinstance(error.args[0], str) else str(error)
    line = " ".join(_CLASS.sub("", said).split()).rstrip(".")
    return line if len(line) <= 300 else f"{line[:300]}…"
