"""Choosing among runs by a line of text: `lr > 0.01 and optimizer = adam and not star`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.errors import shown

Values = Mapping[str, Any]  # what is known of one run, by path
Predicate = Callable[[Values], bool]

_TOKEN = re.compile(r"""\s*(?:(<=|>=|!=|==|[<>=~()])|"([^"]*)"|'([^']*)'|([^\s<>=!~()"']+))""")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ALLOWED = "as in `lr > 0.01 and optimizer = adam`, with =, !=, <, <=, >, >=, ~ (contains), and, or, not, ( )"


def predicate(text: str, known: Sequence[str]) -> Predicate:
    """Return what decides about a run from its values. An empty text lets every run through.

    `known` are the paths that there are: a name stands for the path that it is, that ends in it, or that has a kind.
    Raises ExperimentError, one line, where the text cannot be read or a name is unknown or means several.
    """
    tokens = _tokens(text)
    if not tokens:
        return lambda _: True
    parser = _Parser(tokens, text, known)
    found = parser.either()
    if parser.left:
        raise parser.fault(f"{parser.left[0][1]!r} is more than was expected")
    return found


def path_of(name: str, known: Sequence[str]) -> str:
    """Return the path that a name stands for. Raises ExperimentError."""
    paths = dict.fromkeys(known)
    if name in paths:
        return name
    if f"{name}.kind" in paths:
        return f"{name}.kind"
    ending = [path for path in paths if path.endswith(f".{name}") or path.endswith(f".{name}.kind")]
    shortest = [path for path in ending if path.count(".") == min(p.count(".") for p in ending)]
    if len(shortest) == 1:
        return shortest[0]
    if shortest:
        raise ExperimentError(f"{name} means several: {', '.join(sorted(shortest))}; allowed: one of them, whole")
    import difflib

    close = difflib.get_close_matches(name, [*paths, *(path.rpartition(".")[2] for path in paths)], n=1)
    plain = ", ".join(sorted(path for path in paths if "." not in path))
    hint = f"did you mean {close[0]}?" if close else f"allowed: {plain}, or a knob"
    raise ExperimentError(f"{shown(name)}: runs have no such value; {hint}")


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return (kind, text) of each token: "sign", "quoted" or "word"."""
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ExperimentError(f"filter {shown(text)}: {shown(text[place:])} cannot be read; allowed: {ALLOWED}")
        sign, double, single, word = found.groups()
        if sign is not None:
            tokens.append(("sign", sign))
        elif word is not None:
            tokens.append(("word", word))
        else:
            tokens.append(("quoted", double if double is not None else single))
        place = found.end()
    return tokens


class _Parser:
    """Reads tokens from left to right: `or` binds least, then `and`, then `not`."""

    def __init__(self, tokens: list[tuple[str, str]], text: str, known: Sequence[str]) -> None:
        self.left, self.text, self.known, self.depth = tokens, text, known, 0

    def fault(self, what: str) -> ExperimentError:
        return ExperimentError(f"filter {shown(self.text)}: {what}; allowed: {ALLOWED}")

    def either(self) -> Predicate:
        parts = [self.both()]
        while self._taken("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda values: any(part(values) for part in parts)

    def both(self) -> Predicate:
        parts = [self.single()]
        while self._taken("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else lambda values: all(part(values) for part in parts)

    def single(self) -> Predicate:
        self.depth += 1
        if self.depth > 100:
            raise self.fault("too many brackets")
        try:
            if self._taken("not"):
                inner = self.single()
                return lambda values: not inner(values)
            if self._taken("("):
                inner = self.either()
                if not self._taken(")"):
                    raise self.fault("a bracket is not closed")
                return inner
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Predicate:
        kind, name = self._next("a name")
        if kind != "word":
            raise self.fault(f"{name!r} stands where a name is expected")
        path = path_of(name, self.known)
        if not self.left or self.left[0][0] != "sign" or self.left[0][1] in "()":
            return lambda values: bool(values.get(path))
        _, sign = self.left.pop(0)
        kind, text = self._next(f"a value after {sign}")
        if kind == "sign":
            raise self.fault(f"{text!r} stands where a value is expected")
        return _comparison(path, sign, text if kind == "quoted" else _value(text), text)

    def _next(self, wanted: str) -> tuple[str, str]:
        if not self.left:
            raise self.fault(f"{wanted} is missing")
        return self.left.pop(0)

    def _taken(self, word: str) -> bool:
        wanted = "sign" if word in "()" else "word"
        if self.left and self.left[0][0] == wanted and self.left[0][1].lower() == word:
            self.left.pop(0)
            return True
        return False


def _comparison(path: str, sign: str, value: Any, text: str) -> Predicate:
    def contains(values: Values) -> bool:
        found = values.get(path)
        parts = found if isinstance(found, (list, tuple)) else [found]
        return any(text.lower() in str(part).lower() for part in parts)

    def compared(values: Values) -> bool:
        found = values.get(path)
        if found is None:
            return False
        if isinstance(found, (list, tuple)) and sign in ("=", "==", "!="):  # of tags: whether one of them is it
            return (str(value) in map(str, found)) == (sign != "!=")
        if isinstance(found, str) != isinstance(value, str):
            found, other = str(found), text
        else:
            other = value
        if isinstance(found, str):
            found, other = found.lower(), other.lower()
        return bool(_COMPARISONS[sign](found, other))

    return contains if sign == "~" else compared


def _value(text: str) -> Any:
    if text.lower() in ("true", "yes", "on"):
        return True
    if text.lower() in ("false", "no", "off"):
        return False
    try:
        return float(text)
    except ValueError:
        return text
