"""Where a picture of the data's domain asks."""

from __future__ import annotations

import numpy as np

from nnplayground.engine.probes import Floats


def domain_points(domain: tuple[tuple[float, float], ...], resolution: int) -> Floats:
    """Return the points of a picture of the domain, row by row from the top: (resolution², 2) or (resolution, 1).

    Points are the middles of the picture's pixels.
    """
    axes = []
    for low, high in domain:
        edges = np.linspace(low, high, resolution + 1)
        axes.append((edges[:-1] + edges[1:]) / 2)
    if len(axes) == 1:
        return axes[0][:, None].astype(np.float32)
    columns, rows = np.meshgrid(axes[0], axes[1][::-1])
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
