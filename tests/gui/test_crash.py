"""Errors that nobody catches: told in plain words, written to a file, and the window and its run go on."""

import logging
import sys
import threading

import pytest
from PySide6.QtCore import QObject, QSettings, QTimer, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui.app import watch
from nnplayground.gui.crash import log_folder
from nnplayground.gui.window import MainWindow
from nnplayground.runs.store import Store

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [4]})


@pytest.fixture
def window(qtbot, tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = MainWindow(SMALL, settings, theme_name="light", store=tmp_path / "runs.sqlite")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
    yield made
    made.close()


@pytest.fixture
def crashes(window, tmp_path):
    hooks = sys.excepthook, threading.excepthook
    yield watch(window, tmp_path / "log")
    sys.excepthook, threading.excepthook = hooks


class Slots(QObject):
    called = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(self.fail)

    @Slot()
    def fail(self) -> None:
        raise KeyError("ValueError: the wheel\ncame off")


def wait(qtbot, crashes) -> str:
    """Wait for the report; return what it says."""
    qtbot.waitUntil(lambda: crashes.dialog is not None, timeout=PATIENCE)
    return " ".join(label.text() for label in crashes.dialog.findChildren(QLabel))


def press(crashes, name) -> None:
    crashes.dialog.findChild(QPushButton, f"crash.{name}").click()


def train(qtbot, window) -> None:
    wanted = window.live.steps + 30
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps >= wanted, timeout=PATIENCE)


def test_an_error_in_a_slot_is_reported_in_plain_words_and_the_window_goes_on(
    qtbot, window, crashes, tmp_path, monkeypatch
):
    train(qtbot, window)
    slots = Slots()
    QTimer.singleShot(0, slots.fail)
    said = wait(qtbot, crashes)
    assert "the wheel came off" in said
    assert "run" in said
    assert "Error" not in said
    assert "Traceback" not in said
    (file,) = (tmp_path / "log").iterdir()
    assert file.name in said
    assert "KeyError" in file.read_text()
    assert "in fail" in file.read_text()
    press(crashes, "copy")
    assert QGuiApplication.clipboard().text() == file.read_text()
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    press(crashes, "folder")
    assert opened == [str(tmp_path / "log")]
    train(qtbot, window)
    press(crashes, "go_on")
    qtbot.waitUntil(lambda: crashes.dialog is None, timeout=PATIENCE)
    assert window.isVisible()


def test_the_same_error_is_reported_once(qtbot, window, crashes, tmp_path):
    slots = Slots()
    slots.called.emit()
    slots.called.emit()
    wait(qtbot, crashes)
    press(crashes, "go_on")
    qtbot.waitUntil(lambda: crashes.dialog is None, timeout=PATIENCE)
    for _ in range(50):
        slots.called.emit()
    qtbot.wait(50)
    assert crashes.dialog is None
    assert len(list((tmp_path / "log").iterdir())) <= 3


def test_an_error_in_a_thread_of_python_s_own_is_reported(qtbot, window, crashes):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    assert "division by zero" in wait(qtbot, crashes)


def test_a_folder_that_cannot_be_written_is_said_and_the_report_can_be_copied(qtbot, window, crashes, tmp_path):
    (tmp_path / "log").write_text("in the way")
    slots = Slots()
    slots.called.emit()
    assert "could not be written" in wait(qtbot, crashes)
    assert not crashes.dialog.findChild(QPushButton, "crash.folder").isEnabled()
    press(crashes, "copy")
    assert "KeyError" in QGuiApplication.clipboard().text()


def test_an_error_of_training_keeps_the_run_and_reset_begins_anew(qtbot, window, crashes, tmp_path, monkeypatch):
    train(qtbot, window)
    advance = Trainer.advance

    def fail(*_, **__):
        raise RuntimeError("the tape tore")

    monkeypatch.setattr(Trainer, "advance", fail)
    assert "the tape tore" in wait(qtbot, crashes)
    assert window.strip.text == "Training failed: the tape tore. Reset begins anew."
    assert not window.live.running
    steps = window.live.steps
    monkeypatch.setattr(Trainer, "advance", advance)
    built = window.live.built
    window.live.reset()
    qtbot.waitUntil(lambda: window.live.built is not built, timeout=PATIENCE)
    train(qtbot, window)
    press(crashes, "go_on")
    window.close()
    with Store(tmp_path / "runs.sqlite") as store:
        second, first = store.rows()
        assert (first.outcome, first.steps) == ("interrupted", steps)
        assert store.state(first)[1]["step"] <= steps
        assert second.steps >= window.live.steps


def test_reports_are_written_to_the_user_s_folder_of_logs():
    assert "nnplayground" in log_folder().parts or "nnplayground" in log_folder().parent.parts
