"""What overflowed first in a step whose records are not finite."""

from __future__ import annotations

import torch
from torch import Tensor

from nnplayground.engine.network import Noise, forward, views
from nnplayground.engine.step import Batch, State, Step
from nnplayground.engine.tuning import Knobs


def diagnose(step: Step, state: State, batch: Batch, knobs: Knobs) -> tuple[int, str]:
    """Return (layer, quantity) of the first overflow in this step from a finite state, which is used up.

    Forward goes from the first layer to the last, backward from the last to the first, the update last of all.
    """
    layout = step.built.layout
    last = len(layout.layers) - 1
    leaves = [v.detach().clone().requires_grad_() for v in views(state.parameters, layout.parameters)]
    buffers = [b.clone() for b in views(state.buffers, layout.buffers)]
    kept: list[Tensor] = []
    noise = Noise(batch.noise, knobs)
    with torch.enable_grad():
        outputs = forward(
            step.built, leaves, buffers, batch.x, training=True, noise=noise, frozen=step.shape.frozen, kept=kept
        )
        loss = step.head.compute(outputs, batch.y, knobs)
        for i, activations in enumerate(kept):
            if not _finite(activations):
                return i, "activations"
            if not all(_finite(b.sum()) for b, t in zip(buffers, layout.buffers, strict=True) if t.layer == i):
                return i, "running statistics"
        if not _finite(loss):
            return last, "loss"
        gradients = torch.autograd.grad(loss, leaves)
    for i in range(last, -1, -1):
        own = [g for g, t in zip(gradients, layout.parameters, strict=True) if t.layer == i]
        if not all(_finite(g.norm()) for g in own):
            return i, "gradients"
    step(state, batch, knobs)
    for i, (start, stop) in enumerate(layout.spans):
        if not _finite(state.parameters[start:stop].norm()):
            return i, "weights"
    return last, "updates"


def _finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())
