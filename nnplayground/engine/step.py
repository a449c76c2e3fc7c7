"""One step of training: the single definition of forward, loss, backward, penalties, update and what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from nnplayground.engine import fused
from nnplayground.engine.averages import EACH_STEP
from nnplayground.engine.devices import precise
from nnplayground.engine.limits import CLIPPINGS, limit_rows
from nnplayground.engine.losses import Head
from nnplayground.engine.network import Architecture, Noise, forward, views
from nnplayground.engine.noise import SERIES
from nnplayground.engine.optimizers import RULES, Slots, fitting, momentum_of
from nnplayground.engine.penalties import add_penalties
from nnplayground.engine.tuning import IN_THE_LOSS, Knobs, Tuning

WHOLE = 4_096  # numbers up to which all layers are updated and measured at once
PIECE = 262_144  # numbers of a layer updated and measured at once: what a core's cache holds


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
    series: Mapping[str, Tensor]  # "lr" and "momentum", numbers; "uniform", "normal", (batch, width) where needed

    @property
    def noise(self) -> dict[str, Tensor]:
        """The random numbers."""
        return {name: values for name, values in self.series.items() if name in SERIES}


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
        leaves = [view.detach() for view in views(state.parameters, layout.parameters)]
        learning = [leaf.requires_grad_() for leaf, frozen in zip(leaves, self.frozen, strict=True) if not frozen]
        buffers = views(state.buffers, layout.buffers)
        with torch.enable_grad():
            loss = self._losses(leaves, buffers, batch, knobs)
            found = iter(torch.autograd.grad(loss.sum() if loss.dim() else loss, learning))
        with torch.no_grad():
            lead = state.parameters.shape[:-1]
            pairs = zip(leaves, self.frozen, strict=True)
            gradients = [torch.zeros_like(leaf) if frozen else next(found) for leaf, frozen in pairs]
            gradient = torch.cat([g.reshape(*lead, -1) for g in gradients], dim=-1)
            if "l1" in knobs or "l2" in knobs:
                add_penalties(gradient, state.parameters, self.is_weight, knobs)
            measured = self._update(state, gradient, batch.series, self._knobs_now(batch, knobs))
            loss = loss.detach()
            if layout.buffers:  # an overflow of running statistics would show in no other record
                loss = loss + 0.0 * state.buffers.sum(dim=-1)
            return loss, measured

    @cached_property
    def frozen(self) -> tuple[bool, ...]:
        """Of each tensor, whether its layer is frozen."""
        return tuple(self.shape.frozen[tensor.layer] for tensor in self.built.layout.parameters)

    def _knobs_now(self, batch: Batch, knobs: Knobs) -> Knobs:
        """Return the knobs with those that a schedule turns from step to step."""
        name = momentum_of(self.shape.rule)
        momentum = batch.series.get("momentum")
        return knobs if name is None or momentum is None else {**knobs, name: momentum}

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
        outputs = forward(
            self.built, leaves, buffers, x, training=True, noise=Noise(noise, knobs), frozen=self.shape.frozen
        )
        return self.head.compute(outputs, y, knobs)

    @cached_property
    def is_weight(self) -> Tensor:
        """(size,) 1 where penalties apply, 0 for biases, scales and shifts, and in frozen layers."""
        mask = torch.zeros(self.built.layout.size, device=self.device)
        for tensor, frozen in zip(self.built.layout.parameters, self.frozen, strict=True):
            mask[tensor.start : tensor.stop] = float(tensor.is_weight and not frozen)
        return mask

    # the update, and what it did

    def _update(self, state: State, gradient: Tensor, series: Mapping[str, Tensor], knobs: Knobs) -> Tensor:
        """Change the state; return what was measured: norms before clipping if there is any, then of each piece."""
        state.slots["t"].add_(1)
        rule, kept = RULES[self.shape.rule], state.slots
        norms = self._clip(gradient, knobs) if self.shape.clipping != "none" else []
        if rule.whole is not None:
            rule.whole(gradient, kept, knobs)
        late = []  # what is measured only once weights have been shortened, for that is part of the update
        for piece in self.pieces:
            parameters, own = (piece.of(t) for t in (state.parameters, gradient))
            slots = {name: piece.of(slot) if name in rule.slots else slot for name, slot in kept.items()}
            before = parameters.clone()
            self._apply(parameters, own, slots, self._rate(series["lr"], piece, knobs), knobs)
            if self.limited:
                late.append((own, before, parameters))
            else:
                norms += self._changed(own, before, parameters)
        if self.limited:
            self._limit(state.parameters, knobs)
            norms += [norm for vectors in late for norm in self._changed(*vectors)]
        if self.shape.averaging in EACH_STEP:
            EACH_STEP[self.shape.averaging](state.parameters, kept, knobs)
        return torch.cat(norms).to(precise(self.device))

    def _apply(self, parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, knobs: Knobs) -> None:
        if "decay" in knobs:
            parameters.mul_(fitting(1 - lr * knobs["decay"], parameters))
        rule = self.shape.rule
        if rule in fused.KERNELS and parameters.dim() == 1 and parameters.device.type == "cpu":
            fused.update(rule, {"parameters": parameters, "gradient": gradient, "lr": lr, **slots, **knobs})
        else:
            RULES[rule].update(parameters, gradient, slots, lr, knobs)

    @staticmethod
    def _rate(lr: Tensor, piece: Piece, knobs: Knobs) -> Tensor:
        factor = knobs.get(f"lr.{piece.layer}")
        return lr if factor is None else lr * factor

    def _clip(self, gradient: Tensor, knobs: Knobs) -> list[Tensor]:
        """Clip the gradient; return what `_measured` says of it as it was before."""
        if self.at_once:
            found = self._measured(gradient)
            squares = found[0].squeeze(0)
        else:
            found = [norm for piece in self.pieces for norm in self._measured(piece.of(gradient))]
            squares = torch.cat(found).to(precise(self.device)).square().movedim(0, -1) @ self.membership
        CLIPPINGS[self.shape.clipping](gradient, squares, knobs["clipping"], self._spread)
        return found

    def _measured(self, *vectors: Tensor) -> list[Tensor]:
        """Return (…, layers) squares of vectors' norms in all layers, in one tensor; or of pieces (1, …) norms each."""
        if self.at_once:
            return [torch.stack(vectors).to(precise(self.device)).square_() @ self.membership]
        return [torch.linalg.vector_norm(vector, dim=-1).unsqueeze(0) for vector in vectors]

    def _spread(self, numbers: Tensor) -> Tensor:
        """Return (…, size) a number of each layer for each of its parameters; of frozen layers, any."""
        sizes = [stop - start for start, stop in self.built.layout.spans]
        parts = [numbers[..., i : i + 1].expand(*numbers.shape[:-1], size) for i, size in enumerate(sizes)]
        return torch.cat(parts, dim=-1)

    def _changed(self, gradient: Tensor, before: Tensor, after: Tensor) -> list[Tensor]:
        """Return what `_measured` says of a gradient, of what became of parameters, and of these; `before` is lost."""
        return self._measured(gradient, before.sub_(after), after)

    @cached_property
    def limited(self) -> bool:
        """Whether any layer's weights are held within a length."""
        return any(name.startswith("max_norm.") for name in self.shape.names)

    def _limit(self, parameters: Tensor, knobs: Knobs) -> None:
        for tensor in self.built.layout.parameters:
            longest = knobs.get(f"max_norm.{tensor.layer}")
            if longest is not None and tensor.is_weight and not self.shape.frozen[tensor.layer]:
                limit_rows(views(parameters, [tensor])[0], longest, parameters.dim() - 1)

    @cached_property
    def at_once(self) -> bool:
        """Whether all layers are updated and measured at once: where they are small, and treated alike."""
        alike = not any(name.startswith("lr.") for name in self.shape.names) and not any(self.shape.frozen)
        return alike and self.built.layout.size <= WHOLE

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """What is updated and measured at once: all, or parts of the layers that learn."""
        layout = self.built.layout
        if self.at_once:
            return (Piece(0, layout.size, None),)
        spans = [(i, *span) for i, span in enumerate(layout.spans) if not self.shape.frozen[i]]
        return tuple(Piece(*part, i) for i, start, stop in spans for part in _cut(start, stop))

    @cached_property
    def membership(self) -> Tensor:
        """(size or pieces, layers), 1 where a number, or a piece, is the layer's."""
        layout = self.built.layout
        starts = range(layout.size) if self.at_once else (piece.start for piece in self.pieces)
        places = torch.tensor(list(starts), device=self.device)
        columns = [(places >= start) & (places < stop) for start, stop in layout.spans]
        return torch.stack(columns, dim=1).to(precise(self.device))

    def records(self, losses: Tensor, measured: Tensor) -> Tensor:
        """Return (n, …, 1 + 2 layers) from what n steps returned, stacked; with clipping 1 + 3 layers.

        They hold the loss before the update, each layer's gradient norm, each layer's update-to-parameter ratio, and
        the norm after clipping. The update is all that changed: the rule's, decay, and what max-norm took away.
        """
        if self.at_once:
            found = measured
        else:  # (n, norms of pieces, …)
            squares = measured.square()
            clipped = squares.shape[1] - 3 * len(self.pieces)
            before, after = squares[:, :clipped], squares[:, clipped:]
            after = after.view(len(after), len(self.pieces), 3, *after.shape[2:]).transpose(1, 2)
            found = torch.cat([before.unsqueeze(1), after], dim=1) if clipped else after
            found = found.movedim(2, -1) @ self.membership
        *unclipped, gradient, update, parameters = found.sqrt().unbind(1)
        ratio = update / parameters.clamp_min(1e-12)
        columns = [unclipped[0], ratio, gradient] if unclipped else [gradient, ratio]
        return torch.cat([losses.unsqueeze(-1), *columns], dim=-1).to(losses.dtype)


@dataclass(frozen=True)
class Piece:
    """A stretch of the flat vectors."""

    start: int
    stop: int
    layer: int | None  # None is all of them

    def of(self, values: Tensor) -> Tensor:
        """Return this stretch of (…, size) values."""
        return values if self.layer is None else values[..., self.start : self.stop]


def _cut(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, stop, PIECE):
        yield begin, min(begin + PIECE, stop)
