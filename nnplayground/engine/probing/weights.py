"""Gradients and updates of single weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnplayground.engine.network import forward
from nnplayground.engine.probes import (
    Floats,
    WeightGradientRequest,
    WeightGradients,
    WeightUpdateRequest,
    WeightUpdates,
)
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

NUMBERS = 500_000  # that a network may hold of all samples together
LEAST = 8  # samples


def weight_gradients(prober: Prober, request: WeightGradientRequest, snapshot: Snapshot) -> WeightGradients:
    """Answer with the mean loss's gradient; see `WeightGradientRequest`."""
    rows = _spread(prober, request.limit)
    samples, tuning = prober.dataset.train, prober.setup.tuning
    x = torch.as_tensor(np.ascontiguousarray(samples.inputs[rows]))
    y = prober.head.targets(torch.as_tensor(samples.targets[rows]))
    knobs = tuning.knobs([torch.tensor(number) for number in tuning.numbers])
    parameters, buffers = prober.tensors(snapshot)
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in parameters]
        loss = prober.head.compute(forward(prober.built, leaves, buffers, x), y, knobs)
        gradients = torch.autograd.grad(loss, leaves)
    flat = np.concatenate([gradient.numpy().ravel() for gradient in gradients])
    return WeightGradients(_plain(snapshot, flat), len(rows))


def weight_updates(prober: Prober, _request: WeightUpdateRequest, snapshot: Snapshot) -> WeightUpdates:
    """Answer with what was added to the weights since step 0."""
    now, first = snapshot.plain(), prober.first.plain()
    return WeightUpdates(replace(now, parameters=now.parameters - first.parameters))


def _spread(prober: Prober, limit: int) -> np.ndarray:
    """Return the rows of training samples, evenly spread, that a gradient is taken of."""
    held = sum(stage.widest for stage in prober.built.stages)
    count = min(limit, max(NUMBERS // held, LEAST), len(prober.dataset.train))
    return np.arange(count) * len(prober.dataset.train) // count


def _plain(snapshot: Snapshot, flat: Floats) -> Snapshot:
    """Return gradients by a snapshot's tensors as gradients by its weights in one piece.

    With w = g v / |v| (Salimans and Kingma 2016), dL/dw is |v| / g times dL/dv, which is orthogonal to v, and dL/dg
    along v. Where g is 0 the former is not known: NaN.
    """
    gradients = replace(snapshot, parameters=flat)
    layout = snapshot.layout.plain
    if layout is snapshot.layout:
        return gradients
    found = []
    for tensor in layout.parameters:
        prefix = tensor.role.removesuffix("weight")
        own = [snapshot.layout.find(tensor.layer, f"{prefix}{part}") for part in ("direction", "length")]
        if tensor.role.endswith("weight") and own[0] is not None and own[1] is not None:
            (v, g), (dv, dg) = ([source.values(t) for t in own if t] for source in (snapshot, gradients))
            found.append(_by_weight(v, g, dv, dg))
        else:
            plain = snapshot.layout.find(tensor.layer, tensor.role)
            assert plain is not None, "other tensors stay as they are"
            found.append(gradients.values(plain).ravel())
    return replace(snapshot, layout=layout, parameters=np.concatenate(found))


def _by_weight(v: Floats, g: Floats, dv: Floats, dg: Floats) -> Floats:
    rows = v.reshape(len(v), -1).astype(np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        across = norms / g[:, None] * dv.reshape(len(v), -1)
        return np.asarray(across + dg[:, None] * rows / norms, np.float32).ravel()
