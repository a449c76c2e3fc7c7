"""The difference of two curves, wherever both have got to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def difference(one: tuple[Doubles, Doubles], other: tuple[Doubles, Doubles]) -> tuple[Doubles, Doubles]:
    """Return x and `other` less `one`, of curves (x ascending, y), at every x of either within the reach of both.

    Each is interpolated linearly between its own points; numbers that are not finite are left out.
    """
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in (one, other)]
    if not all(len(x) for x, _ in known):
        return np.empty(0), np.empty(0)
    low, high = max(x[0] for x, _ in known), min(x[-1] for x, _ in known)
    grid = np.unique(np.concatenate([x for x, _ in known]))
    grid = grid[(grid >= low) & (grid <= high)]
    first, second = (np.interp(grid, x, y) for x, y in known)
    return grid, second - first
