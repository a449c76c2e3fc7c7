"""What a view remembers of the readings that it was given: a bounded number, spread over the run."""

from __future__ import annotations

from typing import Generic, TypeVar

from nnplayground.runs.history import History

T = TypeVar("T")
KEPT = 64  # at most: then every second one is forgotten, and half as many are taken from then on


class Past(Generic[T]):
    """Readings by step, the newest always among them; those of another run are forgotten."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._history: History | None = None
        self._clear()

    def _clear(self) -> None:
        self._old: list[tuple[int, T]] = []
        self._newest: tuple[int, T] | None = None
        self._apart = 0  # steps between those that are kept, at least

    def add(self, history: History | None, step: int, reading: T) -> None:
        """Remember a reading of this run. A step back forgets what came after it."""
        if history is not self._history:
            self._clear()
            self._history = history
        self._old = [item for item in self._old if item[0] < step]
        newest = self._newest
        if newest is not None and newest[0] < step and (not self._old or newest[0] - self._old[-1][0] >= self._apart):
            self._old.append(newest)
        self._newest = step, reading
        if len(self._old) >= self._kept:
            self._old = self._old[::2]
            self._apart = (self._old[-1][0] - self._old[0][0]) // max(len(self._old) - 1, 1)

    @property
    def items(self) -> list[tuple[int, T]]:
        """Steps and readings, oldest first."""
        return [*self._old, self._newest] if self._newest is not None else []
