"""What live knobs say about a step: which terms it has, and their numbers, which may be turned while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from nnplayground.engine.losses import delta_of
from nnplayground.engine.optimizers import hyper_of, rule_of
from nnplayground.experiment import Experiment


@dataclass(frozen=True)
class Tuning:
    """What live knobs say about a step. None is a term that is left out of it."""

    rule: str  # of optimizers.RULES
    hyper: tuple[tuple[str, float], ...]
    delta: float
    l1: float | None
    l2: float | None
    rates: tuple[float | None, ...]  # of dropout: inputs, then each hidden layer

    @property
    def shape(self) -> Tuning:
        """What is left when numbers do not count: tunings of the same shape are served by the same step."""
        hyper = tuple((name, 0.0) for name, _ in self.hyper)
        rates = tuple(_blank(rate) for rate in self.rates)
        return Tuning(self.rule, hyper, 0.0, _blank(self.l1), _blank(self.l2), rates)

    @property
    def numbers(self) -> list[float]:
        """Every number, always in the same order."""
        given = (self.delta, self.l1, self.l2, *self.rates)
        return [value for _, value in self.hyper] + [value for value in given if value is not None]


@dataclass(frozen=True, eq=False)
class Knobs:
    """A tuning's numbers as tensors: without dimension, or (networks, 1)."""

    hyper: dict[str, Tensor]
    delta: Tensor
    l1: Tensor | None
    l2: Tensor | None
    rates: tuple[Tensor | None, ...]

    @classmethod
    def of(cls, shape: Tuning, numbers: Sequence[Tensor]) -> Knobs:
        """Return the tensors of `Tuning.numbers`, by name."""
        left = iter(numbers)
        hyper = {name: next(left) for name, _ in shape.hyper}
        delta = next(left)
        l1, l2 = (None if value is None else next(left) for value in (shape.l1, shape.l2))
        return cls(hyper, delta, l1, l2, tuple(None if rate is None else next(left) for rate in shape.rates))


def _blank(value: float | None) -> float | None:
    return None if value is None else 0.0


def tuning_of(experiment: Experiment) -> Tuning:
    """Return what an experiment's live knobs say."""
    network, penalties = experiment.network, experiment.regularization
    hidden = [network.resolved(i).dropout or 0.0 for i in range(len(network.layers))]
    return Tuning(
        rule_of(experiment.optimizer),
        tuple(hyper_of(experiment.optimizer).items()),
        delta_of(experiment.loss),
        penalties.l1 or None,
        penalties.l2 or None,
        tuple(rate or None for rate in (network.input_dropout, *hidden)),
    )
