"""Which values a fan begins with: a range of numbers around the present one, or a list. Knows no Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from nnplayground.experiment import Experiment, ExperimentError, Field
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.datasets import Drawn
from nnplayground.experiment.datasets.data import Data
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.network import next_layer
from nnplayground.gui.knobs.contents import highest, inherited
from nnplayground.gui.knobs.editors import form
from nnplayground.gui.knobs.scale import Scale, scale_of
from nnplayground.gui.views.ticks import nice_step

MOST = 16  # values of a fan
REACH = 100.0  # by which factor a range by decades goes below and above the present value
WHOLE_REACH = 4.0  # and one of whole numbers
DECADES = 4  # that a range from zero goes up from the knob's smallest value
INTERVALS = 5  # between round numbers on a linear scale
SEEDS = 10
CUTS = 6  # depths below the present one, at most


def is_range(field: Field) -> bool:
    """Whether its values are numbers between two ends."""
    return form(field) in ("number", "seed")


def ends(field: Field, experiment: Experiment) -> tuple[int | float, int | float, int]:
    """Return the least and the greatest number proposed, and how many from one to the other.

    Where the experiment cannot have all of them, they end at those that it can have.
    """
    low, high, count = _around(field, experiment)
    values = field.spread(low, high, count)
    known = [value for value in values if _allowed(experiment, field.path, value)]
    return (known[0], known[-1], len(known)) if 1 < len(known) < len(values) else (low, high, count)


def _around(field: Field, experiment: Experiment) -> tuple[int | float, int | float, int]:
    """Return the ends of a range around the present value, and how many values there are to be in it."""
    value = field.value if field.value is not None else inherited(experiment, field.path)
    if field.path.startswith("seeds"):
        return value, value + SEEDS - 1, SEEDS
    scale = scale_of(field, highest(experiment).get(field.path))
    if scale is None:
        least = field.knob.low or 0
        return least, max(least + 1, 2 * (value or 1)), 5
    now = min(max(least_of(field) if value is None else value, scale.low), scale.high)
    if not scale.log:
        return _round_ends(field, scale, now)
    if now <= 0:
        return _typed(field, scale.low), _typed(field, min(scale.high, scale.smallest * 10**DECADES)), DECADES + 2
    factor = WHOLE_REACH if scale.whole else REACH
    low = max(now / factor, scale.smallest or scale.low)
    return _typed(field, low), _typed(field, min(now * factor, scale.high)), 5 if scale.whole else 9


def _round_ends(field: Field, scale: Scale, now: float) -> tuple[int | float, int | float, int]:
    """Return round numbers about the present one, over half of a linear scale."""
    step = max(nice_step((scale.high - scale.low) / 2, INTERVALS), 1.0 if scale.whole else 0.0)
    least, most = math.ceil(scale.low / step), math.floor(scale.high / step)
    last = min(most, max(least, round(now / step) - INTERVALS // 2) + INTERVALS)
    first = max(least, last - INTERVALS)
    return _typed(field, first * step), _typed(field, last * step), max(last - first + 1, 2)


def least_of(field: Field) -> float:
    """Return the smallest value of a knob that does anything."""
    return field.knob.smallest or field.knob.low or 0.0


def _typed(field: Field, value: float) -> int | float:
    return max(round(value), math.ceil(field.knob.low or 0)) if field.type is int else float(f"{value:.6g}")


def listed(field: Field, experiment: Experiment) -> tuple[Any, ...]:
    """Return the values to be ticked, each of which the experiment can have, the present one among them.

    What a layer leaves open is as the network says: there the network's value stands among them, and None does not.
    """
    if field.path == "data.kind":
        return _like(experiment)
    if form(field) in ("choice", "toggle"):
        return tuple(value for value in field.choices or (False, True) if _allowed(experiment, field.path, value))
    found: list[Any] = []
    for value in (field.value, *CANDIDATES[form(field)](field)):
        if value not in found and _allowed(experiment, field.path, value):
            found.append(value)
    if form(field) in ("layers", "numbers"):
        found.sort(key=_extent)
    return tuple(found[:MOST])


def _extent(value: tuple[Any, ...]) -> tuple[int, float]:
    """Return by what lists are put in order: how long they are, then how large what is in them is."""
    return len(value), sum(item if isinstance(item, (int, float)) else getattr(item, "width", 0) for item in value)


def _like(experiment: Experiment) -> tuple[str, ...]:
    """Return the kinds of data with the present one's task, whose losses can be compared: what needs no file."""
    task = experiment.data.known_task
    models = {kind: model for kind, model in kinds("data").items() if issubclass(model, Data) and not model.outside}
    found = [kind for kind, model in models.items() if model().known_task == task and not issubclass(model, Drawn)]
    return tuple(kind for kind in found if _allowed(experiment, "data.kind", kind))


def _layers(field: Field) -> Iterator[tuple[Any, ...]]:
    """Yield lists of layers around the present one: fewer, more, narrower and wider ones."""
    value, depth = field.value, len(field.value)
    for i in range(CUTS):
        yield value[: depth * i // CUTS]
    for count in sorted({depth + 1, depth + 2, 2 * depth}):
        yield (*value, *(next_layer(value) for _ in range(count - depth)))
    for factor in (0.5, 2.0, 4.0):
        if value and all(isinstance(layer, Layer) for layer in value):
            yield tuple(layer.model_copy(update={"width": max(1, round(layer.width * factor))}) for layer in value)


def _toggled(field: Field) -> Iterator[tuple[Any, ...]]:
    """Yield the values of chips with each of them switched over, and all of them on."""
    for choice in field.choices:
        changed = tuple(c for c in field.choices if (c in field.value) != (c == choice))
        if changed:
            yield changed
    yield tuple(field.choices)


def _scaled(field: Field) -> Iterator[tuple[Any, ...]]:
    """Yield lists of numbers with all of them smaller or larger, and with fewer of them."""
    for factor in (0.25, 0.5, 2.0, 4.0):
        yield tuple(_typed(field.element or field, number * factor) for number in field.value)
    for count in range(1, len(field.value)):
        yield field.value[:count]


def _without(field: Field) -> Iterator[str]:
    """Yield what there is without a file of one's own."""
    yield field.default


CANDIDATES: Mapping[str, Callable[[Field], Iterator[Any]]] = MappingProxyType(
    {"layers": _layers, "chips": _toggled, "numbers": _scaled, "path": _without}
)


def _allowed(experiment: Experiment, path: str, value: Any) -> bool:
    try:
        experiment.replace(path, value)
    except ExperimentError:
        return False
    return True
