"""What live knobs say about a step: which terms it has, and their numbers, which may be turned while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from nnplayground.engine.losses import numbers_of
from nnplayground.engine.noise import strengths
from nnplayground.engine.optimizers import hyper_of, rule_of
from nnplayground.experiment import Experiment

Knobs = Mapping[str, Tensor]
"""A tuning's numbers by name: without dimension, or (networks, 1)."""

IN_THE_LOSS = ("loss.", "smoothing", "dropout.", "input_noise", "augment.")
"""How the names of those numbers begin that the loss looks at, rather than the update."""


@dataclass(frozen=True)
class Tuning:
    """What live knobs say about a step. What has no term is left out of it."""

    rule: str  # of optimizers.RULES
    clipping: str  # "none", or of limits.CLIPPINGS
    averaging: str  # "none", or of averages.EACH_STEP or EACH_EPOCH
    frozen: tuple[bool, ...]  # each layer
    terms: tuple[tuple[str, float], ...]

    @cached_property
    def shape(self) -> Tuning:
        """What is left when numbers do not count: tunings of the same shape are served by the same step."""
        return replace(self, terms=tuple((name, 0.0) for name in self.names))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the numbers are called."""
        return tuple(name for name, _ in self.terms)

    @property
    def numbers(self) -> list[float]:
        """Every number, always in the same order."""
        return [value for _, value in self.terms]

    def knobs(self, numbers: Sequence[Tensor]) -> Knobs:
        """Return tensors of `numbers` by name."""
        return dict(zip(self.names, numbers, strict=True))


def tuning_of(experiment: Experiment, steps_per_epoch: int, taken: Sequence[bool] = ()) -> Tuning:
    """Return what an experiment's live knobs say; `taken` are the layers that were learned before."""
    layers = experiment.network.learners()
    given = {**hyper_of(experiment.optimizer), **numbers_of(experiment.loss), **_averaging(experiment, steps_per_epoch)}
    others = {name: value for name, value, nothing in _others(experiment, taken) if value != nothing}
    return Tuning(
        rule_of(experiment.optimizer),
        experiment.clipping.kind,
        experiment.averaging.kind,
        (*(layer.frozen or i < experiment.transfer.frozen for i, layer in enumerate(layers)), False),
        (*given.items(), *others.items()),
    )


def _others(experiment: Experiment, taken: Sequence[bool]) -> Iterator[tuple[str, float, float]]:
    """Yield terms, their values, and the value that leaves each out."""
    layers, regularization = experiment.network.learners(), experiment.regularization
    for name in ("l1", "l2", "decay", "smoothing"):
        yield name, getattr(regularization, name), 0.0
    if experiment.clipping.kind != "none":
        yield "clipping", experiment.clipping.threshold, 0.0
    for name, strength in strengths(experiment).items():
        yield name, strength, 0.0
    for i, layer in enumerate(layers):
        yield f"max_norm.{i}", layer.max_norm or 0.0, 0.0
    for i, factor in enumerate((*(layer.lr_factor for layer in layers), experiment.output.lr_factor)):
        yield f"lr.{i}", factor * experiment.transfer.old_rate if i < len(taken) and taken[i] else factor, 1.0


def _averaging(experiment: Experiment, steps_per_epoch: int) -> dict[str, float]:
    averaging = experiment.averaging
    if averaging.kind == "swa":  # an epoch's last step counts, epochs and steps are counted from 1
        return {"averaging.start": float(averaging.start * steps_per_epoch)}
    return {"averaging.decay": averaging.decay} if averaging.kind == "ema" else {}
