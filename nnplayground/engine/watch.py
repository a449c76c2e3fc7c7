"""What is decided at the ends of epochs: when patience is over, and what a plateau does to the learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from nnplayground.engine.schedules import Plateau
from nnplayground.experiment import Experiment
from nnplayground.experiment.schedules import ReduceOnPlateau


@dataclass(frozen=True)
class Watch:
    """What the ends of epochs so far have led to."""

    best: float = inf  # of what is watched, the smaller the better, that began patience anew
    since: int = 0  # epochs without improvement
    plateau: Plateau = field(default_factory=Plateau)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Watch:
        """Return what `dataclasses.asdict` made plain values of."""
        return cls(**{**values, "plateau": Plateau(**values["plateau"])})

    def after(self, experiment: Experiment, epoch: int, watched: float, validation_loss: float) -> Watch:
        """Return this after epoch `epoch`, counting from 1. A plateau does not begin before warm-up has ended."""
        schedule = experiment.schedule
        plateau = self.plateau
        if isinstance(schedule, ReduceOnPlateau) and epoch > schedule.warmup:
            plateau = plateau.after(schedule, validation_loss)
        if watched < self.best - experiment.stopping.min_change:
            return Watch(watched, 0, plateau)
        return replace(self, since=self.since + 1, plateau=plateau)

    def anew(self) -> Watch:
        """Return this for other data, with which what was best does not compare; a rate that was reduced stays so."""
        return Watch(plateau=Plateau(reduced=self.plateau.reduced))

    def stops(self, experiment: Experiment) -> bool:
        """Whether patience is over."""
        return 0 < experiment.stopping.patience <= self.since
