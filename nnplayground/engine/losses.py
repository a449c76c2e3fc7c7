"""Heads and losses: what the last layer's numbers mean, and what training makes small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from nnplayground.data.dataset import Dataset
from nnplayground.experiment.answers import loss_for, outputs_for
from nnplayground.experiment.losses import Loss
from nnplayground.experiment.output import Output

Knobs = Mapping[str, Tensor]  # what is turned while training, by name
Compute = Callable[[Tensor, Tensor, Knobs, str], Tensor]
"""A loss of predictions, targets and knobs, reduced to the "mean", or by "none" left as (n,) or (n, outputs)."""

NEAR = 4.0  # errors up to which log-cosh is found by sinh, which overflows at large ones


def _reduced(values: Tensor, reduction: str) -> Tensor:
    return values.mean() if reduction == "mean" else values


def _mse(predictions: Tensor, targets: Tensor, _knobs: Knobs, reduction: str) -> Tensor:
    return F.mse_loss(predictions, targets, reduction=reduction)


def _mae(predictions: Tensor, targets: Tensor, _knobs: Knobs, reduction: str) -> Tensor:
    return F.l1_loss(predictions, targets, reduction=reduction)


def _huber(predictions: Tensor, targets: Tensor, knobs: Knobs, reduction: str) -> Tensor:
    delta, error = knobs["loss.delta"], (predictions - targets).abs()  # Huber 1964
    return _reduced(torch.where(error <= delta, 0.5 * error.square(), delta * (error - 0.5 * delta)), reduction)


def _log_cosh(predictions: Tensor, targets: Tensor, _knobs: Knobs, reduction: str) -> Tensor:
    """Small errors by log1p(2 sinh²(e / 2)), large ones by |e| + log1p(exp(-2|e|)) - log 2: neither loses digits."""
    error = predictions - targets
    near, size = error.clamp(-NEAR, NEAR), error.abs()
    small = torch.log1p(2 * torch.sinh(near / 2).square())
    return _reduced(torch.where(size <= NEAR, small, size + F.softplus(-2 * size) - log(2)), reduction)


def _quantile(predictions: Tensor, targets: Tensor, knobs: Knobs, reduction: str) -> Tensor:
    share, missing = knobs["loss.quantile"], targets - predictions  # Koenker and Bassett 1978
    return _reduced(torch.maximum(share * missing, (share - 1) * missing), reduction)


def _binary_cross_entropy(logits: Tensor, targets: Tensor, knobs: Knobs, reduction: str) -> Tensor:
    if "smoothing" in knobs:  # half of what is taken is the other class's
        targets = targets.to(logits.dtype) * (1 - knobs["smoothing"]) + knobs["smoothing"] / 2
    return F.binary_cross_entropy_with_logits(logits, targets, reduction=reduction)


def _cross_entropy(logits: Tensor, targets: Tensor, knobs: Knobs, reduction: str) -> Tensor:
    plain = F.cross_entropy(logits, targets, reduction=reduction)
    if "smoothing" not in knobs:
        return plain
    everywhere = _reduced(-F.log_softmax(logits, dim=-1).mean(dim=-1), reduction)  # Szegedy et al. 2016
    return (1 - knobs["smoothing"]) * plain + knobs["smoothing"] * everywhere


def _focal(logits: Tensor, targets: Tensor, knobs: Knobs, reduction: str) -> Tensor:
    if logits.shape[-1] == 1:
        certainty = F.logsigmoid((2 * targets - 1) * logits)
    else:
        certainty = (F.log_softmax(logits, dim=-1) * targets).sum(dim=-1)
    doubt = (-torch.expm1(certainty)).clamp_min(1e-6)  # at 0 a power below 1 has no slope; Lin et al. 2017
    return _reduced(-(doubt ** knobs["loss.gamma"]) * certainty, reduction)


def _hinge(scores: Tensor, targets: Tensor, _knobs: Knobs, reduction: str) -> Tensor:
    if scores.shape[-1] == 1:
        return _reduced((1 - (2 * targets - 1) * scores).clamp_min(0), reduction)
    ahead = scores - (scores * targets).sum(dim=-1, keepdim=True)  # Crammer and Singer 2001
    return _reduced((ahead + 1 - targets).amax(dim=-1), reduction)


LOSSES: dict[str, Compute] = {
    "mse": _mse,
    "mae": _mae,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "quantile": _quantile,
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": _cross_entropy,
    "focal": _focal,
    "hinge": _hinge,
}
_ON_SUMS = ("binary_cross_entropy", "cross_entropy", "focal", "hinge")  # these have their link inside, or need none


def _softmax(logits: Tensor) -> Tensor:
    return torch.softmax(logits, dim=-1)


def _identity(outputs: Tensor) -> Tensor:
    return outputs


LINKS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": _identity,
    "sigmoid": torch.sigmoid,
    "softmax": _softmax,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": F.softplus,
}


@dataclass(frozen=True)
class Head:
    """The output layer: how many neurons, their link to probabilities or a value, and the loss."""

    outputs: int
    activation: str  # of LINKS
    loss: str  # of LOSSES
    classes: int = 0  # of the data; 0 for values
    class_weights: tuple[float, ...] = ()  # how much a sample of each class counts; empty where all count alike

    @property
    def link(self) -> Callable[[Tensor], Tensor]:
        """The function from (n, outputs) raw outputs to probabilities or values."""
        return LINKS[self.activation]

    def targets(self, targets: Tensor) -> Tensor:
        """Return targets, classes or values, in the shape and type that `compute` takes."""
        if self.outputs == 1:
            return targets.to(torch.float32).unsqueeze(1)
        return targets if self.loss == "cross_entropy" else F.one_hot(targets, self.outputs).to(torch.float32)

    def compute(self, outputs: Tensor, targets: Tensor, knobs: Knobs) -> Tensor:
        """Return the mean loss of (n, outputs) raw outputs against targets made by `targets`."""
        predictions = outputs if self.loss in _ON_SUMS else self.link(outputs)
        own = {name: number for name, number in knobs.items() if name == "smoothing" or name.startswith("loss.")}
        knobs = {name: number.to(outputs.dtype) for name, number in own.items()}  # else doubles would come of them
        if not self.class_weights:
            return LOSSES[self.loss](predictions, targets, knobs, "mean")
        each = LOSSES[self.loss](predictions, targets, knobs, "none")
        return (each.reshape(len(outputs), -1).mean(dim=1) * self._weights(targets)).mean()

    def _weights(self, targets: Tensor) -> Tensor:
        """Return how much each of (n, …) targets counts."""
        if targets.device not in self._tables:  # which a graph on the GPU may not copy
            self._tables[targets.device] = torch.tensor(self.class_weights, device=targets.device)
        weights = self._tables[targets.device]
        if targets.dim() == 1:
            return weights[targets]
        if self.outputs == 1:
            return weights[0] + (weights[1] - weights[0]) * targets.squeeze(1)
        return targets[:, : len(weights)] @ weights.to(targets.dtype)

    @cached_property
    def _tables(self) -> dict[torch.device, Tensor]:
        return {}

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return (n, classes) probabilities of raw outputs, two columns for one output; values stay (n, 1).

        Outputs beyond the classes are left out: rows then sum to less than 1. Answers that are no probabilities by
        themselves are made into shares, the largest of them staying so.
        """
        answer = self.link(outputs)
        if not self.classes:
            return answer
        if self.outputs == 1:
            answer = answer if self.activation == "sigmoid" else answer.clamp(0, 1)
            return torch.cat([1 - answer, answer], dim=1)
        if self.activation != "softmax":
            raised = answer - answer.amin(dim=-1, keepdim=True).clamp_max(0) + torch.finfo(answer.dtype).eps
            answer = raised / raised.sum(dim=-1, keepdim=True)
        return answer[:, : self.classes]


def head(loss: Loss, output: Output, dataset: Dataset) -> Head:
    """Return the output layer for a loss and the task of a data set."""
    task, classes = dataset.task, len(dataset.class_names)
    weights = _balanced(dataset) if getattr(loss, "class_weights", "equal") == "balanced" else ()
    outputs, activation = outputs_for(loss, output, task, classes)
    return Head(outputs, activation, loss_for(loss, output, task, classes), classes, weights)


def _balanced(dataset: Dataset) -> tuple[float, ...]:
    """Return how much a sample of each class counts so that classes count alike: 1 on average over the samples."""
    counts = np.bincount(dataset.train.targets.astype(np.int64), minlength=len(dataset.class_names))
    return tuple((len(dataset.train) / (len(counts) * np.maximum(counts, 1))).tolist())


def numbers_of(loss: Loss) -> dict[str, float]:
    """Return a loss's own numbers by the names under which it finds them among the knobs."""
    return {f"loss.{name}": value for name, value in loss.model_dump().items() if isinstance(value, float)}
