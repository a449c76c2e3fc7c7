"""What lies under the points of the plane: probability or value, class, uncertainty, change. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Floats, OutputChange, OutputMap
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, diverging
from nnplayground.gui.views.palette import (
    SMOOTHER,
    Levels,
    blended,
    class_table,
    enlarged,
    levels_of,
    sequential,
)
from nnplayground.gui.views.picture import Scale
from nnplayground.gui.views.ticks import nice_step

ROUNDING = 1e-6  # of the largest value, by which float32 may lie beyond a round number
LEAST_CHANGE = 0.01  # of a probability, or of the targets' span, that takes the ends of the colours at least


@dataclass(frozen=True, eq=False)
class Ground:
    """A picture of the plane, row 0 at the top: (h, w) values of a scale, or (h, w, 3) colours.

    `answer` is what the network answers, (outputs, height, width); `more` what the picture adds to it, by name.
    """

    picture: NDArray
    scale: Scale | None
    answer: Floats
    more: tuple[tuple[str, NDArray], ...] = ()


def entropy(probabilities: Floats) -> Floats:
    """Return the entropy of (k, h, w) probabilities as a share of that of k equal ones: (h, w) from 0 to 1."""
    shares = np.nan_to_num(np.asarray(probabilities, np.float32))
    shares = shares / np.maximum(shares.sum(axis=0), np.finfo(np.float32).tiny)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(np.clip(-(shares * logs).sum(axis=0) / log(max(len(shares), 2)), 0, 1), np.float32)


def change_of(found: OutputChange) -> Floats:
    """Return (h, w): now minus then, of the value, of the second class of two, or of the class likeliest now."""
    difference = found.now - found.before
    if len(difference) <= 2:
        return difference[-1]
    best = found.now.argmax(axis=0)
    return np.asarray(np.take_along_axis(difference, best[None], axis=0)[0], np.float32)


def about_zero(values: NDArray, least: float) -> Levels:
    """Return levels the same to both sides of zero that hold the values: 1, 2 or 5 times a power of ten."""
    finite = np.abs(values[np.isfinite(values)])
    end = nice_step(max(float(finite.max(initial=0.0)) * (1 - ROUNDING), least), 1)
    return Levels(-end, end)


def of_answer(theme: Theme, dataset: Dataset, found: OutputMap | OutputChange) -> Ground:
    """Return the ground of a value, or of probabilities: paler where the network is less sure."""
    values = _now(found)
    if len(values) > 2:
        return Ground(blended(theme, values), None, values)
    meaning = dataset.target_name
    if len(values) == 2:
        meaning = _tr("probability of {name}").format(name=dataset.class_names[1])
    return Ground(values[-1], Scale(levels_of(dataset), diverging(theme), meaning), values)


def of_class(theme: Theme, dataset: Dataset, found: OutputMap | OutputChange) -> Ground:
    """Return the ground of the likeliest class."""
    del dataset
    values = _now(found)
    best = enlarged(values, SMOOTHER).argmax(axis=0)
    return Ground(class_table(theme, len(values))[best], None, values)


def of_uncertainty(theme: Theme, dataset: Dataset, found: OutputMap | OutputChange) -> Ground:
    """Return the ground of the answer's entropy."""
    del dataset
    values, meaning = _now(found), _tr("uncertainty")
    doubt = entropy(values)
    scale = Scale(Levels(0.0, 1.0), sequential(theme), meaning)
    return Ground(doubt, scale, values, ((meaning, doubt),))


def of_change(theme: Theme, dataset: Dataset, found: OutputMap | OutputChange) -> Ground:
    """Return the ground of what changed since the mark."""
    if isinstance(found, OutputMap):
        return of_answer(theme, dataset, found)
    meanings = _tr("change of {target}"), _tr("change of P({name})"), _tr("change of the likeliest class")
    then = _tr("{name} at step {step}").replace("{step}", format_count(found.step))
    return _of_two(theme, dataset, found, meanings, then, _tr("change"))


def of_difference(theme: Theme, dataset: Dataset, found: OutputMap | OutputChange) -> Ground:
    """Return the ground of what two networks answer: the second's (`now`) less the first's (`before`)."""
    if isinstance(found, OutputMap):
        return of_answer(theme, dataset, found)
    meanings = _tr("B − A: {target}"), _tr("B − A: P({name})"), _tr("B − A: likeliest class of B")
    return _of_two(theme, dataset, found, meanings, _tr("{name}, A"), _tr("B − A"))


def _of_two(
    theme: Theme, dataset: Dataset, found: OutputChange, meanings: tuple[str, str, str], before: str, name: str
) -> Ground:
    """Return the ground of one answer less another; `meanings` are of a value, of two classes, and of several."""
    change, least = change_of(found), LEAST_CHANGE
    if dataset.task == "regression":
        span = levels_of(dataset)
        least *= span.high - span.low
        meaning = meanings[0].format(target=dataset.target_name)
    elif len(found.now) == 2:
        meaning = meanings[1].format(name=dataset.class_names[1])
    else:
        meaning = meanings[2]
    names = [before.format(name=own) for own in dataset.class_names or (dataset.target_name,)]
    scale = Scale(about_zero(change, least), diverging(theme), meaning)
    return Ground(change, scale, found.now, (*zip(names, found.before, strict=True), (name, change)))


GROUNDS: dict[str, Callable[[Theme, Dataset, OutputMap | OutputChange], Ground]] = {
    "probability": of_answer,
    "surface": of_answer,
    "class": of_class,
    "uncertainty": of_uncertainty,
    "change": of_change,
    "difference": of_difference,
}


def text_of(dataset: Dataset, name: str, value: float) -> str:
    """Return a number of a ground as the read-out shows it: a share for classes, but for the entropy."""
    if dataset.task == "regression" or name == _tr("uncertainty"):
        return format_number(value)
    return format_percent(value)


def _now(found: OutputMap | OutputChange) -> Floats:
    return found.now if isinstance(found, OutputChange) else found.values


def _tr(text: str) -> str:
    return QCoreApplication.translate("grounds", text)
