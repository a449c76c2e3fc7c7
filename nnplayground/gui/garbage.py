"""Cyclic garbage, collected where Qt can bear it: in the window's thread, between two events.

Python collects whenever it likes: in the training thread, where destroying a widget ends the process, or in the middle
of a signal's connection, where destroying an object waits for ever for the lock that the connection holds.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 500


class Garbage(QObject):
    """While it is there, Python does not collect by itself; this does, as often as Python's thresholds say."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(EVERY_MS)

    @Slot()
    def collect(self) -> None:
        """Collect the generations that are due."""
        due = [generation for generation in range(3) if gc.get_count()[generation] > gc.get_threshold()[generation]]
        if due:
            gc.collect(due[-1])

    @Slot()
    def settle(self) -> None:
        """Leave what was imported by now out of every later collection: it stays, and looking at it takes time."""
        gc.freeze()

    def end(self) -> None:
        """Leave collecting to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
