"""How active every layer's neurons are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.engine.probes import Activity, ActivityRequest, LayerActivity
from nnplayground.engine.probes.activity import RECTIFYING, SATURATING
from nnplayground.engine.probing.sample import sample
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

FLAT = 0.05  # of an activation's steepest slope, below which it is flat


def activity(prober: Prober, request: ActivityRequest, snapshot: Snapshot) -> Activity:
    """Answer with each layer's activity; see `LayerActivity`."""
    passed = sample(prober, request.samples)
    passed.pass_through(prober, *prober.tensors(snapshot))
    layers = zip(prober.built.layers, passed.kept, passed.sums, strict=True)
    return Activity(tuple(_of(layer.style.activation, kept, sums) for layer, kept, sums in layers))


def _of(activation: str, kept: Tensor, sums: list[Tensor]) -> LayerActivity:
    given = kept.double()
    neurons = [_by_neuron(ACTIVATIONS[activation](values)) for values in sums]
    means, stds = (torch.cat([found[i] for found in neurons]) for i in (0, 1))
    shares = torch.full_like(means, torch.nan)
    if activation in SATURATING or activation in RECTIFYING:
        shares = torch.cat([_by_neuron(is_flat(activation, values))[0] for values in sums])
    arrays = (np.asarray(values.numpy(), np.float64) for values in (means, stds, shares))
    return LayerActivity(activation, float(given.mean()), float(given.std(unbiased=False)), *arrays)


def _by_neuron(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return (neurons,) means and standard deviations of (n, neurons), or of (n, channels, height, width)."""
    flat = values.double().transpose(0, 1).flatten(1)
    return flat.mean(dim=1), flat.std(dim=1, unbiased=False)


def is_flat(activation: str, sums: Tensor) -> Tensor:
    """Return where an activation's slope is below FLAT of its steepest."""
    return slope(activation, sums).abs() < FLAT * steepest(activation)


def slope(activation: str, sums: Tensor) -> Tensor:
    """Return an activation's derivative at each of `sums`."""
    with torch.enable_grad():
        x = sums.detach().requires_grad_()
        return torch.autograd.grad(ACTIVATIONS[activation](x).sum(), x)[0]


@lru_cache
def steepest(activation: str) -> float:
    """Return an activation's largest slope, looked for between -10 and 10."""
    return float(slope(activation, torch.linspace(-10, 10, 20_001)).abs().max())
