"""The strip at the bottom: lines come and go, what is offered stays until it is taken or refused."""

import pytest
from PySide6.QtWidgets import QAbstractButton, QProgressBar

from nnplayground.gui import strip as strip_module
from nnplayground.gui.strip import Strip

PATIENCE = 60_000  # ms
RESUME = {"resume": "Resume", "leave": "Leave"}


@pytest.fixture
def strip(qtbot):
    made = Strip()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def hasty(monkeypatch):
    """Lines give way to an offer at once."""
    monkeypatch.setattr(strip_module, "SAID_MS", 1)
    monkeypatch.setattr(strip_module, "WARNED_MS", 1)


def buttons(strip) -> list[str]:
    """The names of the buttons that can be seen, from left to right."""
    found = [button for button in strip.findChildren(QAbstractButton) if button.isVisible()]
    found.sort(key=strip.layout().indexOf)
    return [button.objectName().removeprefix("strip.") for button in found]


def press(strip, name) -> None:
    next(b for b in strip.findChildren(QAbstractButton, f"strip.{name}") if b.isVisible()).click()


def test_choices_of_a_warning_are_gone_with_the_next_line(strip):
    strip.warn("diverged", {"undo": "Undo"})
    assert buttons(strip) == ["undo"]
    strip.say("paused")
    assert (strip.text, buttons(strip)) == ("paused", [])


@pytest.mark.parametrize("say", [Strip.say, Strip.warn])
def test_an_offer_comes_back_after_what_was_said_meanwhile(qtbot, strip, hasty, say):
    strip.offer("killed", "cut off", RESUME)
    say(strip, "something else")
    assert (strip.text, buttons(strip)) == ("something else", [])
    qtbot.waitUntil(lambda: strip.text == "cut off", timeout=PATIENCE)
    assert buttons(strip) == ["resume", "leave", "refuse"]


def test_a_choice_that_something_else_offers_is_not_taken_away_by_an_offer(strip):
    strip.offer("killed", "cut off", RESUME)
    strip.say("training")
    assert strip._return.isActive()
    strip.warn("diverged", {"undo": "Undo"})
    assert not strip._return.isActive()
    assert (strip.text, buttons(strip)) == ("diverged", ["undo"])


def test_an_offer_that_is_chosen_stays_until_it_is_withdrawn(strip):
    chosen = []
    strip.chosen.connect(chosen.append)
    strip.offer("killed", "cut off", RESUME)
    press(strip, "resume")
    assert (chosen, strip.text) == (["resume"], "cut off")
    strip.withdraw("killed")
    assert (strip.text, buttons(strip)) == ("", [])


def test_an_offer_that_is_refused_does_not_come_back(strip):
    strip.offer("killed", "cut off", RESUME)
    press(strip, "refuse")
    strip.say("training")
    assert not strip._return.isActive()
    assert (strip.text, buttons(strip)) == ("training", [])


def test_the_latest_offer_is_seen_first_and_the_other_after_it(strip):
    strip.offer("killed", "cut off", RESUME)
    strip.offer("unkept", "the disk is full", {"save_elsewhere": "Save elsewhere…"})
    assert (strip.text, buttons(strip)) == ("the disk is full", ["save_elsewhere", "refuse"])
    strip.withdraw("unkept")
    assert (strip.text, buttons(strip)) == ("cut off", ["resume", "leave", "refuse"])


def test_an_offer_takes_the_place_of_the_one_of_its_name(strip):
    strip.offer("killed", "first", RESUME)
    strip.offer("killed", "second", RESUME)
    press(strip, "refuse")
    assert (strip.text, buttons(strip)) == ("", [])


def test_an_offer_that_is_withdrawn_unseen_does_not_disturb_what_is_said(strip):
    strip.offer("unkept", "the disk is full", RESUME)
    strip.say("training")
    strip.withdraw("unkept")
    assert strip.text == "training"


def test_what_is_said_comes_back_after_loading_and_an_offer_stays_in_sight_beside_it(strip):
    bar = strip.findChild(QProgressBar)
    strip.say("ready")
    strip.show_loading((0.5, "loading PyTorch"), cancellable=False)
    assert (strip.text, bar.value(), bar.isVisible()) == ("loading PyTorch", 500, True)
    strip.show_loading(None, cancellable=False)
    assert (strip.text, bar.isVisible()) == ("ready", False)
    strip.offer("killed", "cut off", RESUME)
    strip.show_loading((-1, "loading wine"), cancellable=True)
    assert (strip.text, bar.isVisible(), bar.toolTip()) == ("cut off", True, "loading wine")
    assert set(buttons(strip)) == {"cancel", "resume", "leave", "refuse"}
    strip.show_loading(None, cancellable=False)
    assert buttons(strip) == ["resume", "leave", "refuse"]


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
