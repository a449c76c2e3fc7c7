"""Points drawn by hand: dealt out and scaled so that a new point moves no other, taken over, and written as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import features, scaling
from nnplayground.data.dataset import Dataset, Floats, Samples
from nnplayground.data.encoder import PointEncoder
from nnplayground.data.split import choose
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Drawn, Scaling, training_rows
from nnplayground.experiment.drawn import MOST_POINTS, REACH, Row, rows_of, text_of

Flags = NDArray[np.bool_]

GRID = 121  # places to a side at which the plane is measured
DOMAIN = ((-REACH, REACH), (-REACH, REACH))


def load_points(data: Drawn) -> Dataset:
    """Return the points as a data set. Raises ExperimentError where a class has fewer than two of them.

    Nothing is left to chance, and nothing hangs on other points but how many of its class came before.
    """
    rows = rows_of(data.points)
    counts = np.bincount([label for _, _, label in rows], minlength=data.class_count)
    if counts.min() < 2:
        label = int(counts.argmin())
        raise ExperimentError(
            f"data.points has {counts[label]} of class {label}; allowed: at least 2 of each of the "
            f"{data.class_count} classes (data.class_count), one to learn and one to validate on"
        )
    encode = _encoder(data.scaling, data.features)
    held = held_out([label for _, _, label in rows], data.validation_share)
    return Dataset(
        title=data.title,
        task=data.task,
        input_names=features.shown(data.features),
        target_name="class",
        class_names=tuple(f"class {i}" for i in range(data.class_count)),
        train=_samples(rows, ~held, encode),
        validation=_samples(rows, held, encode),
        encode=encode,
        domain=DOMAIN,
    )


def with_points(dataset: Dataset, data: Drawn) -> tuple[Dataset, Flags, Flags]:
    """Return a data set with the points of `data` instead of its own, however few they are, and what became of each.

    Of each point, (n,), it is told whether it is in the training part, and whether in the validation part; those of a
    class that the data set does not know are in neither.
    """
    rows = rows_of(data.points)
    held = held_out([label for _, _, label in rows], data.validation_share)
    known = np.array([label < len(dataset.class_names) for _, _, label in rows], bool)
    parts = known & ~held, known & held
    train, validation = (_samples(rows, part, dataset.encode) for part in parts)
    return replace(dataset, train=train, validation=validation), *parts


def held_out(labels: Sequence[int], share: float) -> Flags:
    """Return which points, (n,) in the order of painting, validate: in each class, whenever its share grows by one.

    So a point stays in its part when others are added after it, each class has its share, and a class of two or more
    is found in both parts.
    """
    seen: dict[int, int] = {}
    flags = np.zeros(len(labels), bool)
    for place, label in enumerate(labels):
        before = seen.get(label, 0)
        seen[label] = before + 1
        flags[place] = _held(before + 1, share) > _held(before, share)
    return flags


def _held(count: int, share: float) -> int:
    return count - training_rows(count, share) if count else 0


@lru_cache(maxsize=8)
def _encoder(mode: Scaling, names: tuple[str, ...]) -> PointEncoder:
    """Return what makes inputs of points, scaled as measured over the whole plane; the very same for all points."""
    along = np.linspace(-REACH, REACH, GRID)
    plane = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    return PointEncoder(names, scaling.fit(mode, features.make(names, plane)))


def _samples(rows: Sequence[Row], chosen: Flags, encode: Callable[[Floats], Floats]) -> Samples:
    table = np.array(rows, np.float64).reshape(-1, 3)[chosen]
    raw: Floats = np.ascontiguousarray(table[:, :2], np.float32)
    return Samples(encode(raw), table[:, 2].astype(np.int64), raw)


def taken_over(dataset: Dataset, share: float) -> tuple[str, int]:
    """Return the points of classes on the plane as text, and how many of them there was no room for.

    Those outside the plane are left out, and of too many each class in proportion. Points stay in their part as far as
    the `share` of each class that validates allows.
    """
    parts = (dataset.train, dataset.validation)
    raw = np.concatenate([part.raw for part in parts]).astype(np.float64)
    labels = np.concatenate([part.targets for part in parts])
    held = np.repeat([False, True], [len(part) for part in parts])
    inside = np.flatnonzero((np.abs(raw) <= REACH).all(axis=1))
    kept = inside[choose(labels[inside], MOST_POINTS, 0)]
    rows = [row for label in np.unique(labels[kept]) for row in _dealt(kept[labels[kept] == label], held, share)]
    return text_of((*raw[row].tolist(), int(labels[row])) for row in rows), len(raw) - len(kept)


def _dealt(rows: NDArray[np.int64], held: Flags, share: float) -> Iterable[int]:
    """Yield the rows of one class in an order in which `held_out` finds those that validate."""
    trained, validating = list(rows[~held[rows]]), list(rows[held[rows]])
    for wanted in held_out([0] * len(rows), share):
        first, second = (validating, trained) if wanted else (trained, validating)
        yield int((first or second).pop(0))


def thinned(text: str) -> str:
    """Return every other point of each class, dealt out anew; all of a class of fewer than four."""
    rows, seen, kept = rows_of(text), dict[int, int](), []
    counts = np.bincount([label for _, _, label in rows], minlength=1)
    for row in rows:
        seen[row[2]] = seen.get(row[2], 0) + 1
        if counts[row[2]] < 4 or seen[row[2]] % 2:
            kept.append(row)
    return text_of(kept)


def table_of(text: str) -> str:
    """Return points as a CSV file with the columns x1, x2 and class, which is read back as a table of one's own."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["x1", "x2", "class"])
    writer.writerows([x, y, f"class {label}"] for x, y, label in rows_of(text))
    return stream.getvalue()
