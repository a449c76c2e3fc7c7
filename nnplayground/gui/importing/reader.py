"""Reading a user's files in the background, to find out what is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread

from nnplayground.data.progress import Cancelled
from nnplayground.experiment import ExperimentError

Read = Callable[[Callable[[float, str], None], Callable[[], bool]], Any]  # given report and cancelled


class Reader(QThread):
    """Reads once. Once finished, it has a `report` or, where no data can be made of the files, a `problem`.

    It has neither where it was cancelled, or failed for a reason of the program's own, which the exception hook tells.
    """

    def __init__(self, name: str, read: Read, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._read = read
        self.progress: tuple[float, str] = (0.0, "")  # share done, what is being done; replaced whole, so never torn
        self.report: Any = None
        self.problem = ""

    def run(self) -> None:
        """Read until the end, or until it is no longer wanted."""
        try:
            self.report = self._read(self._tell, self.isInterruptionRequested)
        except Cancelled:
            return
        except ExperimentError as error:
            self.problem = str(error)

    def cancel_and_wait(self) -> None:
        """Stop reading; returns when the thread has ended."""
        self.requestInterruption()
        self.wait()

    def _tell(self, share: float, what: str) -> None:
        self.progress = (share, what)
