"""A knob or a result of many runs as numbers along an axis of its own: linear, by decades, or one place a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import floor, isfinite, log10
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment.catalogue import every_knob
from nnplayground.runs.comparing import NAMES, differing_knobs, order_of

Doubles = NDArray[np.float64]

WIDE = 30.0  # times that the greatest loss is the least from which on losses lie by decades


class Values(Protocol):
    """What has values: a run of the store."""

    @property
    def knobs(self) -> dict[str, Any]:
        """Every value of the experiment by its path."""
        ...

    @property
    def results(self) -> dict[str, float]:
        """What came out, by name."""
        ...

    @property
    def values(self) -> dict[str, Any]:
        """Both, and more."""
        ...


@dataclass(frozen=True, eq=False)
class Quantity:
    """The values of one knob or result, one of each run."""

    path: str
    values: Doubles  # (n,), NaN where a run has none; of choices, the place in `names`
    names: tuple[str, ...] = ()  # of choices, in order; empty for numbers
    logarithmic: bool = False

    @cached_property
    def zero(self) -> float | None:
        """Where 0 lies on a logarithmic axis that has it: a decade or more below the least positive value."""
        positive = self.values[self.values > 0]
        if not self.logarithmic or not (self.values == 0).any() or not len(positive):
            return None
        return float(floor(log10(positive.min())) - 1)

    @cached_property
    def positions(self) -> Doubles:
        """Where the values lie along the axis, (n,): decimal logarithms where it is logarithmic; else themselves."""
        if not self.logarithmic:
            return self.values
        found = np.log10(self.values, out=np.full(self.values.shape, np.nan), where=self.values > 0)
        if self.zero is not None:
            found[self.values == 0] = self.zero
        return found

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which runs have it."""
        return np.isfinite(self.positions)

    @property
    def differs(self) -> bool:
        """Whether two runs have other values of it."""
        found = self.values[self.known]
        return len(found) > 0 and bool((found != found[0]).any() or len(found) < len(self.values))


def quantity(runs: Sequence[Values], path: str, label: Callable[[Any], str] = str) -> Quantity:
    """Return a knob or a result of runs. What is no number is a choice, called by its `label`.

    Numbers that are not finite are as if there were none.
    """
    found = [run.values.get(path) for run in runs]
    known = [value for value in found if value is not None]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        plain = [float(value) if value is not None else np.nan for value in found]
        values = np.array([value if isfinite(value) else np.nan for value in plain], np.float64)
        return Quantity(path, values, logarithmic=_is_logarithmic(path, values))
    keys = sorted({_key(value): value for value in known}.items(), key=lambda pair: order_of(pair[1]))
    places = {key: place for place, (key, _) in enumerate(keys)}
    values = np.array([np.nan if value is None else places[_key(value)] for value in found], np.float64)
    return Quantity(path, values, tuple(label(value) for _, value in keys))


def _key(value: Any) -> tuple[str, str]:
    return type(value).__name__, str(value)


def knobs_of(runs: Sequence[Values]) -> list[str]:
    """Return the paths of the knobs that differ between runs, names and notes left out, in the experiment's order."""
    return [path for path in differing_knobs(runs) if path not in NAMES]


def results_of(runs: Sequence[Values]) -> list[str]:
    """Return the results that any of the runs has, in the order in which they come."""
    found: dict[str, None] = {}
    for run in runs:
        found.update(dict.fromkeys(run.results))
    return list(found)


def _is_logarithmic(path: str, values: Doubles) -> bool:
    """Whether values lie by decades: those of knobs that do, and losses that lie far apart."""
    known = values[np.isfinite(values)]
    if not len(known) or known.min() < 0 or known.max() <= 0:
        return False
    if path.endswith("loss") or path == "penalty":
        return bool(known.min() > 0 and known.max() > WIDE * known.min())
    return path in _by_decades()


@lru_cache(maxsize=1)
def _by_decades() -> frozenset[str]:
    return frozenset(field.path for _, field in every_knob() if field.knob.log)
