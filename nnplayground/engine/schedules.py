"""The learning rate's schedules: a factor of the rate for every step. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import numpy as np

from nnplayground.experiment.schedules import Cosine, Exponential, Schedule, StepDecay


def _constant(_schedule: Schedule, _epochs: float) -> float:
    return 1.0


def _exponential(schedule: Exponential, epochs: float) -> float:
    return schedule.factor ** int(epochs)


def _step(schedule: StepDecay, epochs: float) -> float:
    return schedule.factor ** (int(epochs) // schedule.every)


def _cosine(schedule: Cosine, epochs: float) -> float:
    progress = min(epochs / schedule.epochs, 1.0)
    return schedule.lowest + (1 - schedule.lowest) * (1 + cos(pi * progress)) / 2


SCHEDULES: dict[str, Callable[[Any, float], float]] = {
    "constant": _constant,
    "exponential": _exponential,
    "step": _step,
    "cosine": _cosine,
}


def factor(schedule: Schedule, step: int, steps_per_epoch: int) -> float:
    """Return what the rate is multiplied with at `step` (the first is 0), as torch.optim.lr_scheduler does.

    Exponential and step decay change once an epoch, the cosine at every step.
    """
    kind = str(getattr(schedule, "kind", "constant"))
    return SCHEDULES[kind](schedule, step / steps_per_epoch)


def rates(schedule: Schedule, lr: float, steps: range, steps_per_epoch: int, reduced: float = 1.0):
    """Return the learning rate at each of these steps."""
    return np.array([lr * factor(schedule, step, steps_per_epoch) for step in steps])


@dataclass(frozen=True)
class Plateau:
    reduced: float = 1.0


def momenta(schedule, steps, steps_per_epoch):
    return None
