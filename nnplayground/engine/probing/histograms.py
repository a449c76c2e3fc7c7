"""How quantities are distributed in every layer, now and at first."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log10
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats, Histogram, HistogramRequest, Histograms
from nnplayground.engine.probing.sample import Sample, sample
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

Values = list[NDArray[Any]]  # of each layer, flat
Edges = NDArray[np.float64]

LEAST = 2.0**-10  # how far bins reach at least where all begins at zero
DECADES = 5  # of logarithmic bins on each side of zero, below the largest initial value
LARGEST = float(np.finfo(np.float32).max)


def histograms(prober: Prober, request: HistogramRequest, snapshot: Snapshot) -> Histograms:
    """Answer with each layer's values in bins that hold the initial ones too, with zero at an edge."""
    key = "histograms", request.quantity, request.samples
    if key not in prober.begun:
        prober.begun[key] = _values(prober, request, prober.first)
    before: Values = prober.begun[key]
    now = _values(prober, request, snapshot)
    edges = _log_edges(before, now, request.bins) if request.logarithmic else _edges(before, now, request.bins)
    return Histograms(tuple(_histogram(*layer) for layer in zip(now, before, edges, strict=True)))


def _histogram(now: Floats, before: Floats, edges: Edges) -> Histogram:
    counts, initial = (np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] for values in (now, before))
    mean, std = (float(now.mean(dtype=np.float64)), float(now.std(dtype=np.float64))) if len(now) else (np.nan, np.nan)
    return Histogram(edges.astype(np.float32), counts, initial, mean, std)


def _edges(before: Values, now: Values, bins: int) -> list[Edges]:
    """Return linear bins that reach as far as the initial values, twice as far as often as the present ones need."""
    half, found = (bins + 1) // 2, []
    for first, values in zip(before, now, strict=True):
        limit, most = _largest(first) or LEAST, _largest(values)
        while limit < most:
            limit = min(2 * limit, LARGEST)
        found.append(np.arange(-half, half + 1) / half * limit)  # linspace would miss zero by a rounding error
    return found


def _log_edges(before: Values, now: Values, bins: int) -> list[Edges]:
    """Return bins between roots of powers of ten on both sides of zero, the same for all layers."""
    first, most = (max((_largest(values) for values in layers), default=0.0) for layers in (before, now))
    top = ceil(log10(first or 1.0))
    high = max(top, ceil(log10(most or first or 1.0)))
    fine = max((bins + 1) // 2 // DECADES, 1)  # bins of a decade
    side = 10.0 ** (np.arange((top - DECADES) * fine + 1, high * fine + 1) / fine)
    return [np.concatenate([-side[::-1], [0.0], side])] * len(now)


def _largest(values: Floats) -> float:
    return float(np.abs(values).max(initial=0.0))


# what is counted


def _values(prober: Prober, request: HistogramRequest, snapshot: Snapshot) -> Values:
    """Return the finite values of each layer."""
    found = _QUANTITIES[request.quantity](prober, snapshot, request.samples)
    return [values[np.isfinite(values)] for values in found]


def _weights(prober: Prober, snapshot: Snapshot, samples: int) -> Values:
    del prober, samples
    return [snapshot.all_weights(layer) for layer in range(len(snapshot.layout.layers))]


def _biases(prober: Prober, snapshot: Snapshot, samples: int) -> Values:
    """Return each layer's biases; none of a block whose normalization shifts instead."""
    del prober, samples
    layout, flat, none = snapshot.layout, snapshot.parameters, np.zeros(0, np.float32)
    tensors = [t for t in layout.parameters if t.role.split()[-1] == "bias"]
    layers = range(len(layout.layers))
    return [np.concatenate([none, *(flat[t.start : t.stop] for t in tensors if t.layer == i)]) for i in layers]


def _gradients(prober: Prober, snapshot: Snapshot, samples: int) -> Values:
    parameters, buffers = prober.tensors(snapshot)
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in parameters]
        loss = sample(prober, samples).pass_through(prober, leaves, buffers)
        found = torch.autograd.grad(loss, leaves)
    flat = torch.cat([gradient.flatten() for gradient in found]).numpy()
    return [flat[start:stop] for start, stop in snapshot.layout.spans]


def _activations(prober: Prober, snapshot: Snapshot, samples: int) -> Values:
    return [values.flatten().numpy() for values in _passed(prober, snapshot, samples).kept]


def _pre_activations(prober: Prober, snapshot: Snapshot, samples: int) -> Values:
    sums = _passed(prober, snapshot, samples).sums
    return [torch.cat([values.flatten() for values in layer]).numpy() for layer in sums]


def _passed(prober: Prober, snapshot: Snapshot, samples: int) -> Sample:
    found = sample(prober, samples)
    found.pass_through(prober, *prober.tensors(snapshot))
    return found


_QUANTITIES: dict[str, Callable[[Prober, Snapshot, int], Values]] = {
    "weights": _weights,
    "biases": _biases,
    "gradients": _gradients,
    "activations": _activations,
    "pre-activations": _pre_activations,
}
