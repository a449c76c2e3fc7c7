"""How closely one quantity follows another, whatever the shape: Spearman's correlation of ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def ranks(values: Doubles) -> Doubles:
    """Return the rank of each of (n,) finite values, from 1 on; equal ones share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)


def spearman(x: Doubles, y: Doubles) -> tuple[float, int]:
    """Return Pearson's correlation of the ranks of two (n,) quantities, -1 to 1, and of how many pairs.

    Pairs of which either is not finite are left out; NaN where fewer than three are left, or one of the two does not
    vary (C. Spearman, 1904, The proof and measurement of association between two things).
    """
    both = np.isfinite(x) & np.isfinite(y)
    count = int(both.sum())
    if count < 3:
        return float("nan"), count
    a, b = (found - found.mean() for found in (ranks(x[both]), ranks(y[both])))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return (float(np.clip(a @ b / scale, -1.0, 1.0)) if scale > 0 else float("nan")), count
