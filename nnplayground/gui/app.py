"""Opens the window, from the command line's arguments."""

from __future__ import annotations

import argparse
import faulthandler
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from nnplayground import __version__
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import find
from nnplayground.gui.crash import Crashes
from nnplayground.gui.garbage import Garbage

if TYPE_CHECKING:
    from nnplayground.gui.window import MainWindow

STORE = "store"  # the setting that says where runs are kept, once that was chosen
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
    settings = QSettings()
    named = (arguments.store if arguments.command == "open" else None) or arguments.window_store
    window = make_window(experiment, settings, store_of(named, settings))
    if named is None:
        window.storage.moved.connect(partial(_remember, settings))
    watch(window)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    beat = QTimer()  # Python sees a signal only when Qt lets it run
    beat.start(200)
    beat.timeout.connect(_let_python_run)
    window.show()
    return app.exec()


def store_of(named: str | None, settings: QSettings) -> Path:
    """Return where runs are kept: where it is named, else where the user chose last, else in the user's data."""
    from nnplayground.runs.store import place_of

    return place_of(named or str(settings.value(STORE) or ""))


def _remember(settings: QSettings, path: Path) -> None:
    settings.setValue(STORE, str(path))


def watch(window: MainWindow, folder: Path | None = None) -> Crashes:
    """Report from now on every error that nobody catches, in any thread; `folder` is the user's, unless named."""
    crashes = Crashes(window, folder)
    window.live.failed.connect(crashes.take_error)
    sys.excepthook, threading.excepthook = crashes.take, crashes.take_from_thread
    return crashes


def make_window(experiment: Experiment, settings: QSettings, store: Path | None = None) -> MainWindow:
    """Return the window, not shown yet, which keeps its runs where a store is named.

    Garbage is collected as it can bear it, and threads take turns, from now on."""
    sys.setswitchinterval(SWITCH_SECONDS)
    garbage = Garbage(application())  # before the window's modules are imported, which makes no garbage
    from nnplayground.gui.window import MainWindow

    window = MainWindow(experiment, settings, store=store)
    window.live.rebuilt.connect(garbage.settle, Qt.ConnectionType.SingleShotConnection)
    return window


def _let_python_run() -> None:
    pass
