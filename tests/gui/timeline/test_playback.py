"""Playing back goes by a clock, which in these tests is a number."""

import pytest
from PySide6.QtCore import QObject

from nnplayground.gui.timeline.playback import RATE, SPEEDS, Playback


@pytest.fixture
def played(qapp):
    owner = QObject()
    now = [100.0]
    playback = Playback(owner, lambda: now[0])
    told = []
    playback.due.connect(told.append)
    yield playback, now, told
    playback.stop()


@pytest.mark.parametrize("speed", SPEEDS)
def test_so_many_moments_come_due_as_the_speed_says(played, speed):
    playback, now, told = played
    playback.set_speed(speed)
    playback.start()
    for _ in range(50):
        now[0] += 0.3
        playback.look()
    assert sum(told) == int(15 * speed * RATE + 1e-9) or sum(told) == int(15 * speed * RATE) - 1


def test_nothing_comes_due_before_it_is_time_and_many_at_once_where_the_window_was_late(played):
    playback, now, told = played
    playback.start()
    playback.look()
    assert told == []
    now[0] += 10 / RATE
    playback.look()
    assert told == [10]


def test_another_speed_holds_from_then_on(played):
    playback, now, told = played
    playback.start()
    now[0] += 4 / RATE
    playback.look()
    playback.set_speed(4.0)
    now[0] += 1 / RATE
    playback.look()
    assert told == [4, 4]


def test_stopping_leaves_no_timer(played):
    playback, _, _ = played
    playback.start()
    assert playback.timer.isActive()
    playback.stop()
    assert not playback.timer.isActive()
    assert not playback.running
