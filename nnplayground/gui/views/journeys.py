"""Runs as paths over a surface: which lead over the same ground, and where their points lie on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Dataset
from nnplayground.engine.slices import Slice, has_two_weights
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.numbers import format_number
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History
from nnplayground.runs.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class Track:
    """A path over the plane."""

    name: str
    steps: tuple[int, ...]
    places: NDArray[np.float64]  # (n, 2)


def named(experiment: Experiment) -> str:
    """Return an optimizer's name, with what tells runs of the same one apart."""
    optimizer = experiment.optimizer
    words = f"{translated(optimizer.title)} {format_number(optimizer.lr, 3, trim=True)}"
    momentum = getattr(optimizer, "momentum", 0.0)
    return f"{words}, {translated('momentum')} {format_number(momentum, 3, trim=True)}" if momentum else words


@dataclass(eq=False)
class Journey:
    """A run as a path: of its weights, and over what ground it leads."""

    run: History  # what tells it from others
    trajectory: Trajectory
    experiment: Experiment
    dataset: Dataset
    two_weights: bool

    @classmethod
    def of(cls, frame: Frame) -> Journey | None:
        """Return the journey of a frame's run, or None where there is none yet."""
        if frame.history is None or frame.snapshot is None or frame.dataset is None:
            return None
        trajectory = Trajectory() if frame.trajectory is None else frame.trajectory
        two = has_two_weights(frame.snapshot.layout)
        return cls(frame.history, trajectory, frame.experiment, frame.dataset, two)

    @property
    def name(self) -> str:
        """What it is called among others."""
        return named(self.experiment)

    def retune(self, experiment: Experiment) -> None:
        """Take note of live knobs that were turned on the way; of any other, another run comes."""
        if experiment is not self.experiment and self.experiment.is_live(experiment):
            self.experiment = experiment

    def same_ground(self, other: Journey) -> bool:
        """Whether both lead over the very same surface of two weights."""
        ours, theirs = (journey.experiment.loss for journey in (self, other))
        return self.two_weights and other.two_weights and self.dataset is other.dataset and ours == theirs


class Places:
    """Where points of a run lie on a plane: each is looked up once."""

    def __init__(self, plane: Slice) -> None:
        self.plane = plane
        self._known: dict[int, tuple[float, float]] = {}

    def track(self, journey: Journey, snapshot: Snapshot | None = None) -> Track:
        """Return a run's path, up to the present point where there is a `snapshot`."""
        trajectory = journey.trajectory
        last = snapshot.step if snapshot is not None else inf
        pairs = zip(trajectory.steps, trajectory.points, strict=True)
        known = self._known
        self._known = {step: known.get(step) or self.plane.coordinates(point) for step, point in pairs if step < last}
        found = dict(self._known)
        if snapshot is not None:
            found[snapshot.step] = self.plane.coordinates(snapshot.parameters)
        return Track(journey.name, tuple(found), np.array(list(found.values())).reshape(-1, 2))
