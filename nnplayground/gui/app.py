"""Opens the window, from the command line's arguments."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import signal
import sys
from types import TracebackType

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from nnplayground import __version__
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.catalogue import find
from nnplayground.gui.garbage import Garbage

log = logging.getLogger(__name__)


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
    garbage = Garbage(app)
    if arguments.command == "self-test":
        from nnplayground.gui.self_test import self_test

        return self_test(arguments.screenshots)
    from nnplayground.gui.window import MainWindow

    window = MainWindow(experiment, QSettings())
    faults = Faults(app)
    faults.said.connect(window.strip.warn)
    sys.excepthook = faults.take
    signal.signal(signal.SIGINT, lambda *_: window.close())
    beat = QTimer()  # Python sees a signal only when Qt lets it run
    beat.start(200)
    beat.timeout.connect(_let_python_run)
    window.live.rebuilt.connect(garbage.settle, Qt.ConnectionType.SingleShotConnection)
    window.show()
    return app.exec()


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
