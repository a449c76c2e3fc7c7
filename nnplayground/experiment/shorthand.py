"""Hidden layers as a person writes them in one line: "conv 16 5×5, max pool 2, 32"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from nnplayground.experiment.errors import ExperimentError, explain, shown
from nnplayground.experiment.knob import annotation_of, bare, choices, members
from nnplayground.experiment.layer import LayerKind, Learning
from nnplayground.experiment.layers import AnyLayer, Layer

Model = type[Any]  # of AnyLayer's, which has no common type that knows its kind

KINDS: Mapping[str, Model] = MappingProxyType({str(m.model_fields["kind"].default): m for m in members(AnyLayer)})
_SIGNS = MappingProxyType({"kernel": "{0}×{0}", "stride": "/{0}", "expansion": "×{0}"})  # as papers write them
_EXAMPLES = MappingProxyType({"kernel": 3, "stride": 2, "expansion": 4})
_PATTERNS = MappingProxyType({"kernel": r"(\d+)[x×*]\1", "stride": r"/(\d+)", "expansion": r"[x×*](\d+)"})


def text(layer: LayerKind) -> str:
    """Return a layer in short: "8" for a dense one of eight neurons, "conv 16 5×5 /2 valid", "max pool 2".

    What learning layers have in common (activation, dropout and the like) is left out, and so are defaults.
    """
    fields, lead = own_fields(layer), _lead(type(layer))
    words = [] if isinstance(layer, Layer) else [_name(type(layer))]
    words += [str(getattr(layer, lead))] if lead else []
    changed = (n for n in fields if n != lead and getattr(layer, n) != type(layer).model_fields[n].default)
    return " ".join([*words, *(_setting(layer, name) for name in changed)])


def brief(layer: LayerKind) -> str:
    """Return a layer in as few characters as tell it from others: "8", "conv 16", "pool"."""
    if isinstance(layer, Layer):
        return str(layer.width)
    word = _name(type(layer)).split()[-1]
    return f"{word} {layer.neurons}" if layer.sized_by else word


def own_fields(layer: LayerKind) -> tuple[str, ...]:
    """Return the names of the settings that a layer's kind alone has, in order of declaration."""
    return _own(type(layer))


def read_layers(line: str, before: Sequence[AnyLayer] = ()) -> tuple[AnyLayer, ...]:
    """Return the layers that a line tells, with commas between them, or blanks between bare widths.

    Layers that were there `before` keep what the line does not tell. Raises ExperimentError that says what is allowed.
    """
    return _kept(tuple(read(piece) for piece in _pieces(line)), tuple(before))


def read(piece: str) -> AnyLayer:
    """Return the layer that a piece of text tells; the inverse of `text`. Raises ExperimentError."""
    words = piece.lower().split()
    model, rest = _kind_of(words, piece)
    values: dict[str, Any] = {}
    while rest:
        word = rest[0]
        name, value = _next(model, rest)
        if not name or name in values:
            raise ExperimentError(f"{shown(piece)}: {word!r} is not understood there; allowed: {_allowed(model)}")
        values[name] = value
    try:
        layer: AnyLayer = model.model_validate(values)
    except ValidationError as error:
        raise ExperimentError(f"{shown(piece)}: {explain(error, model)}") from None
    return layer


def _name(model: Model) -> str:
    """Return what a kind of layer is called in a line: "max pool"."""
    return str(model.model_fields["kind"].default).replace("_", " ")


def _own(model: Model) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name != "kind" and name not in Learning.model_fields)


def _lead(model: Model) -> str:
    """Return the setting that is told by a bare number: how many, or how large."""
    plain = (name for name in _own(model) if bare(annotation_of(model, name)) is int)
    return model.sized_by or next(plain, "")


def _setting(layer: LayerKind, name: str) -> str:
    value = getattr(layer, name)
    if name in _SIGNS and value is not None:
        return _SIGNS[name].format(value)
    return value if isinstance(value, str) else f"{name} {str(value).lower()}"


def _pieces(line: str) -> list[str]:
    """Return what stands between commas or semicolons; where there are bare widths alone, a blank or dash will do."""
    line = re.sub(r"(?<=\d)\s*-\s*(?=\d)", ",", line.strip().replace(";", ","))
    if "," not in line and re.fullmatch(r"[\d\s]*", line):
        return line.split()
    pieces = (piece.strip() for piece in line.split(","))
    return [re.sub(r"(?<=\d)\s+(?=\d)", "", p) if re.fullmatch(r"[\d\s]+", p) else p for p in pieces if p]


def _kind_of(words: Sequence[str], piece: str) -> tuple[Model, list[str]]:
    """Return the model that a piece begins with, and its other words; a number is a dense layer."""
    if words and re.fullmatch(r"\d+", words[0]):
        return KINDS["dense"], list(words)
    for size in range(len(words), 0, -1):
        model = KINDS.get("_".join(words[:size]))
        if model is not None:
            return model, list(words[size:])
    allowed = ", ".join(text(model()) for model in KINDS.values())
    raise ExperimentError(f"{shown(piece)} is no layer; allowed: {allowed}, with commas between")


def _next(model: Model, words: list[str]) -> tuple[str, Any]:
    """Take the next setting off the words; its name is empty, and nothing is taken, where there is none."""
    own, word = _own(model), words[0]
    if (lead := _lead(model)) and re.fullmatch(r"\d+", word):
        return lead, int(words.pop(0))
    for name, pattern in _PATTERNS.items():
        if name in own and (match := re.fullmatch(pattern, word)):
            words.pop(0)
            return name, int(match.group(1))
    for name in own:
        if word in choices(annotation_of(model, name)):
            return name, words.pop(0)
        if word == name and len(words) > 1:
            del words[0]
            return name, _value(words.pop(0))
    return "", None


def _value(word: str) -> Any:
    if word in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[word]
    for number in (int, float):
        try:
            return number(word)
        except ValueError:
            continue
    return word


def _allowed(model: Model) -> str:
    """Say by an example of each what may be told of a kind of layer."""
    lead, words = _lead(model), [_name(model)]
    words += [f"[{lead}]"] if lead else []
    for name in _own(model):
        options = choices(annotation_of(model, name))
        if name in _SIGNS:
            words.append(f"[{_SIGNS[name].format(_EXAMPLES[name])}]")
        elif options and isinstance(options[0], str):
            words.append(f"[{' or '.join(options)}]")
        elif name != lead:
            words.append(f"[{name} …]")
    return " ".join(words)


def _kept(written: tuple[AnyLayer, ...], before: tuple[AnyLayer, ...]) -> tuple[AnyLayer, ...]:
    """Return layers as written with all else as it was: first of those that read the same, then of the same kind."""
    found = list(written)
    lines = SequenceMatcher(None, [text(layer) for layer in before], [text(layer) for layer in written], autojunk=False)
    for _, start, stop, first, last in lines.get_opcodes():
        old = list(before[start:stop])
        for i in range(first, last):
            place = next((j for j, layer in enumerate(old) if layer.kind == written[i].kind), None)
            if place is not None:
                told = {name: getattr(written[i], name) for name in own_fields(written[i])}
                found[i] = old[place].model_copy(update=told)
                del old[: place + 1]
    return tuple(found)
