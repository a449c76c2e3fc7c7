"""Studies: what a view wants computed that takes longer than a frame, beside the window and training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Signal, Slot

from nnplayground.experiment import ExperimentError
from nnplayground.gui.views.view import Frame
from nnplayground.gui.work import Function, Work

if TYPE_CHECKING:
    from nnplayground.engine.setup import Setup

LOOK_MS = 33  # between two looks at how far it is


class Study(QObject):
    """Does one piece of work at a time in a thread that lives only meanwhile; what is begun last wins.

    The work is given `report(share, text)` and `cancelled()`; it goes in pieces, each of some 50 ms at most, between
    which it looks whether it was cancelled and raises `Cancelled`, so that the window can always be closed.
    """

    progressed = Signal(float, str)  # the share done, or negative if unknown; what is being done
    done = Signal(object, float)  # the result; in how many seconds
    failed = Signal(str)  # one line
    ended = Signal()  # after `done` or `failed`, or where it was cancelled: nothing goes on any more

    def __init__(self, name: str, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._work: Work | None = None
        self._next: Function | None = None
        self._wanted = False
        self._told: tuple[float, str] = (0.0, "")
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        application = QCoreApplication.instance()
        assert application is not None
        application.aboutToQuit.connect(self.close)

    @property
    def working(self) -> bool:
        """Whether something goes on, be it what was cancelled and has not ended yet."""
        return self._work is not None

    def begin(self, function: Function) -> None:
        """Do this; what is being done is cancelled, and this begins when it has ended."""
        self._next = function
        if self._work is None:
            self._begin_next()
        else:
            self.cancel_current()

    def cancel(self) -> None:
        """Give up; returns at once, and `ended` follows."""
        self._next = None
        self.cancel_current()

    def cancel_current(self) -> None:
        """Give up what is being done, for what comes next."""
        self._wanted = False
        if self._work is not None:
            self._work.requestInterruption()

    @Slot()
    def close(self) -> None:
        """Give up, and wait until the thread has ended: to be called before the window is gone."""
        self.cancel()
        self._timer.stop()
        if self._work is not None:
            self._work.cancel_and_wait()
            self._work.deleteLater()
            self._work = None

    def _begin_next(self) -> None:
        function, self._next = self._next, None
        assert function is not None

        def timed(report: object, cancelled: object) -> tuple[object, float]:
            begin = time.perf_counter()
            return function(report, cancelled), time.perf_counter() - begin  # type: ignore[arg-type]

        self._work = Work(f"{self.objectName()}.work", timed, self)
        self.destroyed.connect(self._work.cancel_and_wait)  # a thread that runs must not be deleted
        self._wanted, self._told = True, (0.0, "")
        self._work.finished.connect(self._look)  # at once: what takes a few milliseconds must not wait for the timer
        self._work.start(QThread.Priority.LowPriority)
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        """Tell how far it is, and how it ended."""
        work = self._work
        if work is None:
            return
        if not work.isFinished():
            if self._wanted and work.progress != self._told:
                self._told = work.progress
                self.progressed.emit(*self._told)
            return
        self._timer.stop()
        self._work = None
        work.deleteLater()
        if self._wanted and work.result is not None:
            self.done.emit(*work.result)
        elif self._wanted:
            self.failed.emit(work.problem or self.tr("This could not be computed, for a reason of the program's own."))
        if self._work is not None:  # what was told began another
            return
        if self._next is not None:
            self._begin_next()
        else:
            self.ended.emit()


def setup_of(frame: Frame) -> Setup:
    """Return what a frame's experiment comes down to on the CPU; to be called in a study's work.

    Raises ExperimentError where there is no network yet, or the experiment has been changed and its network not yet
    built.
    """
    import torch

    from nnplayground.engine.setup import Setup

    if frame.dataset is None or frame.snapshot is None:
        raise ExperimentError("there is no network yet")
    setup = Setup.of(frame.experiment, torch.device("cpu"), frame.dataset)
    if setup.built.layout != frame.snapshot.layout:
        raise ExperimentError("the network is being built anew: try again when it is")
    return setup
