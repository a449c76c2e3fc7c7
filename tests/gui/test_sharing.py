"""Experiments as text, from and to the clipboard."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QLineEdit

from nnplayground.experiment import Experiment
from nnplayground.experiment.sharing import from_text, to_text
from nnplayground.gui.window import MainWindow

PATIENCE = 60_000
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [4]})
OTHER = SMALL.replace_all({"optimizer.lr": 0.2, "name": "Other"})


@pytest.fixture
def window(qtbot, tmp_path):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = MainWindow(SMALL, settings, theme_name="light")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
    made.activateWindow()
    made.network.setFocus()
    QGuiApplication.clipboard().clear()
    yield made
    made.close()


def press_paste(window) -> None:
    QTest.keyClick(QGuiApplication.focusWindow() or window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_an_experiment_is_copied_as_text_that_opens_it_again(window):
    window.actions_["copy_text"].trigger()
    assert from_text(QGuiApplication.clipboard().text()) == SMALL


def test_a_text_is_pasted_where_nothing_takes_text(window):
    QGuiApplication.clipboard().setText(f"\n {to_text(OTHER)} ")
    press_paste(window)
    assert window.session.experiment == OTHER
    window.session.undo()
    assert window.session.experiment == SMALL


def test_what_takes_text_keeps_the_key(window):
    box = next(box for box in window.panel.findChildren(QLineEdit) if box.isVisible() and not box.isReadOnly())
    box.setFocus()
    box.selectAll()
    QGuiApplication.clipboard().setText("7")
    QTest.keyClick(box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert box.text() == "7"
    assert window.session.experiment == SMALL


@pytest.mark.parametrize(
    ("text", "said"),
    [("hello", "is no shared experiment"), (to_text(OTHER)[:-4], "cut off or changed"), ("", "no text")],
)
def test_a_text_that_is_none_is_refused_in_one_line(window, text, said):
    QGuiApplication.clipboard().setText(text)
    window.actions_["paste_text"].trigger()
    assert said in window.strip.text
    assert "\n" not in window.strip.text
    assert window.session.experiment == SMALL


def test_a_text_is_opened_by_a_form_that_shows_what_was_copied(window, monkeypatch):
    QGuiApplication.clipboard().setText(to_text(OTHER))
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *given: (given[3], True))
    window.actions_["open_text"].trigger()
    assert window.session.experiment == OTHER
