"""One call of an operator, and the tensors that it takes, makes, shares and writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import torch
from torch import Tensor


@cache
def _sharing(function: Any) -> tuple[list[tuple[int, str, bool]], bool]:
    """Return which arguments share memory with others: (place, name, written to), and whether results do."""
    schema = function._schema
    marked = [(i, a.name, a.alias_info) for i, a in enumerate(schema.arguments) if a.alias_info is not None]
    shared = [(place, name, alias.is_write) for place, name, alias in marked]
    return shared, any(result.alias_info is not None for result in schema.returns)


class Pace(IntEnum):
    """How often a value changes."""

    NEVER = 0  # a tensor that stays in its place, or what is computed from constants
    BLOCK = 1  # with the knobs: once in a block of many steps
    STEP = 2


@dataclass(eq=False)
class Value:
    """One tensor of the recorded function."""

    tensor: Tensor  # itself, where it stays in its place; else of the same shape, without memory
    pace: Pace
    given: bool = False  # an input of the function, or a constant that it found


@dataclass(eq=False)
class Operation:
    """One call of an operator; where tensors stood in the arguments there are values."""

    function: Any  # torch._ops.OpOverload
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    results: list[Value]
    listed: bool  # the results come as a list or tuple

    def __post_init__(self) -> None:
        shared, returned = _sharing(self.function)
        self.changed: list[Value] = []
        self.viewed: list[Value] = []
        for place, name, written in shared:
            value = self.arguments[place] if place < len(self.arguments) else self.keywords.get(name)
            self.changed += values_in(value) if written else ()
            self.viewed += values_in(value) if returned else ()

    @property
    def inputs(self) -> list[Value]:
        """Every value among the arguments."""
        return list(values_in((self.arguments, tuple(self.keywords.values()))))

    @property
    def is_random(self) -> bool:
        """Whether the results differ from call to call."""
        return torch.Tag.nondeterministic_seeded in self.function.tags

    def exchanged(self, exchange: Callable[[Value], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments and keywords with something in the place of every value."""
        keywords = {name: mapped(value, Value, exchange) for name, value in self.keywords.items()}
        return tuple(mapped(value, Value, exchange) for value in self.arguments), keywords

    def substituted(self, others: dict[Value, Value]) -> Operation:
        """Return the same call with other values as arguments."""
        arguments, keywords = self.exchanged(lambda value: others.get(value, value))
        return Operation(self.function, arguments, keywords, self.results, self.listed)


def values_in(tree: Any) -> Iterator[Value]:
    """Yield the values in an argument, which may be a list."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from values_in(item)


def mapped(tree: Any, kind: type, exchange: Callable[[Any], Any]) -> Any:
    """Return an argument with something in the place of everything of a kind in it."""
    if isinstance(tree, kind):
        return exchange(tree)
    if isinstance(tree, (list, tuple)):
        items = [mapped(item, kind, exchange) for item in tree]
        return items if isinstance(tree, list) else tuple(items)
    return tree
