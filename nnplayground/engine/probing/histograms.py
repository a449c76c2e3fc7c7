"""How weights are distributed, now and at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnplayground.engine.probes import Histogram, HistogramRequest, Histograms
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober


def histograms(prober: Prober, request: HistogramRequest, snapshot: Snapshot) -> Histograms:
    """Answer with each layer's weights in bins that hold the initial ones too, with zero at an edge."""
    found = []
    for layer in range(len(snapshot.layout.layers)):
        now, before = snapshot.all_weights(layer), prober.first.all_weights(layer)
        limit = float(max(np.abs(now).max(), np.abs(before).max())) or 1.0
        half = (request.bins + 1) // 2
        edges = np.arange(-half, half + 1) / half * limit  # linspace would miss zero by a rounding error
        counts, initial = np.histogram(now, edges)[0], np.histogram(before, edges)[0]
        statistics = float(now.mean(dtype=np.float64)), float(now.std(dtype=np.float64))
        found.append(Histogram(edges.astype(np.float32), counts, initial, *statistics))
    return Histograms(tuple(found))
