"""How good answers are, in numbers a person reads."""

from __future__ import annotations

from torch import Tensor

from nnplayground.data.dataset import Dataset
from nnplayground.experiment.datasets import Task

METRICS: dict[Task, tuple[str, ...]] = {"classification": ("accuracy",), "regression": ("R²", "MAE")}


def measure(answers: Tensor, targets: Tensor, dataset: Dataset) -> list[float]:
    """Return the metrics of METRICS[task], in that order.

    Classification: (n, classes) probabilities against (n,) classes. Regression: (n, 1) values against (n,) values,
    both in units of the target's scale; MAE is given in the target's own unit. R² of targets that do not vary is 0.
    """
    if dataset.task == "classification":
        return [float((answers.argmax(dim=1) == targets).float().mean())]
    error = answers[:, 0] - targets
    residual, total = error.square().sum(), (targets - targets.mean()).square().sum()
    r2 = 1.0 - float(residual / total) if float(total) > 0 else 0.0
    return [r2, float(error.abs().mean()) * dataset.target_scale]
