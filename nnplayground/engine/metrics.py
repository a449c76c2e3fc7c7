"""How good answers are, in numbers a person reads."""

from __future__ import annotations

from math import isfinite

import numpy as np
import torch
from torch import Tensor

from nnplayground.data.dataset import Dataset
from nnplayground.experiment.datasets import Task

LARGEST = float(np.finfo(np.float32).max)

METRICS: dict[Task, tuple[str, ...]] = {"classification": ("accuracy",), "regression": ("R²", "MAE")}
_WORST: dict[Task, tuple[float, ...]] = {"classification": (0.0,), "regression": (-LARGEST, LARGEST)}


def measure(answers: Tensor, targets: Tensor, dataset: Dataset) -> Tensor:
    """Return the metrics of METRICS[task], in that order, as (metrics,).

    Classification: (n, classes) probabilities against (n,) classes. Regression: (n, 1) values against (n,) values,
    both in units of the target's scale; MAE is given in the target's own unit. R² of targets that do not vary is 0.
    """
    if dataset.task == "classification":
        return (answers.argmax(dim=-1) == targets).to(answers.dtype).mean().reshape(1)
    error = answers.squeeze(-1) - targets
    residual, total = error.square().sum(), (targets - targets.mean()).square().sum()
    r2 = torch.where(total > 0, 1 - residual / total.clamp_min(torch.finfo(total.dtype).tiny), 0.0)
    return torch.stack([r2, error.abs().mean() * dataset.target_scale])


def readable(row: list[float], task: Task) -> tuple[float, tuple[float, ...]]:
    """Return loss and metrics as numbers that float32 holds; what overflowed becomes the worst there is."""
    loss, *metrics = row
    return bounded(loss), tuple(bounded(m, worst) for m, worst in zip(metrics, _WORST[task], strict=True))


def bounded(value: float, worst: float = LARGEST) -> float:
    """Return `value`, or `worst` where it overflowed: a column of float32 stays finite, and can be drawn."""
    return value if isfinite(value) and abs(value) <= LARGEST else worst
