"""A knob: what a person may turn about an experiment, declared once beside the field that it turns."""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Le, MaxLen, MinLen
from pydantic import BaseModel, Strict


@dataclass(frozen=True, kw_only=True)
class Knob(GroupedMetadata):
    """The annotation that makes a field of an experiment's model a knob.

    It is the only declaration of the knob: pydantic takes the limits from it, the window its slider, the command line
    its help, and an error its "allowed" part.
    """

    label: str
    help: str
    rule: str = ""  # the field's rule of thumb, shown under the help
    low: float | None = None
    high: float | None = None
    log: bool = False  # the slider goes by decades
    smallest: float | None = None  # on a logarithmic slider whose low is 0: the first value above 0
    step: float | None = None
    unit: str = ""  # "%" shows a share in [0, 1] as per cent
    file: str = ""  # the value is the path of a file of these endings: "*.safetensors"
    live: bool = False  # takes hold in a running training, without a rebuild
    names: Mapping[Any, str] = field(default_factory=dict, hash=False)  # what the choices are called on screen

    def __iter__(self) -> Iterator[object]:
        """Yield the constraints that pydantic applies to the field."""
        if self.low is not None or self.high is not None:
            yield Strict()
        if self.low is not None:
            yield Ge(self.low)
        if self.high is not None:
            yield Le(self.high)

    def allowed(self, annotation: Any) -> str:
        """Say in words which values a field with this knob and this `annotation` takes."""
        base = bare(annotation)
        options = choices(annotation)
        if get_origin(base) is tuple:
            element = element_of(annotation)
            inner = knob_of(element)
            each = f", each {inner.allowed(element)}" if inner is not None else ""
            words = f"a list{_lengths(annotation)}" + (" of " + ", ".join(map(str, options)) if options else each)
        elif options:
            words = "one of " + ", ".join(map(str, options))
        elif base is bool:
            words = "true or false"
        elif base in (int, float):
            words = "a whole number" if base is int else "a number"
            if self.low is not None and self.high is not None:
                words += f" from {self.low:g} to {self.high:g}"
            elif self.low is not None:
                words += f" of at least {self.low:g}"
        else:
            words = "text"
        return words + (", or left out" if optional(annotation) else "")


@dataclass(frozen=True)
class Field:
    """A knob in its place: the dotted path, the annotation of its type, its knob, value and default."""

    path: str
    annotation: Any
    knob: Knob
    value: Any
    default: Any

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values a choice may take; empty where the knob is no choice."""
        return choices(self.annotation)

    @property
    def element(self) -> Field | None:
        """What stands in a list, as a knob of its own, where it has one; its value and default are None."""
        annotation = element_of(self.annotation)
        knob = knob_of(annotation)
        return None if knob is None else Field(self.path, annotation, knob, None, None)

    @property
    def optional(self) -> bool:
        """Whether the knob may be left to a wider setting (None)."""
        return optional(self.annotation)

    @property
    def type(self) -> Any:
        """The plain type: int, float, bool, str or tuple."""
        base = bare(self.annotation)
        return tuple if get_origin(base) is tuple else str if get_origin(base) is Literal else base

    def spread(self, low: Any, high: Any, size: int) -> tuple[Any, ...]:
        """Return `size` values from `low` to `high`, both included, evenly along the knob's scale; of one, `low`.

        A logarithmic knob goes by equal factors; from 0, it goes on with its `smallest`. Values between the ends are
        short to write: whole, or of six digits. None comes twice, so that there are fewer where fewer lie between.
        Raises ExperimentError.
        """
        self._check_ends(low, high)
        first, last = sorted((low, high))
        whole = self.type is int
        size = min(size, last - first + 1) if whole else 1 if first == last else size
        if size < 2:
            return (self.type(low),)[:size]
        values = _spaced(self.knob, first, last, size)
        ascending = tuple(_whole(values) if whole else dict.fromkeys(_short(values)))
        return ascending if low < high else ascending[::-1]

    def _check_ends(self, low: Any, high: Any) -> None:
        from nnplayground.experiment.errors import ExperimentError, shown  # which tells of knobs itself

        if self.type in (int, float):
            first, last = (end if end is not None else math.inf for end in (self.knob.low, self.knob.high))
            numbers = (int, self.type)
            wrong = [shown(end) for end in (low, high) if type(end) not in numbers or not first <= end <= last]
        else:
            wrong = [f"{shown(low, 20)} to {shown(high, 20)}"]
        if wrong:
            allowed = self.knob.allowed(self.annotation)
            raise ExperimentError(f"{self.path} = {wrong[0]} is not allowed; allowed: {allowed}")


def _spaced(knob: Knob, low: float, high: float, size: int) -> list[float]:
    """Return two or more ascending values, both ends included, at equal distances on the knob's scale."""
    if knob.log and knob.smallest is not None and low == 0 and knob.smallest < high and size > 2:
        return [low, *_spaced(knob, knob.smallest, high, size - 1)]
    shares = [i / (size - 1) for i in range(1, size - 1)]
    if knob.log and low > 0:
        between = [math.exp(math.log(low) + share * (math.log(high) - math.log(low))) for share in shares]
    else:
        between = [low + share * (high - low) for share in shares]
    return [low, *between, high]


def _short(values: Sequence[float]) -> Iterator[float]:
    """Yield ascending values with those between the ends rounded to six digits."""
    low, *between, high = map(float, values)
    yield low
    for value in between:
        yield min(max(float(f"{value:.6g}"), low), high)
    yield high


def _whole(values: Sequence[float]) -> Iterator[int]:
    """Yield a whole number near to each of ascending values, no number twice; first and last are whole."""
    least, most = int(values[0]), int(values[-1]) - len(values) + 1
    for value in values:
        nearest = min(max(math.floor(value + 0.5), least), most)
        yield nearest
        least, most = nearest + 1, most + 1


def bare(annotation: Any) -> Any:
    """Strip Annotated and Optional from an annotation."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif optional(annotation):
            annotation = Union[tuple(a for a in get_args(annotation) if a is not type(None))]  # noqa: UP007
        else:
            return annotation


def optional(annotation: Any) -> bool:
    """Whether an annotation admits None."""
    if get_origin(annotation) is Annotated:
        return optional(get_args(annotation)[0])
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)


def choices(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a Literal, or of a tuple of Literals; else an empty tuple."""
    base = bare(annotation)
    if get_origin(base) is tuple:
        base = bare(get_args(base)[0])
    return get_args(base) if get_origin(base) is Literal else ()


def element_of(annotation: Any) -> Any:
    """Return the annotation of what stands in a tuple; None where the annotation is no tuple."""
    base = bare(annotation)
    return get_args(base)[0] if get_origin(base) is tuple else None


def members(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the models of a (discriminated) union, or the one model; empty where the annotation is no model."""
    base = bare(annotation)
    options = get_args(base) if get_origin(base) in (Union, types.UnionType) else (base,)
    models = tuple(bare(option) for option in options)
    return models if all(isinstance(m, type) and issubclass(m, BaseModel) for m in models) else ()


def _lengths(annotation: Any) -> str:
    """Say how long a list may be, where that is limited."""
    metadata = get_args(annotation)[1:]
    low = next((m.min_length for m in metadata if isinstance(m, MinLen)), 0)
    high = next((m.max_length for m in metadata if isinstance(m, MaxLen)), None)
    return "" if high is None else f" of {low} to {high}"


def annotation_of(model: type[BaseModel], name: str) -> Any:
    """Return the annotation of a field as written, with its metadata."""
    info = model.model_fields[name]
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def knob_of(annotation: Any) -> Knob | None:
    """Return the knob that an annotation carries, or None."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return next((m for m in metadata if isinstance(m, Knob)), None) or knob_of(inner)
    if optional(annotation):
        found = (knob_of(a) for a in get_args(annotation))
        return next((k for k in found if k is not None), None)
    return None
