"""Work in a thread of its own: what it comes to, and that nobody has to wait for it."""

from __future__ import annotations

import threading

import pytest

from nnplayground.data import Cancelled
from nnplayground.data.aside import wait_for


def test_what_work_returns_or_raises_is_had_from_another_thread():
    done = wait_for(threading.current_thread, lambda: None, "aside")
    assert done.result().name == "aside"
    assert done.result() is not threading.current_thread()
    assert isinstance(wait_for(lambda: 1 // 0, lambda: None, "aside").exception(), ZeroDivisionError)


def test_who_waits_looks_at_least_once_and_can_go_away_while_work_hangs():
    looks, held = [], threading.Event()

    def look():
        looks.append(held.is_set())
        if len(looks) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        wait_for(held.wait, look, "hanging")
    assert looks == [False] * 3
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "hanging")
    assert thread.daemon
    held.set()
    thread.join(60)
    wait_for(lambda: None, lambda: looks.append(True), "short")
    assert looks[3] is True
