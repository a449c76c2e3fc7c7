"""What a network is worth on all training and validation samples, in evaluation mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnplayground.data import Dataset
from nnplayground.engine.losses import Head
from nnplayground.engine.metrics import measure, readable
from nnplayground.engine.network import Architecture, forward, views
from nnplayground.engine.step import State
from nnplayground.engine.tuning import IN_THE_LOSS, Knobs

ROWS = 65_536  # evaluated at once
NUMBERS = 100_000_000  # of a network's widest layer held at once


@dataclass(frozen=True, eq=False)
class Part:
    """Training or validation samples on the device."""

    x: Tensor
    y: Tensor  # as the head takes them
    plain: Tensor  # (n,) classes or values


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Loss and metrics of both parts in evaluation mode."""

    train_loss: float
    validation_loss: float
    train_metrics: tuple[float, ...]
    validation_metrics: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Evaluates a state on parts of a data set: plain tensor code, traced as the step is. Penalties do not count."""

    built: Architecture
    head: Head
    dataset: Dataset
    parts: tuple[Part, ...]

    @torch.no_grad()
    def __call__(self, state: State, knobs: Knobs) -> Tensor:
        """Return (…, parts, 1 + metrics): loss and metrics; a state of stacked networks gives their axis first."""
        parameters = views(state.parameters, self.built.layout.parameters)
        buffers = views(state.buffers, self.built.layout.buffers)
        if state.parameters.dim() == 1:
            return self._of_one(parameters, buffers, knobs)
        needed = {name: number.squeeze(-1) for name, number in knobs.items() if name.startswith(IN_THE_LOSS)}
        found: Tensor = torch.vmap(self._of_one)(parameters, buffers, needed)
        return found

    def _of_one(self, parameters: Sequence[Tensor], buffers: Sequence[Tensor], knobs: Knobs) -> Tensor:
        rows = []
        for part in self.parts:
            outputs = answer(self.built, parameters, buffers, part.x)
            loss = self.head.compute(outputs, part.y, knobs).reshape(1)
            rows.append(torch.cat([loss, measure(self.head.probabilities(outputs), part.plain, self.dataset)]))
        return torch.stack(rows)

    def read(self, values: Tensor) -> Evaluation:
        """Return the evaluation of one network from its (parts, 1 + metrics)."""
        train, validation = (readable(row, self.dataset.task) for row in values.tolist())
        return Evaluation(train[0], validation[0], train[1], validation[1])


def answer(built: Architecture, parameters: Sequence[Tensor], buffers: Sequence[Tensor], x: Tensor) -> Tensor:
    """Return (n, outputs) raw outputs in evaluation mode, not all at once where that would take much memory."""
    rows = max(1, min(ROWS, NUMBERS // built.widest))
    pieces = [forward(built, parameters, buffers, piece) for piece in torch.split(x, rows)]
    return torch.cat(pieces) if len(pieces) != 1 else pieces[0]
