"""Comparing runs: the knobs in which they differ, groups by a knob, and whether a difference is more than chance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

NAMES = ("name", "note", "format")  # of an experiment, which say nothing of how it is trained
SEEDS = "seeds."


class Knobs(Protocol):
    """What has knobs: a run of the store."""

    @property
    def knobs(self) -> dict[str, Any]:
        """Every value of the experiment by its path."""
        ...


def differing_knobs(runs: Iterable[Knobs]) -> list[str]:
    """Return the paths of the knobs that do not have the same value in all runs, in the order of the experiment."""
    left = iter(runs)
    first = next(left, None)
    if first is None:
        return []
    known = dict.fromkeys(first.knobs)
    same = dict(first.knobs)
    for run in left:
        knobs = run.knobs
        if knobs == same:
            continue
        known.update(dict.fromkeys(knobs))
        for path in [path for path, value in same.items() if path not in knobs or knobs[path] != value]:
            del same[path]
    return [path for path in known if path not in same]


def grouped(runs: Sequence[Any], path: str) -> dict[Hashable, list[Any]]:
    """Return runs by their value of a knob or a result (their `values`), the least value first; without it, last."""
    found: dict[Hashable, list[Any]] = {}
    for run in runs:
        found.setdefault(key_of(run.values.get(path)), []).append(run)
    return dict(sorted(found.items(), key=lambda pair: order_of(pair[0])))


def key_of(value: Any) -> Hashable:
    """Return a value such that equal ones are one key of a dict: lists and tables as their text."""
    return str(value) if isinstance(value, (list, dict)) else value


def order_of(value: Any) -> tuple[int, Any]:
    """Return what values of any kind are sorted by: numbers, then texts, then what is not known."""
    if isinstance(value, (bool, int, float)):
        return (0, value) if value == value else (2, "")
    return (2, "") if value is None else (1, str(value))


def recipe_of(run: Knobs) -> tuple[tuple[str, Hashable], ...]:
    """Return what determines a run but for its seeds and its names: equal for runs that differ by chance alone."""
    return tuple(sorted((p, key_of(v)) for p, v in run.knobs.items() if p not in NAMES and not p.startswith(SEEDS)))


@dataclass(frozen=True)
class Difference:
    """How far two groups of results lie apart, beside how far results of one group do by chance."""

    between: float  # the means' distance
    spread: float  # the standard deviation within a group, pooled over groups
    degrees: int  # of freedom that it comes from

    @property
    def is_chance(self) -> bool:
        """Whether results of one group differ by more than the groups do."""
        return self.between < self.spread


def difference(groups: Sequence[Sequence[float]]) -> Difference | None:
    """Return how far the first two of several groups of results lie apart, and the spread within all of them.

    The spread is the pooled standard deviation, the root of the sum of squares about each group's own mean over
    n - k degrees of freedom. None where there are not two groups, or no group has two results.
    """
    known = [np.array([value for value in group if np.isfinite(value)], np.float64) for group in groups]
    degrees = sum(len(group) - 1 for group in known if len(group))
    if len(known) < 2 or not (len(known[0]) and len(known[1])) or degrees < 1:
        return None
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in known if len(group))
    return Difference(abs(float(known[0].mean() - known[1].mean())), float(np.sqrt(squares / degrees)), degrees)


@dataclass(frozen=True, eq=False)
class Band:
    """The course of a group: at each x the mean, least, greatest and median of the curves that reach that far."""

    x: Doubles  # (k,)
    mean: Doubles
    low: Doubles
    high: Doubles
    median: Doubles


def band(curves: Sequence[tuple[Doubles, Doubles]], points: int = 500) -> Band:
    """Return the course of several curves (x ascending, y), each interpolated linearly between its own points.

    A curve counts from its first x to its last; numbers that are not finite are left out.
    """
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in curves]
    known = [(x, y) for x, y in known if len(x)]
    if not known:
        return Band(*(np.empty(0),) * 5)
    grid = np.unique(np.concatenate([x for x, _ in known]))
    if len(grid) > points:
        grid = np.linspace(grid[0], grid[-1], points)
    values = np.stack([np.interp(grid, x, y, left=np.nan, right=np.nan) for x, y in known])
    there = ~np.isnan(values).all(axis=0)
    grid, values = grid[there], values[:, there]
    mean, median = np.nanmean(values, axis=0), np.nanmedian(values, axis=0)
    return Band(grid, mean, np.fmin.reduce(values), np.fmax.reduce(values), median)
