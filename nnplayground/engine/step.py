"""One step of training: the single definition of forward, loss, backward, penalties and update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnplayground.engine.losses import Head, Scalar
from nnplayground.engine.network import Architecture, Dropout, forward, views
from nnplayground.engine.optimizers import OPTIMIZERS, Hyper, Slots


@dataclass(frozen=True, eq=False)
class State:
    """All tensors that a step changes, in place."""

    parameters: Tensor  # (size,) float32
    buffers: Tensor  # (buffer size,) float32
    slots: Slots

    def clone(self) -> State:
        """Return a copy that shares nothing."""
        slots = {name: slot.clone() for name, slot in self.slots.items()}
        return State(self.parameters.clone(), self.buffers.clone(), slots)

    def copy_(self, other: State) -> None:
        """Take on the numbers of another state of the same shapes."""
        self.parameters.copy_(other.parameters)
        self.buffers.copy_(other.buffers)
        for name, slot in self.slots.items():
            slot.copy_(other.slots[name])


@dataclass(frozen=True, eq=False)
class Tuning:
    """What live knobs say about a step; all floats, or tensors without dimension."""

    hyper: Hyper
    delta: Scalar
    l1: Scalar
    l2: Scalar
    rates: tuple[Scalar | None, ...]  # of dropout: inputs, then each hidden layer


@dataclass(frozen=True, eq=False)
class Step:
    """The step of one architecture, head and optimizer."""

    built: Architecture
    head: Head
    optimizer: str
    is_weight: Tensor  # (size,) 1 where penalties apply, 0 for biases, scales and shifts

    def __call__(self, state: State, x: Tensor, y: Tensor, lr: Scalar, tuning: Tuning, noise: Tensor | None) -> Tensor:
        """Take one step from a batch, changing `state`.

        Returns (1 + 2 layers,) float32: the loss before the update, each layer's gradient norm, and each layer's
        update-to-parameter ratio.
        """
        layout, spans = self.built.layout, self.built.layout.spans
        dropout = None if noise is None else Dropout(noise, tuning.rates)
        leaves = [v.detach().requires_grad_() for v in views(state.parameters, layout.parameters)]
        buffers = views(state.buffers, layout.buffers)
        with torch.enable_grad():
            outputs = forward(self.built, leaves, buffers, x, training=True, dropout=dropout)
            loss = self.head.compute(outputs, y, tuning.delta)
            gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, leaves)])
        with torch.no_grad():
            self._add_penalties(gradient, state.parameters, tuning)
            before = state.parameters.clone()
            OPTIMIZERS[self.optimizer][0](state.parameters, gradient, state.slots, lr, tuning.hyper)
            moved = _norms(state.parameters - before, spans) / _norms(state.parameters, spans).clamp_min(1e-12)
            if layout.buffers:  # an overflow of running statistics would show in no other record
                moved = moved + 0.0 * state.buffers.sum()
            return torch.cat([loss.detach().reshape(1), _norms(gradient, spans), moved])

    def _add_penalties(self, gradient: Tensor, parameters: Tensor, tuning: Tuning) -> None:
        """Add the gradients of l1 sum |w| and l2 / 2 sum w² over the weights."""
        if not _is_zero(tuning.l2):
            gradient.add_(parameters * self.is_weight * tuning.l2)
        if not _is_zero(tuning.l1):
            gradient.add_(parameters.sign() * self.is_weight * tuning.l1)


def _is_zero(value: Scalar) -> bool:
    return isinstance(value, float) and value == 0.0


def _norms(flat: Tensor, spans: Sequence[tuple[int, int]]) -> Tensor:
    foreach: Any = torch._foreach_norm  # one call for all layers
    return torch.stack(foreach([flat[start:stop] for start, stop in spans]))
