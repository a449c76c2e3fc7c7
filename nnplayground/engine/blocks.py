"""A block of steps: what an executor is given, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from nnplayground.engine.step import Batch, State, Step
from nnplayground.engine.tuning import Knobs


@dataclass(frozen=True, eq=False)
class Job:
    """What an executor runs: a step on a state that stays in its place, and all samples to draw batches from."""

    step: Step
    state: State
    x: Tensor  # (rows, inputs)
    y: Tensor  # (rows, …) as the head takes them
    finish: Callable[[State, Knobs], Tensor]  # what is done, and returned, at the end of an epoch


@dataclass(frozen=True, eq=False)
class Plan:
    """The inputs of n steps. With K networks side by side everything but a shared order has a second axis of K."""

    order: Tensor  # (n, batch) or (n, K, batch) int64 rows of the samples
    series: Mapping[str, Tensor]  # of Batch.series, each with an axis of n before all others
    ends: tuple[bool, ...]  # (n,) whether an epoch is finished with the step: then Job.finish is called

    def __len__(self) -> int:
        """How many steps."""
        return len(self.order)

    def until(self, count: int) -> Plan:
        """Return the first steps."""
        return self.between(0, count)

    def between(self, start: int, stop: int) -> Plan:
        """Return the steps from `start` up to but not including `stop`."""
        series = {name: values[start:stop] for name, values in self.series.items()}
        return Plan(self.order[start:stop], series, self.ends[start:stop])

    def batch(self, job: Job, i: int) -> Batch:
        """Return what step `i` is given."""
        x, y = (rows_of(values, self.order[i]) for values in (job.x, job.y))
        return Batch(x, y, {name: values[i] for name, values in self.series.items()})


@dataclass(frozen=True, eq=False)
class Records:
    """What came of n steps."""

    steps: Tensor  # (n, …, 1 + 2 layers) of Step.records
    epochs: tuple[Tensor, ...]  # of every epoch that was finished, what Job.finish returned


Block = Callable[[Sequence[Tensor], Plan], Records]  # given the tuning's numbers


def rows_of(values: Tensor, rows: Tensor) -> Tensor:
    """Return the (*rows.shape, …) samples at so many rows."""
    return values.index_select(0, rows.reshape(-1)).view(*rows.shape, *values.shape[1:])


BLOCK_SECONDS = 0.015  # a block takes about so long: short enough to be interrupted, long enough to be worth a call
BLOCK_STEPS = 5_000
BLOCK_NUMBERS = 4_000_000  # of samples, or for dropout, gathered at once


class Stride:
    """How many steps go into a block, learned from how long they take."""

    def __init__(self, numbers: int, seconds: float = BLOCK_SECONDS) -> None:
        """`numbers` are gathered for each step, and a block is to take about so many seconds."""
        self._seconds = seconds
        self._most = max(1, min(BLOCK_STEPS, BLOCK_NUMBERS // numbers))
        self.seconds_per_step = 1e-3

    def steps(self, seconds: float, most: int) -> int:
        """Return how many steps to take before looking at the clock again."""
        return max(1, min(most, self._most, int(min(seconds, self._seconds) / self.seconds_per_step)))

    def learn(self, steps: int, seconds: float) -> None:
        """Take note of how long so many steps took."""
        self.seconds_per_step = max(seconds / steps, 1e-7)
