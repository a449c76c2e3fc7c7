"""What a view remembers of the readings that it was given: a bounded number, spread over the run."""

from __future__ import annotations

from collections.abc import Sequence
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

    def add(self, history: History | None, step: int, reading: T, *, looked_back: bool = False) -> None:
        """Remember a reading of this run. A step back forgets what came after it, unless it is only looked back at."""
        if history is not self._history:
            self._clear()
            self._history = history
        if looked_back and self._newest is not None and step <= self._newest[0]:
            self._insert(step, reading)
            return
        self._old = [item for item in self._old if item[0] < step]
        newest = self._newest
        if newest is not None and newest[0] < step and (not self._old or newest[0] - self._old[-1][0] >= self._apart):
            self._old.append(newest)
        self._newest = step, reading
        self._thin()

    def _insert(self, step: int, reading: T) -> None:
        """Put a reading in among those before the newest, in place of one of the same step."""
        if self._newest is not None and step == self._newest[0]:
            self._newest = step, reading
            return
        self._old = sorted(
            [*(item for item in self._old if item[0] != step), (step, reading)], key=lambda item: item[0]
        )
        self._thin()

    def fill(self, history: History | None, readings: Sequence[tuple[int, T]]) -> None:
        """Remember readings of other moments of this run too, at steps of which none is known yet."""
        if history is not self._history:
            self._clear()
            self._history = history
        if readings:
            known = dict(readings) | dict(self.items)
            *self._old, self._newest = sorted(known.items(), key=lambda item: item[0])
            self._thin()

    def _thin(self) -> None:
        while len(self._old) >= self._kept:
            self._old = self._old[::2]
            self._apart = (self._old[-1][0] - self._old[0][0]) // max(len(self._old) - 1, 1)

    @property
    def history(self) -> History | None:
        """The run that is remembered."""
        return self._history

    @property
    def items(self) -> list[tuple[int, T]]:
        """Steps and readings, oldest first."""
        return [*self._old, self._newest] if self._newest is not None else []
