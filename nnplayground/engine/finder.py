"""The learning-rate finder: one network trained at ever higher rates until it diverges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from nnplayground.data import Cancelled, Dataset
from nnplayground.engine import devices, executors
from nnplayground.engine.blocks import Plan
from nnplayground.engine.setup import Setup
from nnplayground.engine.step import Step
from nnplayground.experiment import Experiment, ExperimentError

Floats = NDArray[np.float64]

BLOCK = 20  # steps between looks at whether it has diverged
TIMES_BEST = 4.0  # a smoothed loss of so many times the lowest has diverged, as fastai has it
REMEMBERED = 0.9  # of the smoothed loss at each step
LINES = 6  # the share of all steps, as one in so many, through which a line is laid to see where the loss falls


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The loss of each step at its own rate, up to the one at which it diverged, and what follows for the rate."""

    rates: Floats  # (n,) each a constant factor above the one before
    raw: Floats  # (n,) the batch's loss before the step
    smoothed: Floats  # (n,) exponential mean of those so far
    diverging: float | None  # the first rate at which it diverged; None where it did not
    half: float | None  # half of it: the rule of thumb
    steepest: float | None  # around which the loss fell fastest by decade; None where it never fell


def find_rate(
    experiment: Experiment,
    *,
    low: float,
    high: float,
    steps: int,
    device: str = "auto",
    executor: str = "auto",
    dataset: Dataset | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> RangeTest:
    """Train a network of its own through rates from `low` to `high` (Smith 2017). Its schedule does not count.

    Raises ExperimentError where the range or the experiment does not do, and Cancelled.
    """
    if not 0 < low < high or not np.isfinite(high):
        raise ExperimentError(f"rates from {low:g} to {high:g} are not a range; allowed: 0 < LOW < HIGH")
    if steps < 2:
        raise ExperimentError(f"steps = {steps} is not allowed; allowed: at least 2")
    rates = np.geomspace(low, high, steps)
    raw = _losses(Setup.of(experiment, devices.choose(device), dataset), rates, executor, cancelled)
    return evaluated(rates, raw)


def _losses(setup: Setup, rates: Floats, executor: str, cancelled: Callable[[], bool]) -> Floats:
    """Return the losses of steps at these rates, ending where they are no longer finite or far above the lowest."""
    step = Step(setup.built, setup.head, setup.tuning.shape, setup.device)
    job, numbers = setup.job(step, setup.initial()), setup.numbers()

    def plan(steps: range, generator: Generator) -> Plan:
        return setup.plan(steps, generator, {"lr": rates[steps.start : steps.stop]}, (False,) * len(steps))

    example, name = plan(range(1), setup.noise_generator()), executors.choose(executor, setup.device.type)
    block, *_ = executors.prepare(name, job, numbers, example)
    generator = setup.noise_generator()
    losses = np.empty(0)
    for start in range(0, len(rates), BLOCK):
        if cancelled():
            raise Cancelled
        records = block(numbers, plan(range(start, min(start + BLOCK, len(rates))), generator)).steps
        sound = torch.isfinite(records).all(dim=1).cpu().numpy().cumprod().astype(bool)
        losses = np.concatenate([losses, records[:, 0].double().cpu().numpy()[sound]])
        if not sound.all() or _diverged(smooth(losses)) is not None:
            break
    return losses


def smooth(losses: Floats) -> Floats:
    """Return the (n,) exponential means of losses so far, without the bias of their beginning."""
    mean, found = 0.0, np.empty(len(losses))
    for i, loss in enumerate(losses):
        mean = REMEMBERED * mean + (1 - REMEMBERED) * loss
        found[i] = mean / (1 - REMEMBERED ** (i + 1))
    return found


def _diverged(smoothed: Floats) -> int | None:
    """Return the first step whose smoothed loss is many times the lowest before it, and above where it began."""
    lowest = np.minimum.accumulate(smoothed)
    above = np.flatnonzero((smoothed > TIMES_BEST * np.maximum(lowest, 0)) & (smoothed > smoothed[:1]))
    return int(above[0]) if len(above) else None


def evaluated(rates: Floats, raw: Floats) -> RangeTest:
    """Return what losses at so many of the rates, the first ones, say; too few of them have overflowed."""
    smoothed = smooth(raw)
    end = _diverged(smoothed)
    if end is None and len(raw) < len(rates):
        end = len(raw)
    count = len(raw) if end is None else min(end + 1, len(raw))
    diverging = None if end is None else float(rates[end])
    return RangeTest(
        rates[:count],
        raw[:count],
        smoothed[:count],
        diverging,
        None if diverging is None else diverging / 2,
        _steepest(rates[:count], raw[:count]),
    )


def _steepest(rates: Floats, raw: Floats) -> float | None:
    """Return the rate around which the losses fall fastest by decade: the slope of lines through many of them."""
    size = max(2, len(rates) // LINES)
    if len(rates) < size + 1:
        return None
    windows = np.lib.stride_tricks.sliding_window_view
    x, y = windows(np.log10(rates), size), windows(raw, size)
    apart = x - x.mean(axis=1, keepdims=True)
    fallen = y - y[:, :1]  # exactly 0 where nothing happens
    slopes = (apart * fallen).sum(axis=1) / np.square(apart).sum(axis=1)
    place = int(slopes.argmin())
    return float(10 ** x[place].mean()) if slopes[place] < 0 else None
