"""An experiment as a line of text, from and to the clipboard."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMainWindow

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.sharing import BEGINNING, from_text, to_text
from nnplayground.gui.session import Session
from nnplayground.gui.strip import Strip


class Sharing(QObject):
    """Copies the experiment in hand as text, and takes up one that came as text."""

    def __init__(self, window: QMainWindow, session: Session, strip: Strip) -> None:
        super().__init__(window)
        self._window, self._session, self._strip = window, session, strip

    def copy(self) -> None:
        """Put the experiment in hand on the clipboard."""
        QGuiApplication.clipboard().setText(to_text(self._session.experiment))
        self._strip.say(self.tr("The experiment is on the clipboard, as a text to be pasted into a chat."))

    def paste(self) -> None:
        """Open what is on the clipboard."""
        text = QGuiApplication.clipboard().text()
        if text.strip():
            self.open(text)
        else:
            self._strip.warn(self.tr("There is no text on the clipboard; allowed: one that “Copy as text” has made."))

    def ask_to_open(self) -> None:
        """Ask for a text, and open it."""
        copied = QGuiApplication.clipboard().text().strip()
        words = self.tr("The text, which begins with {0}").format(BEGINNING)
        shown = copied if copied.startswith(BEGINNING) else ""
        text, chosen = QInputDialog.getMultiLineText(self._window, self.tr("Open text"), words, shown)
        if chosen:
            self.open(text)

    def open(self, text: str) -> None:
        """Take up the experiment of a text; where there is none, say why and change nothing."""
        try:
            self._session.replace(from_text(text))
        except ExperimentError as error:
            self._strip.warn(str(error))
