"""A run: an experiment, its history, its snapshots, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.history import History
from nnplayground.runs.trajectory import Trajectory


@dataclass(eq=False)
class Run:
    """One training, from its first step to its end, and what is known of it so far."""

    experiment: Experiment  # as it is now: live knobs may have been turned since the first step
    history: History
    first: Snapshot | None = None  # before the first step
    last: Snapshot | None = None  # the latest
    trajectory: Trajectory = field(default_factory=Trajectory)
    outcome: str = ""  # "" while it goes on, then "epochs", "diverged" or "interrupted"
