"""The learning rate's schedules: a factor of the rate for every step, and what else they drive. Knows no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment.schedules import (
    AnySchedule,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
)

Floats = NDArray[np.float64]

# Each takes the epochs since warm-up, (n,), and how long a step is in epochs. What a schedule does once an epoch hangs
# on whole epochs; cosines, lines and powers change at every step.


def _constant(_schedule: Schedule, epochs: Floats, _step: float) -> Floats:
    return np.ones_like(epochs)


def _exponential(schedule: Exponential, epochs: Floats, _step: float) -> Floats:
    return _powers(schedule.factor, np.floor(epochs))


def _step(schedule: StepDecay, epochs: Floats, _step: float) -> Floats:
    return _powers(schedule.factor, np.floor(epochs / schedule.every))


def _multi_step(schedule: MultiStep, epochs: Floats, _step: float) -> Floats:
    return _powers(schedule.factor, np.searchsorted(schedule.at, epochs, side="right").astype(np.float64))


def _powers(base: Floats | float, exponents: Floats | float) -> Floats:
    return np.asarray(np.power(base, exponents))


def _polynomial(schedule: Polynomial, epochs: Floats, _step: float) -> Floats:
    left = 1 - np.minimum(epochs / schedule.epochs, 1.0)
    return schedule.lowest + (1 - schedule.lowest) * _powers(left, schedule.power)


def _cosine(schedule: Cosine, epochs: Floats, _step: float) -> Floats:
    return _annealed(1.0, schedule.lowest, epochs / schedule.epochs)


def _cosine_restarts(schedule: CosineRestarts, epochs: Floats, _step: float) -> Floats:
    first, multiply = schedule.first, schedule.multiply
    if multiply == 1:
        return _annealed(1.0, schedule.lowest, np.mod(epochs, first) / first)
    starts, length = [0.0], float(first)
    while starts[-1] + length <= epochs.max(initial=0.0):
        starts.append(starts[-1] + length)
        length *= multiply
    cycle = np.searchsorted(starts, epochs, side="right") - 1
    lengths = first * float(multiply) ** np.arange(len(starts))
    return _annealed(1.0, schedule.lowest, (epochs - np.array(starts)[cycle]) / lengths[cycle])


def _cyclic(schedule: Cyclic, epochs: Floats, _step: float) -> Floats:
    cycle = np.floor(epochs / (2 * schedule.half))
    rise: Floats = 1 - np.abs(epochs / schedule.half - 2 * cycle - 1)
    height = _powers(0.5, cycle) * rise if schedule.halving else rise
    return schedule.lowest + (1 - schedule.lowest) * height


def _one_cycle(schedule: OneCycle, epochs: Floats, step: float) -> Floats:
    rising, falling = _phases(schedule, epochs, step)
    up = _annealed(schedule.start, 1.0, rising)
    return np.where(falling > 0, _annealed(1.0, schedule.lowest, falling), up)


def _phases(schedule: OneCycle, epochs: Floats, step: float) -> tuple[Floats, Floats]:
    """Return how far the way up and the way down have got, from 0 to 1; as torch.optim, both end one step early."""
    top, end = schedule.rising * schedule.epochs - step, schedule.epochs - step
    rising = np.clip(epochs / max(top, 1e-12), 0.0, 1.0)
    return rising, np.clip((epochs - top) / max(end - top, 1e-12), 0.0, 1.0)


def _annealed(start: float, end: float, progress: Floats) -> Floats:
    """Go from `start` to `end` along half a cosine; progress stays at 1 once it is there."""
    return end + (start - end) * (1 + np.cos(np.pi * np.minimum(progress, 1.0))) / 2


SCHEDULES: dict[str, Callable[[Any, Floats, float], Floats]] = {
    "constant": _constant,
    "exponential": _exponential,
    "step": _step,
    "multi_step": _multi_step,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "cyclic": _cyclic,
    "one_cycle": _one_cycle,
    "plateau": _constant,  # times what has been reduced
}


def factors(schedule: AnySchedule, steps: range, steps_per_epoch: int, reduced: float = 1.0) -> Floats:
    """Return (n,) what the rate is multiplied with at each of these steps; the first of a training is 0.

    Agrees with torch.optim.lr_scheduler. `reduced` is what a `Plateau` has brought the rate down to. In w steps of
    warm-up, step i has (i + 1) / (w + 1) of what the schedule begins with.
    """
    epochs = np.arange(steps.start, steps.stop, steps.step, dtype=np.float64) / steps_per_epoch
    return reduced * _factors(schedule, epochs, 1 / steps_per_epoch)


def _factors(schedule: AnySchedule, epochs: Floats, step: float) -> Floats:
    found = SCHEDULES[schedule.kind](schedule, np.maximum(epochs - schedule.warmup, 0.0), step)
    return found * np.minimum((epochs + step) / (schedule.warmup + step), 1.0) if schedule.warmup else found


def rates(schedule: AnySchedule, lr: float, steps: range, steps_per_epoch: int, reduced: float = 1.0) -> Floats:
    """Return (n,) the learning rate at each of these steps."""
    return lr * factors(schedule, steps, steps_per_epoch, reduced)


def momenta(schedule: AnySchedule, steps: range, steps_per_epoch: int) -> Floats | None:
    """Return (n,) the momentum at each of these steps where the schedule drives it, which one cycle does, else None."""
    if not isinstance(schedule, OneCycle):
        return None
    epochs = np.arange(steps.start, steps.stop, steps.step, dtype=np.float64) / steps_per_epoch
    rising, falling = _phases(schedule, np.maximum(epochs - schedule.warmup, 0.0), 1 / steps_per_epoch)
    high, low = schedule.momentum_high, schedule.momentum_low
    return np.where(falling > 0, _annealed(low, high, falling), _annealed(high, low, rising))


def preview(schedule: AnySchedule, lr: float, epochs: float, points: int = 200) -> tuple[Floats, Floats]:
    """Return (points,) epochs from 0 to `epochs` and the learning rate at each, as far as it is known beforehand.

    What a plateau will do is not: its rate stays.
    """
    x = np.linspace(0.0, epochs, points)
    return x, lr * _factors(schedule, x, 0.0)


@dataclass(frozen=True)
class Plateau:
    """How long the validation loss has not fallen, and what that has brought the rate down to.

    Agrees with ReduceLROnPlateau of torch.optim.lr_scheduler, with mode "min" and a relative threshold.
    """

    best: float = math.inf
    bad: int = 0  # epochs in a row that were no better
    cooldown: int = 0  # epochs left in which none counts as bad
    reduced: float = 1.0  # share of the rate

    def after(self, schedule: ReduceOnPlateau, loss: float) -> Plateau:
        """Return the same after another epoch, which ended with this validation loss."""
        better = loss < self.best * (1 - schedule.threshold)
        best, cooldown = loss if better else self.best, max(self.cooldown - 1, 0)
        bad = 0 if better or self.cooldown else self.bad + 1
        if bad <= schedule.patience:
            return Plateau(best, bad, cooldown, self.reduced)
        reduced = min(self.reduced, max(self.reduced * schedule.factor, schedule.lowest))
        return Plateau(best, 0, schedule.cooldown, reduced)
