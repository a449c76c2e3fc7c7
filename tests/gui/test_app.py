"""How the window is opened, and what becomes of errors that nobody caught."""

import threading

from nnplayground.gui.app import Faults
from nnplayground.gui.strip import Strip


def test_an_error_in_any_thread_is_said_in_the_window_and_kept_in_the_log(qtbot, caplog):
    strip, faults = Strip(), Faults()
    qtbot.addWidget(strip)
    faults.said.connect(strip.warn)

    def fail() -> None:
        try:
            raise ValueError("two\nlines")
        except ValueError as error:
            faults.take(type(error), error, error.__traceback__)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: strip.text != "", timeout=60_000)
    assert strip.text == "Something went wrong in the window: two lines"
    assert "ValueError" not in strip.text
    assert "two\nlines" in caplog.text
