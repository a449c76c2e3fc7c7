"""Experiments drawn by hypothesis from their own models: whatever a person may set, within every knob's limits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import exp, log
from typing import Any, get_args, get_origin

from annotated_types import MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel

from nnplayground.experiment import Experiment, ExperimentError, Knob
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.drawn import text_of
from nnplayground.experiment.knob import annotation_of, bare, choices, knob_of, members, optional

# The largest values that are drawn, so that what is drawn can be trained in milliseconds.
SMALL: dict[str, float] = {"samples": 300, "width": 16, "layers": 4, "size": 32, "filters": 9, "side": 9}
OUTSIDE = {  # data that have to be named first, and a name of each
    "table": {"path": "houses.csv"},
    "idx": {"images": "train-images-idx3-ubyte"},
    "folder": {"path": "pets"},
    "openml": {"name": "mnist_784"},
}
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)  # no file can hold half a character


@st.composite
def experiments(draw: st.DrawFn, data: str | None = None) -> Experiment:
    """Draw valid experiments that train quickly, with layers of their own settings: on data of every kind but from
    outside, or on those of one kind."""
    values = draw(parts(Experiment))
    values = values if data is None else {**values, "data": draw(parts(kinds("data")[data]))}
    if values["data"]["kind"] == "drawn":
        values |= {"data": {**values["data"], "class_count": 2}, "batches": {"size": 2}}  # which fit any points drawn
    return _fitting(_layered(values))


def inside(group: str) -> list[str]:
    """Return the kinds that `group` may be without being told more."""
    return [kind for kind in kinds(group) if group != "data" or kind not in OUTSIDE]


def of_kind(group: str, kind: str) -> Experiment:
    """Return the default experiment with another kind of a part, on data that it fits."""
    if group == "data" and kind in OUTSIDE:
        return Experiment().replace("data", {"kind": kind, **OUTSIDE[kind]})
    if group == "layers":
        return Experiment().replace_all({"data.kind": "digits", "network.layers": [{"kind": kind}]})
    other = {"data.kind": "plane"} if kind == "quantile" else {}  # which is of values alone
    return Experiment().replace_all({**other, f"{group}.kind": kind})


def drawn_points() -> st.SearchStrategy[str]:
    """Draw points of two classes, a few of each, as text."""
    places = st.tuples(*[st.integers(-6000, 6000).map(lambda thousandths: thousandths / 1000)] * 2)
    rows = st.lists(st.tuples(places, st.integers(0, 1)), max_size=20)
    least = [((x, -x), label) for x in (1.0, 2.0, 3.5) for label in (0, 1)]
    return rows.map(lambda drawn: text_of((*place, label) for place, label in (*least, *drawn)))


@cache  # made anew for each experiment, it would take most of the time
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
    low, kind = knob.low, int if whole else float
    evenly = st.integers(int(low), int(high)) if whole else st.floats(low, high)
    drawn = [st.sampled_from([kind(low), kind(high)]), evenly]
    if knob.log:
        first = knob.smallest or low
        drawn.append(st.floats(log(first), log(high)).map(lambda exponent: kind(min(max(exp(exponent), low), high))))
    return st.one_of(drawn)


def _layered(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out the layers that the data's shape does not admit: few draws would fit by chance."""
    shape = kinds("data")[values["data"]["kind"]].model_validate(values["data"]).known_shape
    layers = []
    for layer in values["network"]["layers"]:
        try:
            shape = kinds("layers")[layer["kind"]].model_validate(layer).gives(shape, "")
        except ExperimentError:
            continue
        layers.append(layer)
    return {**values, "network": {**values["network"], "layers": layers}}


def _fitting(values: dict[str, Any]) -> Experiment:
    """Return the experiment of these values, but with defaults for what does not fit the others, as errors name it."""
    try:
        return Experiment.of(values)
    except ExperimentError as error:  # a softmax on a regression, say
        path = str(error).partition(" ")[0]
        if path == "batches.size" and values["batches"] == {"size": 2}:  # of a data set with hardly a sample
            return _fitting({**values, "data": {"kind": values["data"]["kind"]}})
        if path == "batches.size":
            return _fitting({**values, "batches": {"size": 2}})  # fits every data set and normalization
        changed = _without(values, path.removesuffix(".kind").split("."))
        if changed == values:
            raise
        return _fitting(changed)


def _without(values: Any, path: Sequence[str]) -> Any:
    """Return nested values without what is at a path."""
    first, *rest = path
    if isinstance(values, list):
        return [_without(value, rest) if str(i) == first else value for i, value in enumerate(values)]
    if rest:
        return {name: _without(value, rest) if name == first else value for name, value in values.items()}
    return {name: value for name, value in values.items() if name != first}


def _values(annotation: Any, name: str) -> st.SearchStrategy[Any]:
    base, knob = bare(annotation), knob_of(annotation)
    if models := members(annotation):
        return st.one_of([parts(model) for model in models if not getattr(model, "outside", False)])
    if get_origin(base) is tuple:
        return _lists(annotation, name)
    if options := choices(annotation):
        return st.sampled_from(options)
    if base is bool:
        return st.booleans()
    if name == "points":
        return drawn_points()
    if base is str:
        return st.just("") if knob is not None and knob.file else TEXT  # no file is there
    assert knob is not None, f"{name}: no way to draw {annotation}"
    assert knob.high is not None, f"{name} has no upper limit"
    return numbers(knob, whole=base is int, high=min(knob.high, SMALL.get(name, knob.high)))


def _lists(annotation: Any, name: str) -> st.SearchStrategy[Any]:
    metadata = get_args(annotation)[1:]
    low = next((m.min_length for m in metadata if isinstance(m, MinLen)), 0)
    high = next(m.max_length for m in metadata if isinstance(m, MaxLen))
    inner = get_args(bare(annotation))[0]
    element = _values(inner, name)
    if bare(inner) is int:  # epochs, which stand in order
        return st.lists(element, min_size=low, max_size=high, unique=True).map(sorted)
    unique_by = repr if choices(annotation) else None  # features are a choice of several, each once
    return st.lists(element, min_size=low, max_size=int(min(high, SMALL.get(name, high))), unique_by=unique_by)
