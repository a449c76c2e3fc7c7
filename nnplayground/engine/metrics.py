"""How good answers are, in numbers a person reads."""

from __future__ import annotations

from math import isfinite

import numpy as np
from torch import Tensor

from nnplayground.data.dataset import Dataset
from nnplayground.experiment.datasets import Task

LARGEST = float(np.finfo(np.float32).max)

METRICS: dict[Task, tuple[str, ...]] = {"classification": ("accuracy",), "regression": ("R²", "MAE")}


def measure(answers: Tensor, targets: Tensor, dataset: Dataset) -> list[float]:
    """Return the metrics of METRICS[task], in that order.

    Classification: (n, classes) probabilities against (n,) classes. Regression: (n, 1) values against (n,) values,
    both in units of the target's scale; MAE is given in the target's own unit. R² of targets that do not vary is 0.
    All are `bounded`.
    """
    if dataset.task == "classification":
        return [float((answers.argmax(dim=1) == targets).float().mean())]
    error = answers[:, 0] - targets
    residual, total = error.square().sum(), (targets - targets.mean()).square().sum()
    r2 = 1.0 - bounded(float(residual / total)) if float(total) > 0 else 0.0
    return [bounded(r2, worst=-LARGEST), bounded(float(error.abs().mean()) * dataset.target_scale)]


def bounded(value: float, worst: float = LARGEST) -> float:
    """Return `value`, or `worst` where it overflowed: a column of float32 stays finite, and can be drawn."""
    return value if isfinite(value) and abs(value) <= LARGEST else worst
