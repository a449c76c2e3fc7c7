"""Lines of equal height over a grid. Knows no Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def contours(x: Floats, y: Floats, heights: Floats, levels: Floats) -> Floats:
    """Return (k, 2, 2) straight pieces, from (x, y) to (x, y), of the lines on which (m, n) heights are at a level.

    Each cell of the grid is cut into four triangles that meet in its middle, over each of which the height is a plane:
    so no cell is ambiguous. Triangles with a height that is not finite have no lines.
    """
    corners, values = _triangles(x, y, heights)
    pieces = [_crossed(corners, values, level) for level in levels]
    return np.concatenate([np.empty((0, 2, 2)), *pieces])


def _triangles(x: Floats, y: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """Return the (t, 3, 2) corners of all triangles and their (t, 3) heights, all of them finite."""
    points = np.concatenate([np.stack(np.meshgrid(x, y), axis=-1), heights[..., None]], axis=-1)
    around = [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]]  # one after the other
    with np.errstate(invalid="ignore", over="ignore"):
        middle = np.mean(around, axis=0)
    both = zip(around, [*around[1:], around[0]], strict=True)
    made = np.concatenate([np.stack([middle, a, b], axis=-2).reshape(-1, 3, 3) for a, b in both])
    made = made[np.isfinite(made).all(axis=(1, 2))]
    return made[..., :2], made[..., 2]


def _crossed(corners: Floats, values: Floats, level: float) -> Floats:
    """Return the (k, 2, 2) pieces of one level's line."""
    above = values >= level
    count = above.sum(axis=1)
    cut = (count == 1) | (count == 2)
    corners, values, above = corners[cut], values[cut], above[cut]
    alone = np.where(count[cut] == 1, above.argmax(axis=1), above.argmin(axis=1))  # the corner on a side of its own
    rows = np.arange(len(alone))
    own, height = corners[rows, alone], values[rows, alone]
    ends = []
    for other in ((alone + 1) % 3, (alone + 2) % 3):
        share = (level - height) / (values[rows, other] - height)
        ends.append(own + share[:, None] * (corners[rows, other] - own))
    return np.stack(ends, axis=1)
