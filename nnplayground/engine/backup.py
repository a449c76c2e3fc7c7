"""A copy of a training's state, made now and then, to which it is taken back."""

from __future__ import annotations

import time
from dataclasses import dataclass

from torch import Generator, Tensor

from nnplayground.engine.step import State

KEEP_SECONDS = 0.25  # of training between copies of the state, from which it is taken back


@dataclass(frozen=True, eq=False)
class _Kept:
    """From where a training is taken back: a step, the random state there, and when it was."""

    step: int
    random: Tensor
    time: float


class Backup:
    """One copy, whose memory stays in its place; none at first."""

    def __init__(self, state: State) -> None:
        """Make room for copies of such a state."""
        self._before = state.clone()  # as it was at what was kept
        self._kept: _Kept | None = None

    def keep(self, step: int, state: State, generator: Generator) -> None:
        """Keep a copy of state and random state now and then: at each block it would cost wide networks much."""
        if self._kept is None or time.perf_counter() - self._kept.time > KEEP_SECONDS:
            self._kept = _Kept(step, generator.get_state(), time.perf_counter())
            self._before.copy_(state)

    def forget(self) -> None:
        """Keep another copy before the next block: from this one, what follows would not lead to where training is."""
        self._kept = None

    def restore(self, state: State, generator: Generator) -> int:
        """Put both back to what they were when they were kept; return after which step that was."""
        assert self._kept is not None
        state.copy_(self._before)
        generator.set_state(self._kept.random)
        return self._kept.step
