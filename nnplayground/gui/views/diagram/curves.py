"""The edges between two columns: Bézier curves that leave and arrive horizontally. Knows no Qt.

Every curve between two columns has the same x(t), so y is a function of x: it can be looked up under the pointer, and
painted column of pixels by column of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats
from nnplayground.gui.views.diagram.layout import Geometry

FAINTEST = 0.02  # of a layer's largest weight: what is below is not drawn

_T = np.linspace(0.0, 1.0, 513)
_X = 1.5 * _T - 1.5 * _T**2 + _T**3  # control points half-way: x(t) from 0 to 1


@dataclass(frozen=True)
class Curves:
    """All edges from one column to the next: from (left, starts[i]) to (right, ends[j])."""

    left: float
    right: float
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    def share(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how much of the way up or down is done at `x`, from 0 to 1, and how fast that grows with x."""
        width = self.right - self.left
        t = np.interp((x - self.left) / width, _X, _T)
        return 3 * t**2 - 2 * t**3, (6 * t - 6 * t**2) / ((1.5 - 3 * t + 3 * t**2) * width)

    @cached_property
    def rises(self) -> NDArray[np.float64]:
        """How far down every edge goes, (ends, starts)."""
        return np.subtract.outer(np.array(self.ends), np.array(self.starts))

    def at(self, x: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return every edge's y at `x`, and its slope there, each (ends, starts)."""
        done, growth = self.share(np.array([x]))
        return np.array(self.starts) + self.rises * done[0], self.rises * growth[0]

    def nearest(self, x: float, y: float, weights: Floats, tolerance: float) -> tuple[int, int] | None:
        """Return (end, start) of the drawn edge nearest to a point, or None where none is within `tolerance`.

        `weights`, (ends, starts), say what is drawn; of two edges as near the heavier one is meant, for it lies on top.
        """
        if not (self.left <= x <= self.right and weights.size):
            return None
        heights, slopes = self.at(x)
        strength = np.abs(strengths(weights))
        distance = np.abs(heights - y) / np.sqrt(1 + slopes**2) - strength
        distance[strength < FAINTEST] = np.inf
        end, start = np.unravel_index(np.argmin(distance), distance.shape)
        return (int(end), int(start)) if distance[end, start] <= tolerance else None


def strengths(weights: Floats) -> Floats:
    """Return weights relative to the largest: the same shape, from -1 to 1; 0 where a weight is not finite."""
    known = weights.copy()
    known[~np.isfinite(known)] = 0
    largest = float(np.abs(known).max(initial=0.0))
    return known / largest if largest > 0 else np.zeros_like(known)


def curves_of(geometry: Geometry, gap: int, *, band: bool = False) -> Curves:
    """Return the edges between column `gap` and the next; a band is one, from the middle to the middle."""
    before, after = geometry.columns[gap], geometry.columns[gap + 1]
    if band:
        return Curves(before.block.right, after.block.left, (geometry.middle,), (geometry.middle,))
    return Curves(before.x + before.tile / 2, after.x - after.tile / 2, before.ys, after.ys)
