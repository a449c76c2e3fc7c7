"""What a fan trains: an experiment, a knob and its values, the seeds of each, and for how long. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnplayground.experiment import Experiment, ExperimentError

SEEDS = "seeds"  # the path of a fan over weights and order at once
LARGEST = 2**31  # seeds are below


@dataclass(frozen=True)
class Plan:
    """A fan as it was asked for: every value is trained with `seeds` seeds, for so many epochs, or else steps."""

    experiment: Experiment
    path: str
    values: tuple[Any, ...]
    seeds: int = 1
    epochs: int | None = None
    steps: int | None = None

    @property
    def by_chance(self) -> bool:
        """Whether its values differ by chance alone, so that all of them are one group."""
        return self.path.split(".")[0] == SEEDS

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The seeds of weights and order that each value is trained with, the experiment's own first."""
        seeds, count = self.experiment.seeds, 1 if self.by_chance else self.seeds
        return tuple(((seeds.model + i) % LARGEST, (seeds.order + i) % LARGEST) for i in range(count))

    @property
    def own_pairs(self) -> tuple[tuple[int, int], ...]:
        """The same as a population wants them: none where the value itself says the seeds."""
        return () if self.by_chance else self.pairs

    def member(self, value: int, seed: int = 0) -> Experiment:
        """Return the experiment of one member. Raises ExperimentError where its value is not allowed."""
        found = self.experiment.replace(self.path, self.values[value])
        if self.by_chance:
            return found
        model, order = self.pairs[seed]
        return found.replace_all({"seeds.model": model, "seeds.order": order})

    @property
    def restores(self) -> frozenset[bool]:
        """Whether what is told of a member is of its best epoch or of its last step; of some fans both are."""
        if self.path == "stopping.restore":
            return frozenset(self.values)
        return frozenset({self.experiment.stopping.restore})

    def describes(self, experiment: Experiment) -> bool:
        """Whether an experiment is this plan's but for the value of its knob, and for its names."""
        try:
            same = self.experiment.replace(self.path, experiment.get(self.path))
        except ExperimentError:
            return False
        return same.model_copy(update={"name": experiment.name, "note": experiment.note}) == experiment


def seeds_of(experiment: Experiment, count: int) -> tuple[dict[str, int], ...]:
    """Return values of "seeds": the experiment's own, and those that follow it, on the same data."""
    seeds = experiment.seeds
    return tuple(
        {"model": (seeds.model + i) % LARGEST, "order": (seeds.order + i) % LARGEST, "data": seeds.data}
        for i in range(count)
    )
