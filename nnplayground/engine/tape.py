"""A tape: the tensor operations of one function, recorded once, to be replayed many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from nnplayground.engine.lean import STAYING, lean
from nnplayground.engine.operation import Operation, Pace, Value, mapped

_ATEN = torch.ops.aten


class UntraceableError(Exception):
    """A step that cannot be replayed; the message says why, in words for the user."""


@dataclass(frozen=True, eq=False)
class Tape:
    """The operations of a step in order, apart by how often they have to run, and what the step returns.

    Those that run only once have run: their results' `tensor` is what they made.
    """

    block: list[Operation]
    step: list[Operation]
    outputs: tuple[Value, ...]


class Recorder:
    """Records functions that share their inputs.

    `persistent` tensors stay in their place from call to call, and may be written to; knobs are the same for many
    calls; `changing` ones differ from call to call. Any other tensor that a function looks at is a constant.
    """

    def __init__(self, persistent: Sequence[Tensor], knobs: Sequence[Tensor], changing: Sequence[Tensor]) -> None:
        self._mode = _Mode()
        self._persistent = {self._mode.note(tensor, Value(tensor, Pace.NEVER, given=True)) for tensor in persistent}
        self.knobs = [self._mode.note(tensor, Value(tensor, Pace.BLOCK, given=True)) for tensor in knobs]
        self.changing = [self._mode.note(tensor, Value(tensor, Pace.STEP, given=True)) for tensor in changing]

    def record(self, function: Callable[[], Iterable[Tensor]]) -> Tape:
        """Run a function, and return its tape. Raises UntraceableError."""
        self._mode.operations = []
        with self._mode:
            found = function()
        outputs = tuple(self._mode.value(tensor) for tensor in found)
        paced, outputs = lean(self._mode.operations, outputs, self._persistent)
        return Tape(paced[Pace.BLOCK], paced[Pace.STEP], outputs)


class _Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operation that reaches tensors, below autograd and vmap."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else PyTorch imports its compiler, which takes a second, to keep it from looking in here

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self._values: WeakTensorKeyDictionary = WeakTensorKeyDictionary()  # large evaluations are not kept in memory

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        if func is _ATEN.lift_fresh.default:  # a number that became a tensor: the constant, and what a step makes of it
            func = _ATEN.clone.default
        keywords = {name: mapped(value, Tensor, self.value) for name, value in (kwargs or {}).items()}
        arguments = tuple(mapped(value, Tensor, self.value) for value in args)
        made = func(*args, **(kwargs or {}))
        listed = isinstance(made, (list, tuple))
        tensors = made if listed else () if made is None else (made,)
        results = [self._result(tensor, func in STAYING) for tensor in tensors]
        self.operations.append(Operation(_declared(func, arguments), arguments, keywords, results, listed))
        return made

    def _result(self, made: Any, stays: bool) -> Value:
        if made is None:  # a gradient that nobody wants
            return Value(torch.empty(0, device="meta"), Pace.STEP)
        if not isinstance(made, Tensor):
            raise UntraceableError("the step looks at numbers in Python, and only operations on tensors are recorded")
        if made in self._values:
            return self.value(made)
        return self.note(made, Value(made.detach() if stays else torch.empty_like(made, device="meta"), Pace.STEP))

    def value(self, tensor: Tensor) -> Value:
        """Return the value that stands for a tensor; what was not seen before is a constant."""
        found: Value | None = self._values.get(tensor)  # type: ignore[no-untyped-call]
        return found or self.note(tensor, Value(tensor, Pace.NEVER, given=True))

    def note(self, tensor: Tensor, value: Value) -> Value:
        """Let a value stand for a tensor from now on, and return it."""
        self._values[tensor] = value
        return value


def _declared(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Return the same operator, but one that says what memory it shares or writes to."""
    if function is _ATEN._unsafe_view.default:
        return _ATEN.view.default
    if function is _ATEN.native_batch_norm.default and None not in arguments[3:5]:  # running statistics
        return _ATEN._native_batch_norm_legit.default
    return function
