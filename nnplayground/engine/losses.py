"""Heads and losses: what the last layer's numbers mean, and what training makes small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from nnplayground.data.dataset import Dataset
from nnplayground.experiment.losses import Loss

Knobs = Mapping[str, Tensor]  # what is turned while training, by name


def _mse(predictions: Tensor, targets: Tensor, _knobs: Knobs) -> Tensor:
    return F.mse_loss(predictions, targets)


def _mae(predictions: Tensor, targets: Tensor, _knobs: Knobs) -> Tensor:
    return F.l1_loss(predictions, targets)


def _huber(predictions: Tensor, targets: Tensor, knobs: Knobs) -> Tensor:
    delta, error = knobs["loss.delta"], (predictions - targets).abs()  # Huber 1964
    return torch.where(error <= delta, 0.5 * error.square(), delta * (error - 0.5 * delta)).mean()


def _binary_cross_entropy(logits: Tensor, targets: Tensor, _knobs: Knobs) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, targets)


def _cross_entropy(logits: Tensor, targets: Tensor, _knobs: Knobs) -> Tensor:
    return F.cross_entropy(logits, targets)


LOSSES: dict[str, Callable[[Tensor, Tensor, Knobs], Tensor]] = {
    "mse": _mse,
    "mae": _mae,
    "huber": _huber,
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": _cross_entropy,
}
_ON_LOGITS = ("binary_cross_entropy", "cross_entropy")  # these have their link inside, which is exact where it matters


def _softmax(logits: Tensor) -> Tensor:
    return torch.softmax(logits, dim=-1)


def _identity(outputs: Tensor) -> Tensor:
    return outputs


LINKS: dict[str, Callable[[Tensor], Tensor]] = {"identity": _identity, "sigmoid": torch.sigmoid, "softmax": _softmax}


@dataclass(frozen=True, eq=False)
class Head:
    """The output layer: how many neurons, their link to probabilities or a value, and the loss."""

    outputs: int
    activation: str  # identity, sigmoid or softmax
    loss: str

    @property
    def link(self) -> Callable[[Tensor], Tensor]:
        """The function from (n, outputs) raw outputs to probabilities or values."""
        return LINKS[self.activation]

    def targets(self, targets: Tensor) -> Tensor:
        """Return targets, classes or values, in the shape and type that `compute` takes."""
        if self.activation != "softmax":
            return targets.to(torch.float32).unsqueeze(1)
        return targets if self.loss == "cross_entropy" else F.one_hot(targets, self.outputs).to(torch.float32)

    def compute(self, outputs: Tensor, targets: Tensor, knobs: Knobs) -> Tensor:
        """Return the mean loss of (n, outputs) raw outputs against targets made by `targets`."""
        predictions = outputs if self.loss in _ON_LOGITS else self.link(outputs)
        return LOSSES[self.loss](predictions, targets, knobs)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return (n, classes) probabilities of raw outputs, two columns for a sigmoid; values stay (n, 1)."""
        answer = self.link(outputs)
        return torch.cat([1 - answer, answer], dim=1) if self.activation == "sigmoid" else answer


def head(loss: Loss, dataset: Dataset) -> Head:
    """Return the output layer for a loss and the task of a data set: one sigmoid for two classes, else softmax."""
    kind = str(getattr(loss, "kind", "auto"))
    classes = len(dataset.class_names)
    if dataset.task == "regression":
        return Head(1, "identity", "mse" if kind == "auto" else kind)
    if kind == "auto":
        kind = "binary_cross_entropy" if classes == 2 else "cross_entropy"
    if classes == 2 and kind != "cross_entropy":
        return Head(1, "sigmoid", kind)
    return Head(classes, "softmax", kind)


def numbers_of(loss: Loss) -> dict[str, float]:
    """Return a loss's own numbers by the names under which it finds them among the knobs."""
    return {f"loss.{name}": value for name, value in loss.model_dump().items() if isinstance(value, float)}
