"""Where a run's weights have been, at ever larger strides, in bounded memory."""

from __future__ import annotations

from nnplayground.engine.snapshot import Floats, Snapshot

MOST = 1024  # points
BYTES = 32_000_000  # of all points together
TINY, SMALL = 16, 100_000  # parameters: up to the one every early step is worth knowing, up to the other many are


def next_stop(step: int, parameters: int) -> int | None:
    """Return the step after `step` at which the weights are worth keeping; None where they are too many to be asked.

    Every step at first, then as many of each doubling of the steps: most of a path lies at its beginning.
    """
    if parameters > SMALL:
        return None
    dense = 128 if parameters <= TINY else 16
    stride = 1 << max((step // dense).bit_length() - 1, 0)
    return (step // stride + 1) * stride


def room(parameters: int) -> int:
    """Return of how many points a trajectory has room where each has so many parameters."""
    return min(MOST, BYTES // max(4 * parameters, 1))


class Trajectory:
    """Steps, and the parameters at each, from the first step on. Thinned to every second point whenever it is full."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.points: list[Floats] = []  # each (parameters,), never written to again
        self._every, self._offered = 1, 0

    def __len__(self) -> int:
        """How many points are kept."""
        return len(self.steps)

    def add(self, snapshot: Snapshot) -> None:
        """Keep where a snapshot's weights are, or leave it out where points lie further apart by now."""
        most = room(snapshot.parameters.size)
        self._offered += 1
        if (self._offered - 1) % self._every or not most:
            return
        self.steps.append(snapshot.step)
        self.points.append(snapshot.parameters)
        if len(self) > most:
            self.steps, self.points, self._every = self.steps[::2], self.points[::2], 2 * self._every
