"""What edges may show: weights, what training does to them, or what they carry of one sample. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Responses, Trace, WeightGradients, WeightUpdates
from nnplayground.engine.snapshot import Snapshot

WEIGHTS, GRADIENTS, UPDATES, LATEST, CONTRIBUTIONS = "weights", "gradients", "updates", "latest", "contributions"
QUANTITIES = (WEIGHTS, GRADIENTS, UPDATES, LATEST, CONTRIBUTIONS)


@dataclass(frozen=True, eq=False)
class Numbers:
    """What is known of a network's weights, and which of it edges show."""

    shown: str = WEIGHTS  # one of QUANTITIES
    weights: Snapshot | None = None
    before: Snapshot | None = None  # the one that was drawn last, of the same run
    gradients: WeightGradients | None = None
    updates: WeightUpdates | None = None
    trace: Trace | None = None

    def of(self, quantity: str) -> Snapshot | None:
        """Return numbers laid out as the network is, or None where they are not known; see `Snapshot.plain`."""
        if quantity == GRADIENTS:
            return None if self.gradients is None else self.gradients.values
        if quantity == UPDATES:
            return None if self.updates is None else self.updates.values
        return self.latest if quantity == LATEST else self.weights

    @cached_property
    def latest(self) -> Snapshot | None:
        """What was added to the weights since the snapshot before."""
        if self.weights is None or self.before is None:
            return None
        now, before = self.weights.plain(), self.before.plain()
        return replace(now, parameters=now.parameters - before.parameters)

    @property
    def steps(self) -> int:
        """How many steps lie between the snapshot before and this one."""
        return 0 if self.weights is None or self.before is None else self.weights.step - self.before.step


@dataclass(frozen=True, eq=False)
class Content:
    """All numbers that the diagram draws."""

    numbers: Numbers = Numbers()
    responses: Responses | None = None
    dataset: Dataset | None = None


def before(last: Snapshot | None, kept: Snapshot | None, new: Snapshot | None) -> Snapshot | None:
    """Return which snapshot the `new` one's latest updates are told from, where `last` was drawn and `kept` before it.

    A snapshot of the same step is of weights that were set by hand, and one of an earlier step of a new beginning.
    """
    if new is None or last is None or new.layout != last.layout or new.step < last.step:
        return None
    return kept if new.step == last.step else last
