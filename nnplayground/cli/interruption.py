"""Ctrl+C, which ends a training and keeps what it has reached, or ends what keeps nothing at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from nnplayground.cli.status import INTERRUPTED


@contextmanager
def interruptible() -> Iterator[list[bool]]:
    """Yield a list that is no longer empty once Ctrl+C was pressed; a second time ends at once."""
    pressed: list[bool] = []

    def press(_signal: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Have Ctrl+C end the program where it stands: an exception may get lost in what C++ or a collection calls."""
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
