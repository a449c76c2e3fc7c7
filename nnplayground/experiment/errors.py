"""What is wrong with an experiment, in one line for the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from nnplayground.experiment.knob import annotation_of, choices, element, knob_of, members


class ExperimentError(ValueError):
    """Input that no experiment can be made of. Its text is one line that names knob, value and what is allowed."""

    def __init__(self, line: str) -> None:
        super().__init__(" ".join(line.splitlines()))  # a file's own names may hold line breaks


def shown(value: Any, length: int = 60) -> str:
    """Return `value` as a short piece of one line."""
    if isinstance(value, BaseModel):
        value = getattr(value, "kind", type(value).__name__)
    try:
        words = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, or lists in lists without end
        words = f"({type(value).__name__} too long to be shown)"
    words = " ".join(words.split())
    return words if len(words) <= length else words[: length - 1] + "…"


def explain(error: ValidationError, model: type[BaseModel]) -> ExperimentError:
    """Turn pydantic's report about `model` into one line about its first fault."""
    faults = error.errors(include_url=False)
    elements = {
        tuple(f["loc"][:-1]) for f in faults if f["loc"]
    }  # a list whose elements are at fault is not at fault itself
    faults = [f for f in faults if tuple(f["loc"]) not in elements]
    line = _explain_one(faults[0], model)
    more = len(faults) - 1
    return ExperimentError(line + (f" (and {more} more)" if more else ""))


def _explain_one(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    if "error" in fault.get("ctx", {}):  # raised by a validator of ours: it speaks for itself
        return str(fault["ctx"]["error"])
    path, owner, annotation = _locate(tuple(fault["loc"]), model)
    value = fault["input"]
    if fault["type"] == "extra_forbidden":
        names = list(owner.model_fields)
        name = path.rsplit(".", 1)[-1]
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
        return f"{path} = {shown(value)}: there is no such knob; {hint}"
    if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kinds = ", ".join(_kind(m) for m in members(annotation))
        if fault["type"] == "union_tag_not_found":
            return f"{path}.kind is missing; allowed: one of {kinds}"
        return f"{path}.kind = {shown(fault['ctx']['tag'])} is not allowed; allowed: one of {kinds}"
    if fault["type"] == "missing":
        return f"{path} is missing"
    knob = knob_of(annotation)
    if knob is not None:
        return f"{path} = {shown(value)} is not allowed; allowed: {knob.allowed(annotation)}"
    if options := choices(annotation):
        return f"{path} = {shown(value)} is not allowed; allowed: one of {', '.join(map(str, options))}"
    if members(annotation):
        return f"{path} = {shown(value)} is not allowed; allowed: a table of knobs"
    message = str(fault["msg"]).removeprefix("Input should be ")
    return f"{path} = {shown(value)} is not allowed; allowed: {message}"


def _kind(model: type[BaseModel]) -> str:
    return str(model.model_fields["kind"].default) if "kind" in model.model_fields else model.__name__


def _owner(annotation: Any, rest: list[Any], before: type[BaseModel]) -> type[BaseModel]:
    """Return the model that an annotation stands for; of several, that whose tag comes next in a location, off it."""
    options = members(annotation)
    if len(options) > 1 and rest:
        tag = rest.pop(0)
        return next((m for m in options if _kind(m) == tag), before)
    return options[0] if options else before


def _locate(loc: tuple[Any, ...], model: type[BaseModel]) -> tuple[str, type[BaseModel], Any]:
    """Return the dotted path, the model that owns its last name, and its annotation, for pydantic's location.

    Pydantic puts the tag of a discriminated union into the location; a knob's path has none.
    """
    names: list[str] = []
    owner, annotation, rest = model, model, list(loc)
    while rest:
        item = rest.pop(0)
        if isinstance(item, str) and item in owner.model_fields:
            names.append(item)
            annotation = annotation_of(owner, item)
            owner = _owner(annotation, rest, owner)
        elif isinstance(item, int):
            names.append(str(item))
            inner = element(annotation)
            annotation = inner if inner is not None else annotation
            owner = _owner(annotation, rest, owner)
        else:
            names.append(str(item))
    return ".".join(names) or "experiment", owner, annotation
