"""From points of the plane or the line to what a network is given."""

from __future__ import annotations

from dataclasses import dataclass

from nnplayground.data import features, scaling
from nnplayground.data.dataset import Floats


@dataclass(frozen=True, eq=False)
class PointEncoder:
    """From points of the plane or the line to what the network is given: features, made and scaled."""

    features: tuple[str, ...]
    scaler: scaling.Scaler

    def __call__(self, points: Floats) -> Floats:
        """Return the inputs (m, features) for points (m, 1 or 2)."""
        return self.scaler(features.make(self.features, points))
