"""Opens the window, from the command line's arguments."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import signal
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from nnplayground import __version__
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import find
from nnplayground.gui.garbage import Garbage

if TYPE_CHECKING:
    from nnplayground.gui.window import MainWindow

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.001  # that window and training wait for each other's Python, instead of 5 ms


def application() -> QApplication:
    """Return the Qt application, made if there is none."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setApplicationName("nnplayground")
    app.setApplicationDisplayName("Neural Network Playground")
    app.setApplicationVersion(__version__)
    app.setOrganizationName("nnplayground")
    return app


def run(arguments: argparse.Namespace) -> int:
    """Open the window for `nnplayground`, `open` or `self-test`; return the exit status."""
    if sys.stderr is not None:
        faulthandler.enable()
    try:
        experiment = find(arguments.file if arguments.command == "open" else "spiral")
    except ExperimentError as error:
        sys.stderr.write(f"nnplayground: {error}\n")
        return 2
    app = application()
    if arguments.command == "self-test":
        Garbage(app)
        from nnplayground.gui.self_test import self_test

        return self_test(arguments.screenshots)
    window = make_window(experiment, QSettings())
    faults = Faults(app)
    faults.said.connect(window.strip.warn)
    sys.excepthook = faults.take
    signal.signal(signal.SIGINT, lambda *_: window.close())
    beat = QTimer()  # Python sees a signal only when Qt lets it run
    beat.start(200)
    beat.timeout.connect(_let_python_run)
    window.show()
    return app.exec()


def make_window(experiment: Experiment, settings: QSettings) -> MainWindow:
    """Return the window, not shown yet; garbage is collected as it can bear it, and threads take turns, from now on."""
    sys.setswitchinterval(SWITCH_SECONDS)
    garbage = Garbage(application())  # before the window's modules are imported, which makes no garbage
    from nnplayground.gui.window import MainWindow

    window = MainWindow(experiment, settings)
    window.live.rebuilt.connect(garbage.settle, Qt.ConnectionType.SingleShotConnection)
    return window


def _let_python_run() -> None:
    pass


class Faults(QObject):
    """Errors that nobody has caught: kept in the log, and said in the window whichever thread they come from."""

    said = Signal(str)

    def take(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        """Take the place of `sys.excepthook`."""
        log.error("unhandled", exc_info=(kind, error, traceback))
        details = " ".join(str(error).split()) or self.tr("no details")
        self.said.emit(self.tr("Something went wrong in the window: {0}").format(details))
