"""What a network is worth on all training and validation samples, in evaluation mode, and which was the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import torch
from torch import Tensor

from nnplayground.data import Dataset
from nnplayground.engine.averages import EACH_EPOCH
from nnplayground.engine.best import keep_best
from nnplayground.engine.losses import Head
from nnplayground.engine.metrics import bounded, measure, readable
from nnplayground.engine.network import BATCH_NORM_MOMENTUM, Architecture, forward, views
from nnplayground.engine.penalties import penalty
from nnplayground.engine.step import State
from nnplayground.engine.tuning import Knobs

ROWS = 65_536  # evaluated at once
NUMBERS = 100_000_000  # of a network's widest layer held at once

WATCHED = {"train_loss": (0, 0, 1.0), "validation_loss": (1, 0, 1.0), "validation_metric": (1, 1, -1.0)}
"""Of what may be watched: its part and column in an evaluation, and the sign that makes the smaller the better."""


@dataclass(frozen=True, eq=False)
class Part:
    """Training or validation samples on the device."""

    x: Tensor
    y: Tensor  # as the head takes them
    plain: Tensor  # (n,) classes or values


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Loss and metrics of both parts in evaluation mode; the averaged model's are NaN where there is none.

    The penalty is no part of the losses.
    """

    train_loss: float
    validation_loss: float
    train_metrics: tuple[float, ...]
    validation_metrics: tuple[float, ...]
    penalty: float
    averaged_validation_loss: float
    averaged_validation_metrics: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Evaluates a state on parts of a data set: plain tensor code, traced as the step is. Penalties are told apart."""

    built: Architecture
    head: Head
    dataset: Dataset
    parts: tuple[Part, ...]
    averaging: str  # of tuning.Tuning
    frozen: tuple[bool, ...]  # of tuning.Tuning
    watch: str  # of WATCHED

    @property
    def models(self) -> int:
        """How many models a state holds: one, or two with that of averaged weights."""
        return 1 if self.averaging == "none" else 2

    @torch.no_grad()
    def finish(self, state: State, knobs: Knobs) -> Tensor:
        """Do what is to be done at an epoch's end: average, evaluate, and keep the best. Returns the evaluation."""
        if self.averaging in EACH_EPOCH:
            EACH_EPOCH[self.averaging](state.parameters, state.slots, knobs)
        found = self(state, knobs)
        part, column, sign = WATCHED[self.watch]
        value, before = sign * found[..., 0, part, column], state.slots["best_value"]
        keep_best(state, value.reshape(before.shape).to(before.dtype))
        return found

    @torch.no_grad()
    def __call__(self, state: State, knobs: Knobs) -> Tensor:
        """Return (…, models, parts, 1 + metrics + 1); of stacked networks their axis comes first.

        The numbers are the part's loss and metrics, and the model's penalty.
        """
        wanted = {name: number for name, number in knobs.items() if name.startswith("loss.")}
        models = [(state.parameters, state.buffers)]
        if self.averaging != "none":
            models.append((state.slots["average"], self.refreshed(state.slots["average"], state.buffers)))
        found = torch.stack([self._of(*model, wanted) for model in models], dim=state.parameters.dim() - 1)
        own = [penalty(weights, self.built.layout, self.frozen, knobs) for weights, _ in models]
        beside = torch.stack(own, dim=-1)[..., None, None].to(found.dtype)
        return torch.cat([found, beside.expand(*found.shape[:-1], 1)], dim=-1)

    def _of(self, parameters: Tensor, buffers: Tensor, knobs: Knobs) -> Tensor:
        tensors = views(parameters, self.built.layout.parameters), views(buffers, self.built.layout.buffers)
        if parameters.dim() == 1:
            return self._of_one(*tensors, knobs)
        found: Tensor = torch.vmap(self._of_one)(*tensors, {name: number.squeeze(-1) for name, number in knobs.items()})
        return found

    def _of_one(self, parameters: Sequence[Tensor], buffers: Sequence[Tensor], knobs: Knobs) -> Tensor:
        rows = []
        for part in self.parts:
            outputs = answer(self.built, parameters, buffers, part.x)
            loss = self.head.compute(outputs, part.y, knobs).reshape(1)
            rows.append(torch.cat([loss, measure(self.head.probabilities(outputs), part.plain, self.dataset)]))
        return torch.stack(rows)

    def refreshed(self, parameters: Tensor, buffers: Tensor) -> Tensor:
        """Return the buffers of a network whose weights were averaged: statistics of the training samples anew.

        Frozen layers keep theirs.
        """
        layout = self.built.layout
        if not layout.buffers:
            return buffers
        still = [self.frozen[tensor.layer] for tensor in layout.buffers]
        pairs = zip(views(buffers, layout.buffers), still, strict=True)
        fresh = [buffer if kept else torch.zeros_like(buffer) for buffer, kept in pairs]
        x, weights = self.parts[0].x[: rows_for(self.built)], views(parameters, layout.parameters)

        def run(own: Sequence[Tensor], running: Sequence[Tensor]) -> Tensor:
            return forward(self.built, own, running, x, training=True, frozen=self.frozen)

        (run if parameters.dim() == 1 else torch.vmap(run))(weights, fresh)
        pairs, lead = zip(fresh, still, strict=True), parameters.shape[:-1]
        return torch.cat([(b if kept else b / BATCH_NORM_MOMENTUM).reshape(*lead, -1) for b, kept in pairs], dim=-1)

    def read(self, values: Tensor) -> Evaluation:
        """Return the evaluation of one network from its (models, parts, 1 + metrics + 1)."""
        (train, validation), *others = [
            [readable(row[:-1], self.dataset.task) for row in model] for model in values.tolist()
        ]
        averaged = others[0][1] if others else (nan, (nan,) * len(validation[1]))
        own = bounded(float(values[0, 0, -1]))
        return Evaluation(train[0], validation[0], train[1], validation[1], own, *averaged)

    def watched(self, values: Tensor) -> float:
        """Return what is watched of one network's evaluation, the smaller the better; NaN becomes the worst."""
        part, column, sign = WATCHED[self.watch]
        value = sign * float(values[0, part, column])
        return value if value == value else inf


def rows_for(built: Architecture) -> int:
    """Return how many samples a network may be given at once."""
    return max(1, min(ROWS, NUMBERS // built.widest))


def answer(built: Architecture, parameters: Sequence[Tensor], buffers: Sequence[Tensor], x: Tensor) -> Tensor:
    """Return (n, outputs) raw outputs in evaluation mode, not all at once where that would take much memory."""
    pieces = [forward(built, parameters, buffers, piece) for piece in torch.split(x, rows_for(built))]
    return torch.cat(pieces) if len(pieces) != 1 else pieces[0]
