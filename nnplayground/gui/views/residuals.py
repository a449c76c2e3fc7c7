"""How far predicted values are from the true ones, point by point. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Predictions
from nnplayground.gui.views.grounds import about_zero
from nnplayground.gui.views.palette import Levels, levels_of, values_of

LEAST = 0.01  # of the targets' span that takes the ends of the colours, or of an axis, at least


@dataclass(frozen=True, eq=False)
class Residuals:
    """True less predicted value of the first points of each part, in the target's unit, and the colours' levels."""

    train: NDArray[np.float64]
    validation: NDArray[np.float64]
    levels: Levels

    @classmethod
    def of(cls, dataset: Dataset, found: Predictions) -> Residuals:
        """Return those of predictions."""
        train, validation = residuals_of(dataset, found)
        span = levels_of(dataset)
        return cls(train, validation, about_zero(np.append(train, validation), LEAST * (span.high - span.low)))

    def part(self, *, validation: bool) -> NDArray[np.float64]:
        """Return those of a part."""
        return self.validation if validation else self.train

    def rows(self, dataset: Dataset) -> list[tuple[object, ...]]:
        """Return part, place, true value and residual of each point."""
        parts = (("train", dataset.train, self.train), ("validation", dataset.validation, self.validation))
        return [
            (name, *raw, true, residual)
            for name, samples, own in parts
            for raw, true, residual in zip(
                samples.raw[: len(own)].tolist(),
                values_of(dataset, samples.targets[: len(own)]).tolist(),
                own.tolist(),
                strict=True,
            )
        ]


def residuals_of(dataset: Dataset, found: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return true less predicted value of both parts' first samples, in the target's own unit."""
    train, validation = (
        values_of(dataset, samples.targets[: len(answers)]) - answers[:, 0]
        for samples, answers in ((dataset.train, found.train), (dataset.validation, found.validation))
    )
    return train, validation
