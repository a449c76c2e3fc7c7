"""Ctrl+C, which ends a training and keeps what it has reached."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


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
