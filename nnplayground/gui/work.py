"""One piece of work in the background, that tells how far it is and may be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread

from nnplayground.data.progress import Cancelled
from nnplayground.experiment import ExperimentError

Function = Callable[[Callable[[float, str], None], Callable[[], bool]], Any]  # given report and cancelled


class Work(QThread):
    """Works once. Once finished, it has a `result` or, where there can be none, a `problem`: one line.

    It has neither where it was cancelled, or failed for a reason of the program's own, which the exception hook tells.
    """

    def __init__(self, name: str, function: Function, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._function = function
        self.progress: tuple[float, str] = (0.0, "")  # share done, what is being done; replaced whole, so never torn
        self.result: Any = None
        self.problem = ""

    def run(self) -> None:
        """Work until the end, or until it is no longer wanted."""
        try:
            self.result = self._function(self._tell, self.isInterruptionRequested)
        except Cancelled:
            return
        except ExperimentError as error:
            self.problem = str(error)
        except MemoryError:
            self.problem = self.tr("There is not enough memory for this.")

    def cancel_and_wait(self) -> None:
        """Stop working; returns when the thread has ended."""
        self.requestInterruption()
        self.wait()

    def _tell(self, share: float, what: str) -> None:
        self.progress = (share, what)
