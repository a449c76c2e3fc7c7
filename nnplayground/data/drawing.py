"""What can be done to points drawn by hand: sprayed, moved, erased, and set far out of their class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnplayground.data.drawn import Flags, held_out
from nnplayground.experiment.drawn import DIGITS, MOST_POINTS, REACH, Row

Doubles = NDArray[np.float64]

DENSITY = 6.0  # points sprayed for each length of the brush's radius along a stroke
RIM = 0.5  # of the plane, in which no point is set as an outlier: it would be hard to see
PLACES = 56  # to a side at which an outlier may be set


def places_of(rows: Sequence[Row]) -> Doubles:
    """Return where points lie, (n, 2)."""
    return np.array([row[:2] for row in rows], np.float64).reshape(-1, 2)


def sprayed(along: Doubles, radius: float, label: int, generator: Generator) -> tuple[Row, ...]:
    """Return points of a class by chance within `radius` of the places (n, 2) of a stroke, one for each, on the plane.

    They are spread evenly over the brush; with a radius of 0 they lie on the places themselves.
    """
    angle = generator.uniform(0.0, 2 * np.pi, len(along))
    distance = radius * np.sqrt(generator.uniform(0.0, 1.0, len(along)))
    places = along + distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return tuple((*place, label) for place in _on_plane(places).tolist())


def between(start: Doubles, stop: Doubles, radius: float) -> Doubles:
    """Return the places (n, 2) at which a brush sprays on its way, the last of them at most a gap before `stop`."""
    gap = radius / DENSITY
    length = float(np.hypot(*(stop - start)))
    shares = np.arange(1, int(length / gap) + 1) * (gap / max(length, gap))
    return np.asarray(start + shares[:, None] * (stop - start))


def moved(rows: Sequence[Row], index: int, place: Sequence[float]) -> tuple[Row, ...]:
    """Return the points with one of them at another place of the plane; it stays in its part."""
    x, y = _on_plane(np.asarray(place, np.float64)).tolist()
    return (*rows[:index], (x, y, rows[index][2]), *rows[index + 1 :])


def added(rows: Sequence[Row], more: Sequence[Row]) -> tuple[Row, ...]:
    """Return the points and others after them, as many as there may be."""
    return (*rows, *more)[:MOST_POINTS]


def erased(rows: Sequence[Row], gone: Flags) -> tuple[Row, ...]:
    """Return the points without those that are `gone`, (n,).

    The last of a class take the places of those that are gone, so that hardly any goes over to the other part.
    """
    kept: list[Row | None] = [None if is_gone else row for row, is_gone in zip(rows, gone, strict=True)]
    for label in {row[2] for row, is_gone in zip(rows, gone, strict=True) if is_gone}:
        own = [place for place, row in enumerate(rows) if row[2] == label]
        left = [place for place in own if not gone[place]]
        for hole in (place for place in own[: len(left)] if gone[place]):
            last = left.pop()
            kept[hole], kept[last] = kept[last], None
    return tuple(row for row in kept if row is not None)


def near(rows: Sequence[Row], place: Sequence[float], radius: float) -> Flags:
    """Return which points, (n,), lie within `radius` of a place."""
    return np.asarray(np.hypot(*(places_of(rows) - np.asarray(place)).T) <= radius)


def with_outlier(rows: Sequence[Row], label: int, share: float) -> tuple[Row, ...]:
    """Return the points and one more of a class, as far from all others of that class as the plane allows.

    It is trained on: where its turn is to validate, with `share` of each class, a trained one of its class does.
    """
    along = np.linspace(RIM - REACH, REACH - RIM, PLACES)
    grid = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    own = [index for index, row in enumerate(rows) if row[2] == label]
    distances = np.hypot(*(grid[:, None] - places_of([rows[i] for i in own] or [(0.0, 0.0, label)])).T)
    x, y = _on_plane(grid[distances.min(axis=0).argmax()]).tolist()
    made = [*rows, (x, y, label)]
    held = held_out([row[2] for row in made], share)
    trained = [index for index in own if not held[index]]
    if held[-1] and trained:
        made[-1], made[trained[-1]] = made[trained[-1]], made[-1]
    return tuple(made)


def _on_plane(places: Doubles) -> Doubles:
    return np.asarray(np.round(np.clip(places, -REACH, REACH), DIGITS) + 0.0, np.float64)
