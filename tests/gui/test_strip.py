"""What the strip says while something loads, and after its greeting."""

import pytest

from nnplayground.gui.strip import Strip


@pytest.fixture
def strip(qtbot):
    made = Strip()
    qtbot.addWidget(made)
    return made


def test_what_is_said_while_something_loads_stands_there_afterwards(strip):
    strip.say("hello")
    strip.show_loading((0.5, "data"), cancellable=False)
    strip.say("rate changed")
    assert strip.text == "data"
    strip.show_loading(None, cancellable=False)
    assert strip.text == "rate changed"


def test_a_warning_does_not_wait_for_what_loads(strip):
    strip.show_loading((0.5, "data"), cancellable=False)
    strip.warn("no")
    assert strip.text == "no"


@pytest.mark.parametrize("loading", [False, True])
def test_only_what_still_stands_is_corrected(strip, loading):
    strip.say("hello")
    if loading:
        strip.show_loading((0.5, "data"), cancellable=False)
    strip.correct("other", "no")
    strip.correct("hello", "training")
    strip.show_loading(None, cancellable=False)
    assert strip.text == "training"
