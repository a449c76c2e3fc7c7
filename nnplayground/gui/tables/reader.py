"""Reading a user's table in the background, to find out what is in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread

from nnplayground.data.progress import Cancelled
from nnplayground.data.tables import TableReport, inspect_table
from nnplayground.experiment import ExperimentError


class TableReader(QThread):
    """Reads one file. Once finished, it has a `report` or, where the file is no table, a `problem`.

    It has neither where it was cancelled, or failed for a reason of the program's own, which the exception hook tells.
    """

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("table.reader")
        self.path = path
        self.progress: tuple[float, str] = (0.0, "")  # share done, what is being done; replaced whole, so never torn
        self.report: TableReport | None = None
        self.problem = ""

    def run(self) -> None:
        """Read until the end, or until it is no longer wanted."""
        try:
            self.report = inspect_table(self.path, self._tell, self.isInterruptionRequested)
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
