"""Makes recorded operations lean: nothing is done more often than it has to be, and nothing that nobody looks at."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from nnplayground.engine.operation import Operation, Pace, Value

_ATEN = torch.ops.aten
_COPIES = (_ATEN.detach.default, _ATEN.alias.default)  # without effect below autograd
_RESHAPES = (_ATEN.view.default, _ATEN.unsqueeze.default)
_IN_PLACE = {  # operators, and how they write to memory that is handed to them
    _ATEN.mm.default: _ATEN.mm.out,
    _ATEN.bmm.default: _ATEN.bmm.out,
    _ATEN.sum.dim_IntList: _ATEN.sum.IntList_out,
    _ATEN.linalg_vector_norm.default: _ATEN.linalg_vector_norm.out,
}
_MAKERS = (_ATEN.ones_like.default, _ATEN.zeros_like.default, _ATEN.full_like.default)  # look at shapes alone
STAYING = (*_MAKERS, _ATEN.cat.default)  # operators whose results' memory may be gone on with


def lean(
    operations: list[Operation], outputs: tuple[Value, ...], persistent: set[Value]
) -> tuple[dict[Pace, list[Operation]], tuple[Value, ...]]:
    """Return what has to run, by how often, and what comes of it. What runs only once has run."""
    operations, outputs = _without_copies(operations, outputs)
    operations, gathered = _gathered_in_place(_used(operations, outputs), outputs)
    operations = _used(operations, outputs)
    paced: dict[Pace, list[Operation]] = {pace: [] for pace in Pace}
    roots = _roots(operations)
    changed = {roots.get(value, value) for operation in operations for value in operation.changed}
    changed |= gathered | persistent  # which another function that is recorded may write to
    for operation in operations:
        pace = _pace(operation, roots, changed)
        paced[pace].append(operation)
        for result in operation.results:
            result.pace = result.pace if result.given or result in operation.changed else pace
        if pace is Pace.NEVER and operation.function not in _MAKERS:
            _run_once(operation)
    return paced, outputs


def _run_once(operation: Operation) -> None:
    arguments, keywords = operation.exchanged(lambda value: value.tensor)
    made = operation.function(*arguments, **keywords)
    for result, tensor in zip(operation.results, made if operation.listed else (made,), strict=True):
        result.tensor = tensor


def _pace(operation: Operation, roots: dict[Value, Value], changed: set[Value]) -> Pace:
    """Return how often an operation has to run: not every time, where it would find the same every time."""
    if operation.changed or operation.is_random:
        return Pace.STEP
    if not operation.viewed and any(result in changed for result in operation.results):
        return Pace.STEP  # memory of its own that is written to later
    if operation.function in _MAKERS:
        return Pace.NEVER
    if not operation.viewed and any(roots.get(value, value) in changed for value in operation.inputs):
        return Pace.STEP
    return max((value.pace for value in operation.inputs), default=Pace.NEVER)


def _roots(operations: list[Operation]) -> dict[Value, Value]:
    """Return, for every value that shares another's memory, whose memory that is."""
    roots: dict[Value, Value] = {}
    for operation in operations:
        for result in operation.results if operation.viewed else ():
            if result not in operation.viewed:
                roots[result] = roots.get(operation.viewed[0], operation.viewed[0])
    return roots


def _without_copies(
    operations: list[Operation], outputs: tuple[Value, ...]
) -> tuple[list[Operation], tuple[Value, ...]]:
    """Leave out detach, reshapes that change nothing, and transposing twice."""
    same: dict[Value, Value] = {}
    transposed: dict[Value, Value] = {}
    kept = []
    for operation in (o.substituted(same) for o in operations):
        source: Any = operation.arguments[0] if operation.arguments else None
        if operation.function in _COPIES:
            same[operation.results[0]] = source
        elif operation.function is _ATEN.t.default and source in transposed:
            same[operation.results[0]] = transposed[source]
        elif operation.function in _RESHAPES and source.tensor.shape == operation.results[0].tensor.shape:
            same[operation.results[0]] = source
        else:
            kept.append(operation)
            if operation.function is _ATEN.t.default:
                transposed[operation.results[0]] = source
    return kept, tuple(same.get(value, value) for value in outputs)


def _used(operations: list[Operation], outputs: tuple[Value, ...]) -> list[Operation]:
    """Leave out what nobody looks at."""
    wanted, kept = set(outputs), []
    for operation in reversed(operations):
        if operation.changed or any(result in wanted for result in operation.results):
            wanted.update(operation.inputs)
            kept.append(operation)
    return kept[::-1]


def _gathered_in_place(operations: list[Operation], outputs: tuple[Value, ...]) -> tuple[list[Operation], set[Value]]:
    """Let what is only made to be concatenated be written to its place at once, in memory that stays.

    Returns the operations, and the values of that memory.
    """
    uses = Counter(value for operation in operations for value in operation.inputs) + Counter(outputs)
    makers = {result: operation for operation in operations for result in operation.results}
    roots = _roots(operations)
    handed_out = {roots.get(value, value) for value in outputs}  # is to be new at every step
    exchanged: dict[Operation, list[Operation]] = {}
    others: dict[Value, Value] = {}
    for operation in operations:
        made = operation.results[0] if operation.results else None
        if operation.function is not _ATEN.cat.default or made is None or made in handed_out:
            continue
        whole = Value(made.tensor, Pace.NEVER, given=True)
        others[made] = whole
        dim = operation.arguments[1] if len(operation.arguments) > 1 else operation.keywords.get("dim", 0)
        sizes = [value.tensor.shape[dim] for value in operation.arguments[0]]
        writes = []
        for value, place in zip(operation.arguments[0], torch.split(whole.tensor, sizes, dim), strict=True):
            writes += _written(value, place, makers, uses, exchanged)
        exchanged[operation] = writes
    kept = [o for operation in operations for o in exchanged.get(operation, [operation])]
    return [operation.substituted(others) for operation in kept], set(others.values())


def _written(
    value: Value,
    place: Tensor,
    makers: dict[Value, Operation],
    uses: Counter[Value],
    exchanged: dict[Operation, list[Operation]],
) -> list[Operation]:
    """Write a value to its place: by the operation that makes it, if that can and nobody else looks; else a copy."""
    source = value
    while source in makers and makers[source].function in _RESHAPES and uses[source] == 1:
        source = makers[source].arguments[0]
    maker = makers.get(source)
    function = _IN_PLACE.get(maker.function) if maker is not None else None
    alone = uses[source] == 1 and maker not in exchanged
    shaped = _viewed(place, source.tensor)
    if maker is None or function is None or shaped is None or not alone:
        target = Value(place, Pace.NEVER, given=True)
        return [Operation(_ATEN.copy_.default, (target, value), {}, [target], False)]
    target = Value(shaped, Pace.NEVER, given=True)
    exchanged[maker] = [Operation(function, maker.arguments, {**maker.keywords, "out": target}, [target], False)]
    return []


def _viewed(place: Tensor, like: Tensor) -> Tensor | None:
    """Return memory as another tensor would lie in it, or None where it cannot."""
    try:
        return place.view(like.shape) if place.dtype == like.dtype else None
    except RuntimeError:
        return None
