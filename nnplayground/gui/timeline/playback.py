"""Playing a run back: so many moments a second, by the clock and not by how long each takes to be drawn."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

RATE = 4.0  # moments a second at speed 1
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LEAST_MS = 15  # between two looks at the clock


class Playback(QObject):
    """Says how many moments to go on by, from `start` until `stop`."""

    due = Signal(int)  # so many moments later is shown now
    running_changed = Signal(bool)

    def __init__(self, parent: QObject, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.speed = 1.0
        self._clock = clock
        self._begun, self._told = 0.0, 0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)

    @property
    def running(self) -> bool:
        """Whether it plays."""
        return self.timer.isActive()

    def start(self) -> None:
        """Play from now on."""
        if not self.running:
            self._begin()
            self.running_changed.emit(True)

    @Slot()
    def stop(self) -> None:
        """Play no longer."""
        if self.running:
            self.timer.stop()
            self.running_changed.emit(False)

    def set_speed(self, speed: float) -> None:
        """Play at another speed, one of `SPEEDS`, from here on."""
        self.speed = speed
        if self.running:
            self._begin()

    @Slot()
    def look(self) -> None:
        """Tell what has come due since the last look."""
        count = int((self._clock() - self._begun) * self.speed * RATE)
        if count > self._told:
            later, self._told = count - self._told, count
            self.due.emit(later)

    def _begin(self) -> None:
        self._begun, self._told = self._clock(), 0
        self.timer.start(max(round(1000 / (self.speed * RATE)), LEAST_MS))
