"""Features: what can be made of a point of the plane or the line before the network sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Floats
from nnplayground.experiment.datasets import PlaneFeatures
from nnplayground.experiment.knob import knob_of

Doubles = NDArray[np.float64]

# from points (n, 2), or (n, 1) where x2 does not occur, to (n,)
FEATURES: Mapping[str, Callable[[Doubles], Doubles]] = {
    "x1": lambda points: points[:, 0],
    "x2": lambda points: points[:, 1],
    "x1^2": lambda points: points[:, 0] ** 2,
    "x2^2": lambda points: points[:, 1] ** 2,
    "x1*x2": lambda points: points[:, 0] * points[:, 1],
    "sin(x1)": lambda points: np.sin(points[:, 0]),
    "sin(x2)": lambda points: np.sin(points[:, 1]),
}


def make(features: Sequence[str], points: NDArray[Any]) -> Floats:
    """Return the named features of `points` (n, 1 or 2) side by side, (n, len(features)) float32."""
    exact = np.asarray(points, np.float64)
    return np.stack([FEATURES[name](exact) for name in features], axis=1).astype(np.float32)


def shown(features: Sequence[str]) -> tuple[str, ...]:
    """Return what the features are called on screen: x₁² for x1^2."""
    knob = knob_of(PlaneFeatures)
    names = knob.names if knob else {}
    return tuple(names[name] for name in features)
