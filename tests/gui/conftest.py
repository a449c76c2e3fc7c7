"""Windows are tested without a screen."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtGui import QPalette


@pytest.fixture
def app(qapp):
    """The application, whose look may be changed for one test."""
    font = qapp.font()
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())
    qapp.setFont(font)


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
