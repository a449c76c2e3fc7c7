"""Cyclic garbage is collected in the window's thread alone, between events."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from nnplayground.gui.garbage import Garbage


class Ring(QObject):
    """An object that only a collection of cycles destroys."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def garbage(qapp):
    made = Garbage()
    yield made
    made.end()
    assert gc.isenabled()
    gc.disable()  # as every window test has it


def test_another_thread_collects_nothing(garbage):
    ring = weakref.ref(Ring())

    def litter() -> None:
        for _ in range(10 * gc.get_threshold()[0]):
            [].append([])

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert not gc.isenabled()
    assert ring() is not None


def test_it_is_collected_by_the_events(qtbot, garbage):
    ring = weakref.ref(Ring())
    kept = [[i] for i in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: ring() is None, timeout=60_000)
    assert kept


def test_what_has_settled_is_looked_at_no_more(garbage):
    garbage.settle()
    assert gc.get_freeze_count() > 0
