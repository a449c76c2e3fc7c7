"""Experiments drawn by hypothesis from their own models: whatever a person may set, within every knob's limits."""

from __future__ import annotations

from math import exp, log
from typing import Any, get_args, get_origin

from annotated_types import MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel

from nnplayground.experiment import Experiment, ExperimentError, Knob
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.datasets import Table
from nnplayground.experiment.knob import annotation_of, bare, choices, knob_of, members, optional
from nnplayground.experiment.shape import is_image

# The largest values that are drawn, so that what is drawn can be trained in milliseconds.
SMALL: dict[str, float] = {"samples": 300, "width": 16, "layers": 4, "size": 32, "filters": 9, "side": 9}
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)  # no file can hold half a character


def experiments(data: str | None = None) -> st.SearchStrategy[Experiment]:
    """Draw valid experiments that train quickly, with settings of their own by layer: on data of every kind but own
    tables, or on those of one kind."""
    drawn = parts(Experiment)
    if data is not None:
        drawn = st.builds(lambda values, own: {**values, "data": own}, drawn, parts(kinds("data")[data]))
    return drawn.map(_fitting).map(_valid).filter(lambda experiment: experiment is not None)


def parts(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the values of a model's fields, as nested mappings."""
    return st.fixed_dictionaries({name: field(model, name) for name in model.model_fields})


def field(model: type[BaseModel], name: str) -> st.SearchStrategy[Any]:
    """Draw a value for one field of a model."""
    annotation = annotation_of(model, name)
    drawn = _values(annotation, name)
    return st.none() | drawn if optional(annotation) else drawn


def numbers(knob: Knob, *, whole: bool, high: float) -> st.SearchStrategy[Any]:
    """Draw numbers from a knob's lowest to `high`: evenly, by decades, and both ends."""
    assert knob.low is not None
    if whole:
        return st.integers(int(knob.low), int(high))
    drawn = [st.sampled_from([knob.low, high]), st.floats(knob.low, high)]
    if knob.log:
        low, first = knob.low, knob.smallest or knob.low
        drawn.append(st.floats(log(first), log(high)).map(lambda exponent: min(max(exp(exponent), low), high)))
    return st.one_of(drawn)


def _fitting(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the data's shape does not admit, augmentation and layers: few draws would fit by chance."""
    shape = kinds("data")[values["data"]["kind"]].model_validate(values["data"]).known_shape
    augmentation, layers = values["augmentation"] if is_image(shape) else {}, []
    for layer in values["network"]["layers"]:
        try:
            shape = kinds("layers")[layer["kind"]].model_validate(layer).gives(shape, "")
        except ExperimentError:
            continue
        layers.append(layer)
    return {**values, "augmentation": augmentation, "network": {**values["network"], "layers": layers}}


def _valid(values: dict[str, Any]) -> Experiment | None:
    try:
        return Experiment.of(values)
    except ExperimentError:  # knobs that do not fit each other: a softmax on a regression, say
        return None


def _values(annotation: Any, name: str) -> st.SearchStrategy[Any]:
    base, knob = bare(annotation), knob_of(annotation)
    if models := members(annotation):
        return st.one_of([parts(model) for model in models if model is not Table])
    if get_origin(base) is tuple:
        return _lists(annotation, name)
    if options := choices(annotation):
        return st.sampled_from(options)
    if base is bool:
        return st.booleans()
    if base is str:
        return TEXT
    assert knob is not None, f"{name}: no way to draw {annotation}"
    assert knob.high is not None, f"{name} has no upper limit"
    return numbers(knob, whole=base is int, high=min(knob.high, SMALL.get(name, knob.high)))


def _lists(annotation: Any, name: str) -> st.SearchStrategy[Any]:
    metadata = get_args(annotation)[1:]
    low = next((m.min_length for m in metadata if isinstance(m, MinLen)), 0)
    high = next(m.max_length for m in metadata if isinstance(m, MaxLen))
    element = _values(get_args(bare(annotation))[0], name)
    unique_by = repr if choices(annotation) else None  # features are a choice of several, each once
    return st.lists(element, min_size=low, max_size=int(min(high, SMALL.get(name, high))), unique_by=unique_by)
