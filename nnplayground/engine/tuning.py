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

IN_THE_LOSS = ("loss.", "dropout.", "input_noise", "augment.")
"""How the names of those numbers begin that the loss looks at, rather than the update."""


@dataclass(frozen=True)
class Tuning:
    """What live knobs say about a step. What has no term is left out of it."""

    rule: str  # of optimizers.RULES
    terms: tuple[tuple[str, float], ...]

    @property
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


def tuning_of(experiment: Experiment) -> Tuning:
    """Return what an experiment's live knobs say."""
    given = {**hyper_of(experiment.optimizer), **numbers_of(experiment.loss)}
    return Tuning(rule_of(experiment.optimizer), (*given.items(), *_others(experiment)))


def _others(experiment: Experiment) -> Iterator[tuple[str, float]]:
    """Yield the terms that a zero leaves out."""
    penalties = experiment.regularization
    for name, value in {"l1": penalties.l1, "l2": penalties.l2, **strengths(experiment)}.items():
        if value:
            yield name, value
