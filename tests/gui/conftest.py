"""Windows are tested without a screen."""

import gc
import os
from contextlib import contextmanager

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QPalette


@pytest.fixture
def app(qapp):
    """The application, whose look may be changed for one test."""
    font = qapp.font()
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())
    qapp.setFont(font)


@pytest.fixture(scope="session")
def open_main(qapp):
    """Return what opens the program's window on an experiment, for as long as a `with` lasts."""
    from nnplayground.gui.window import MainWindow

    @contextmanager
    def opened(experiment, settings, store=None):
        made = MainWindow(experiment, QSettings(str(settings), QSettings.Format.IniFormat), "light", store)
        made.show()
        yield made
        made.close()
        made.deleteLater()

    return opened


@pytest.fixture(scope="package", autouse=True)
def _garbage():
    """Collect cycles between tests alone, as the program does between events: see nnplayground.gui.garbage."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _collect(_garbage):
    yield
    gc.collect(1)  # the young: what this test made
