"""The meter: off at first, on by its key, and what it shows is what was measured."""

import pytest
from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.messages import Delivery
from nnplayground.gui.meter import KEPT, Meter, Watch
from nnplayground.gui.window import MainWindow
from tests.gui.frames import make_chunk, make_history

PATIENCE = 60_000
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [4]})


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(app, qtbot, settings):
    del app  # looks again as it did, when the test is over
    made = MainWindow(SMALL, settings, theme_name="light")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
    yield made
    made.close()


class Timed(QObject):
    """Has a timer, as the run in hand and the turns have."""

    delivered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.timer = QTimer(self)


@pytest.fixture
def parts(qtbot):
    """A widget in place of the window, and what stands for the run in hand and the turns."""
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget, Timed(), Timed()


def test_it_is_off_at_first_and_measures_nothing(window):
    assert not window.actions_["meter"].isChecked()
    assert not window.meter.isVisible()
    assert window.meter.watch is None
    assert not [timer for timer in window.meter.findChildren(QTimer) if timer.isActive()]


def test_its_key_shows_times_while_training_and_takes_them_away(qtbot, window):
    QTest.keyClick(window, Qt.Key.Key_F12)
    assert window.meter.isVisible()
    window.live.set_running(True)

    def measured() -> bool:
        window.meter.show_times()
        return all(any(digit.isdigit() for digit in value) for _, value in window.meter.texts)

    qtbot.waitUntil(measured, timeout=PATIENCE)
    assert [name for name, _ in window.meter.texts] == ["frame", "late", "chunk", "probes"]
    assert window.meter.accessibleName().startswith("frame ")
    QTest.keyClick(window, Qt.Key.Key_F12)
    assert not window.meter.isVisible()
    assert window.meter.watch is None


def test_the_choice_is_remembered(qtbot, window, settings):
    window.actions_["meter"].trigger()
    window.close()
    again = MainWindow(SMALL, settings)
    qtbot.addWidget(again)
    assert again.actions_["meter"].isChecked()
    assert again.meter.watch is not None
    again.actions_["meter"].trigger()
    again.close()
    assert settings.value("meter", type=bool) is False


def test_its_width_does_not_follow_its_numbers(window):
    window.actions_["meter"].trigger()
    before = window.meter.sizeHint()
    window.meter.watch.times["frame"].append(123.4)
    window.meter.show_times()
    assert window.meter.texts[0] == ("frame", "123.4")
    assert window.meter.sizeHint() == before


@pytest.mark.parametrize("name", theme.NAMES)
def test_it_is_written_in_every_themes_colours(window, name):
    window.actions_["meter"].trigger()
    window.set_theme(name)
    image = window.meter.grab().toImage()
    pixels = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.load(name).text.lower() in pixels


def test_events_of_frames_turns_and_painting_are_timed_and_still_handled(qtbot, parts):
    widget, live, turns = parts
    watch, fired = Watch(*parts), []
    live.timer.timeout.connect(lambda: fired.append("frame"))
    turns.timer.timeout.connect(lambda: fired.append("turn"))
    widget.show()
    live.timer.start(20)
    turns.timer.start(5)
    qtbot.waitUntil(lambda: fired.count("frame") >= 3 and "turn" in fired, timeout=PATIENCE)
    assert len(watch.times["frame"]) == len(watch.times["late"]) == fired.count("frame") - 1
    assert all(ms >= 0 for ms in watch.times["late"])
    assert max(watch.times["frame"]) > 0


def test_the_threads_own_times_are_taken_from_what_it_delivers(parts):
    _, live, _ = parts
    watch, history = Watch(*parts), make_history(0)
    live.delivered.emit(Delivery(chunks=[make_chunk(history, 10), make_chunk(history, 10)], probe_seconds=0.002))
    live.delivered.emit(Delivery())
    assert list(watch.times["chunk"]) == [1000.0, 1000.0]
    assert list(watch.times["probes"]) == [2.0]


def test_only_the_latest_times_are_kept(parts):
    _, live, _ = parts
    watch = Watch(*parts)
    for i in range(KEPT + 5):
        live.delivered.emit(Delivery(probe_seconds=i / 1000))
    assert len(watch.times["probes"]) == KEPT
    assert watch.times["probes"][-1] == KEPT + 4


def test_an_event_of_another_kind_passes_by(parts):
    widget, _, _ = parts
    watch = Watch(*parts)
    assert not watch.eventFilter(widget, QEvent(QEvent.Type.ToolTip))


def test_without_any_time_a_dash_stands_in_its_place(parts):
    meter = Meter(theme.load("light"))
    meter.begin(*parts)
    assert meter.texts == (("frame", "–"), ("late", "– · –"), ("chunk", "–"), ("probes", "–\u202fms"))
    meter.end()
