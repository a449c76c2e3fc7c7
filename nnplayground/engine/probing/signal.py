"""How the signal fares on its way through the layers, with the network's own first weights and with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Generator, Tensor

from nnplayground.engine.network import architecture, initialize, views
from nnplayground.engine.probes import Signal, SignalRequest, Signals
from nnplayground.engine.probing.sample import sample
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober


def signals(prober: Prober, request: SignalRequest, snapshot: Snapshot) -> Signals:
    """Answer with the signal before the first step, and what else was asked for; what stays the same is kept."""
    samples, begun = request.samples, prober.begun
    first = "signal", samples
    if first not in begun:
        begun[first] = _signal(prober, *prober.tensors(prober.first), samples)
    against = "signal", samples, request.against
    if request.against and against not in begun:
        begun[against] = _signal(prober, *_drawn(prober, request.against), samples)
    now = _signal(prober, *prober.tensors(snapshot), samples) if request.now else None
    return Signals(begun[first], now, begun[against] if request.against else None)


def _drawn(prober: Prober, initializer: str) -> tuple[list[Tensor], list[Tensor]]:
    """Return the tensors of the same network, all weights drawn by one initializer from the experiment's seed."""
    network, dataset = prober.setup.experiment.network, prober.dataset
    layers = tuple(la.model_copy(update={"initializer": None}) if la.learns else la for la in network.layers)
    network = network.model_copy(update={"initializer": initializer, "layers": layers})
    built = architecture(network, len(dataset.input_names), prober.head.outputs, dataset.image_shape)
    drawn = initialize(built, Generator().manual_seed(prober.setup.experiment.seeds.model))
    layout = built.layout
    return views(drawn[0], layout.parameters), views(drawn[1], layout.buffers)


def _signal(prober: Prober, parameters: list[Tensor], buffers: list[Tensor], samples: int) -> Signal:
    passed = sample(prober, samples)
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in parameters]
        loss = passed.pass_through(prober, leaves, [tensor.clone() for tensor in buffers], training=True)
        sums = [values for layer in passed.sums for values in layer]
        found = iter(torch.autograd.grad(loss * len(passed.x), sums))  # of each sample's loss, not of the mean
    gradients = [torch.cat([next(found).flatten() for _ in layer]) for layer in passed.sums]
    forward = [_variance(values.detach()) for values in (passed.x, *passed.kept)]
    return Signal(np.array(forward), np.array([_variance(values) for values in gradients]))


def _variance(values: Tensor) -> float:
    return float(values.double().var(unbiased=False))
