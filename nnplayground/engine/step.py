"""One step of training: the single definition of forward, loss, backward, penalties, update and what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from nnplayground.engine import fused
from nnplayground.engine.devices import precise
from nnplayground.engine.losses import Head
from nnplayground.engine.network import Architecture, Noise, forward, views
from nnplayground.engine.optimizers import RULES, Slots, fitting
from nnplayground.engine.tuning import IN_THE_LOSS, Knobs, Tuning

WHOLE = 4_096  # numbers up to which all layers are updated and measured at once
RANDOM = ("uniform", "normal")  # the series of random numbers
PIECE = 65_536  # numbers of a layer updated and measured at once: what a core's cache holds


@dataclass(frozen=True, eq=False)
class State:
    """All tensors that a step changes, in place. With a leading axis it is the state of so many networks at once."""

    parameters: Tensor  # (size,) or (networks, size) float32
    buffers: Tensor  # (buffer size,) or (networks, buffer size) float32
    slots: Slots

    def clone(self) -> State:
        """Return a copy that shares nothing."""
        slots = {name: slot.clone() for name, slot in self.slots.items()}
        return State(self.parameters.clone(), self.buffers.clone(), slots)

    def copy_(self, other: State) -> None:
        """Take on the numbers of another state of the same shapes."""
        for mine, theirs in zip(self.tensors, other.tensors, strict=True):
            mine.copy_(theirs)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor, always in the same order."""
        return (self.parameters, self.buffers, *(self.slots[name] for name in sorted(self.slots)))


@dataclass(frozen=True, eq=False)
class Batch:
    """What a step is given: samples, and by name what else differs from step to step.

    With networks side by side, each tensor but a shared `x` and `y` has their leading axis, numbers as (networks, 1).
    """

    x: Tensor  # (batch, inputs)
    y: Tensor  # (batch, …) as the head takes them
    series: Mapping[str, Tensor]  # "lr", a number; "uniform" and "normal", (batch, width) where a term needs them

    @property
    def noise(self) -> dict[str, Tensor]:
        """The random numbers."""
        return {name: values for name, values in self.series.items() if name in RANDOM}


@dataclass(frozen=True, eq=False)
class Step:
    """The step of one architecture, head and shape of tuning, for one network or for many stacked ones."""

    built: Architecture
    head: Head
    shape: Tuning
    device: torch.device
    own_batches: bool = False  # stacked networks have each their own x and y

    def __call__(self, state: State, batch: Batch, knobs: Knobs) -> tuple[Tensor, Tensor]:
        """Take one step, changing `state`.

        Returns the loss before the update, and raw measurements that `records` makes readable. Stacked networks have
        their axis first in the loss and last but one in the measurements.
        """
        layout = self.built.layout
        leaves = [v.detach().requires_grad_() for v in views(state.parameters, layout.parameters)]
        buffers = views(state.buffers, layout.buffers)
        with torch.enable_grad():
            loss = self._losses(leaves, buffers, batch, knobs)
            gradients = torch.autograd.grad(loss.sum() if loss.dim() else loss, leaves)
        with torch.no_grad():
            lead = state.parameters.shape[:-1]
            gradient = torch.cat([g.reshape(*lead, -1) for g in gradients], dim=-1)
            self._add_penalties(gradient, state.parameters, knobs)
            measured = self._update(state, gradient, batch.series["lr"], knobs)
            loss = loss.detach()
            if layout.buffers:  # an overflow of running statistics would show in no other record
                loss = loss + 0.0 * state.buffers.sum(dim=-1)
            return loss, measured

    def _losses(self, leaves: list[Tensor], buffers: list[Tensor], batch: Batch, knobs: Knobs) -> Tensor:
        if leaves[0].dim() == len(self.built.layout.parameters[0].shape):
            return self._loss(leaves, buffers, batch.x, batch.y, batch.noise, knobs)
        own = 0 if self.own_batches else None
        needed = {name: number.squeeze(-1) for name, number in knobs.items() if name.startswith(IN_THE_LOSS)}
        axes = (0, 0, own, own, dict.fromkeys(batch.noise, 0), dict.fromkeys(needed, 0))
        whole = [buffer.contiguous() for buffer in buffers]  # of any others, vmap's batch norm updates copies
        stacked = torch.vmap(self._loss, in_dims=axes)
        found: Tensor = stacked(leaves, whole, batch.x, batch.y, batch.noise, needed)
        for buffer, updated in zip(buffers, whole, strict=True):
            buffer.copy_(updated)
        return found

    def _loss(
        self,
        leaves: list[Tensor],
        buffers: list[Tensor],
        x: Tensor,
        y: Tensor,
        noise: Mapping[str, Tensor],
        knobs: Knobs,
    ) -> Tensor:
        outputs = forward(self.built, leaves, buffers, x, training=True, noise=Noise(noise, knobs))
        return self.head.compute(outputs, y, knobs)

    def _add_penalties(self, gradient: Tensor, parameters: Tensor, knobs: Knobs) -> None:
        """Add the gradients of l1 sum |w| and l2 / 2 sum w² over the weights."""
        if "l2" in knobs:
            gradient.add_(parameters * self.is_weight * fitting(knobs["l2"], parameters))
        if "l1" in knobs:
            gradient.add_(parameters.sign() * self.is_weight * fitting(knobs["l1"], parameters))

    @cached_property
    def is_weight(self) -> Tensor:
        """(size,) 1 where penalties apply, 0 for biases, scales and shifts."""
        mask = torch.zeros(self.built.layout.size, device=self.device)
        for tensor in self.built.layout.parameters:
            mask[tensor.start : tensor.stop] = float(tensor.is_weight)
        return mask

    # the update, and what it did

    def _update(self, state: State, gradient: Tensor, lr: Tensor, knobs: Knobs) -> Tensor:
        state.slots["t"].add_(1)
        norms: list[Tensor] = []
        for piece in self.pieces:
            parameters, own = (_part(t, piece) for t in (state.parameters, gradient))
            slots = {name: slot if name == "t" else _part(slot, piece) for name, slot in state.slots.items()}
            before = parameters.clone()
            self._apply(parameters, own, slots, lr, knobs)
            three = (own, before.sub_(parameters), parameters)
            if len(self.pieces) == 1:
                return torch.stack(three).to(precise(self.device)).square_() @ self.membership
            norms += [torch.linalg.vector_norm(values, dim=-1) for values in three]
        return torch.cat([norm.unsqueeze(0) for norm in norms]).to(precise(self.device))

    def _apply(self, parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, knobs: Knobs) -> None:
        rule = self.shape.rule
        if rule in fused.KERNELS and parameters.dim() == 1 and parameters.device.type == "cpu":
            fused.update(rule, {"parameters": parameters, "gradient": gradient, "lr": lr, **slots, **knobs})
        else:
            RULES[rule].update(parameters, gradient, slots, lr, knobs)

    @cached_property
    def pieces(self) -> tuple[tuple[int, int], ...]:
        """The (start, stop) of what is updated and measured at once: all if that is little, else parts of layers."""
        layout = self.built.layout
        if layout.size <= WHOLE:
            return ((0, layout.size),)
        return tuple(piece for span in layout.spans for piece in _cut(*span))

    @cached_property
    def membership(self) -> Tensor:
        """(size or pieces, layers), 1 where a number, or a piece, is the layer's."""
        layout = self.built.layout
        starts = range(layout.size) if len(self.pieces) == 1 else (start for start, _ in self.pieces)
        places = torch.tensor(list(starts), device=self.device)
        columns = [(places >= start) & (places < stop) for start, stop in layout.spans]
        return torch.stack(columns, dim=1).to(precise(self.device))

    def records(self, losses: Tensor, measured: Tensor) -> Tensor:
        """Return (n, …, 1 + 2 layers) from what n steps returned, stacked.

        They hold the loss before the update, each layer's gradient norm, and each layer's update-to-parameter ratio.
        """
        if len(self.pieces) > 1:  # (n, 3 pieces, …) norms
            squares = measured.square()
            squares = squares.view(len(squares), len(self.pieces), 3, *squares.shape[2:])
            measured = squares.movedim(1, -1) @ self.membership
        gradient, update, parameters = measured.sqrt().unbind(1)
        ratio = update / parameters.clamp_min(1e-12)
        return torch.cat([losses.unsqueeze(-1), gradient, ratio], dim=-1).to(losses.dtype)


def _part(values: Tensor, piece: tuple[int, int]) -> Tensor:
    start, stop = piece
    return values if (start, stop) == (0, values.shape[-1]) else values[..., start:stop]


def _cut(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, stop, PIECE):
        yield begin, min(begin + PIECE, stop)
