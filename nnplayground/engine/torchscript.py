"""Replays a tape in TorchScript: many steps in one call, in C++, without Python's global lock.

`torch.jit` is deprecated, and all that knows it is here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from nnplayground.engine import fused
from nnplayground.engine.operation import Operation, Pace, Value
from nnplayground.engine.tape import Recorder, Tape, UntraceableError

# Samples are gathered, and series cut into steps, before the loop; what stays the same is handed in.
_SOURCE = """
def replay(fixed: List[Tensor], boxes: List[List[Tensor]], numbers: List[float], samples: List[Tensor], order: Tensor,
           series: List[Tensor], ends: List[bool]):
    {unpacked}
    {prepared}
    {empty}
    epochs: List[Tensor] = []
    for i in range(order.size(0)):
        {current}
        {body}
        {kept}
        if ends[i]:
            {evaluation}
            epochs.append({evaluated})
    return [{stacked}], epochs
"""
_GATHERED = "{s}.index_select(0, order.reshape(-1)).reshape(order.size() + {s}.size()[1:]).unbind(0)"
_NUMBERED = {torch.preserve_format: "None", torch.contiguous_format: "0", torch.channels_last: "2", torch.strided: "0"}

Replay = Callable[[Sequence[Tensor], Tensor, Sequence[Tensor], Sequence[bool]], tuple[list[Tensor], list[Tensor]]]


def replay(recorder: Recorder, step: Tape, evaluation: Tape, samples: Sequence[Tensor]) -> Replay:
    """Return a function that takes many steps: (knobs, order, series, ends) to the steps' outputs, and evaluations.

    A step's first changing inputs are rows of `samples`, gathered by its row of `order`, (steps, …) int64; each of
    `series` is cut along its first axis into the steps' own. Outputs are stacked; the evaluation's one output comes
    for each step where `ends` is true. Raises UntraceableError, or RuntimeError where TorchScript does not take it.
    """
    printer = _Printer(step, evaluation, recorder.changing, len(samples))
    run = _function(printer.source())
    once = [*step.block, *evaluation.block]
    knobs, gathered = recorder.knobs, list(samples)
    fixed_values, number_values = printer.fixed, printer.numbers
    boxes = [[value.tensor] for value in printer.boxes]

    @torch.inference_mode()
    def call(
        given: Sequence[Tensor], order: Tensor, series: Sequence[Tensor], ends: Sequence[bool]
    ) -> tuple[list[Tensor], list[Tensor]]:
        known = _known(once, dict(zip(knobs, given, strict=True)))
        fixed = [known.get(value, value.tensor) for value in fixed_values]
        numbers = [float(known.get(value, value.tensor)) for value in number_values]
        return run(fixed, boxes, numbers, gathered, order, list(series), list(ends))

    return call


def _function(source: str) -> Callable[..., tuple[list[Tensor], list[Tensor]]]:
    """Return the function that a text defines. PyTorch keeps the caller's variables in a cycle: here, just the text."""
    torch._C._jit_set_profiling_mode(False)  # two runs spent on watching, for a text whose shapes are known
    found: Callable[..., tuple[list[Tensor], list[Tensor]]] = torch.jit.CompilationUnit(source).replay
    return found


def _known(once: Sequence[Operation], known: dict[Value, Tensor]) -> dict[Value, Tensor]:
    """Run what has to run once in a block; return its results too."""
    for operation in once:
        arguments, keywords = operation.exchanged(lambda value: known.get(value, value.tensor))
        made = operation.function(*arguments, **keywords)
        known.update(zip(operation.results, made if operation.listed else (made,), strict=True))
    return known


class _Printer:
    """Prints tapes as TorchScript; `fixed`, `boxes` and `numbers` are what the text expects to be handed in."""

    def __init__(self, step: Tape, evaluation: Tape, changing: Sequence[Value], samples: int) -> None:
        self._step, self._evaluation = step, evaluation
        self._changing, self._samples = changing, samples
        self._names: dict[Value, str] = {}
        self.fixed: list[Value] = []
        self.boxes: list[Value] = []
        self.numbers: list[Value] = []

    def source(self) -> str:
        """Return the text. Raises UntraceableError."""
        names = [f"x{i}" for i in range(len(self._changing))]
        self._names.update(zip(self._changing, names, strict=True))
        body = [line for operation in self._step.step for line in self._lines_of(operation)]
        outputs = {f"o{i}": self._name(value) for i, value in enumerate(self._step.outputs)}
        evaluation = [line for operation in self._evaluation.step for line in self._lines_of(operation)]
        (evaluated,) = (self._name(value) for value in self._evaluation.outputs)
        prepared = [f"x{i}s = " + _GATHERED.format(s=f"samples[{i}]") for i in range(self._samples)]
        prepared += [f"{name}s = series[{i}].unbind(0)" for i, name in enumerate(names[self._samples :])]
        return _SOURCE.format(
            unpacked=_lines(1, self._unpacked()),
            prepared=_lines(1, prepared),
            empty=_lines(1, [f"{name}: List[Tensor] = []" for name in outputs]),
            current=_lines(2, [f"{name} = {name}s[i]" for name in names]),
            body=_lines(2, body),
            kept=_lines(2, [f"{name}.append({value})" for name, value in outputs.items()]),
            evaluation=_lines(3, evaluation),
            evaluated=evaluated,
            stacked=", ".join(f"torch.stack({name})" for name in outputs),
        )

    def _unpacked(self) -> list[str]:
        lines = [f"{self._names[value]} = fixed[{i}]" for i, value in enumerate(self.fixed)]
        lines += [f"b{i} = boxes[{i}]" for i in range(len(self.boxes))]
        return lines + [f"f{i} = numbers[{i}]" for i in range(len(self.numbers))]

    def _lines_of(self, operation: Operation) -> list[str]:
        schema = operation.function._schema
        namespace, name = schema.name.split("::")
        if namespace == fused.NAMESPACE:
            return [self._kernel(fused.KERNELS[name.removesuffix("_")], operation.arguments)]
        arguments = [self._literal(value) for value in operation.arguments]
        arguments += [f"{keyword}={self._literal(value)}" for keyword, value in operation.keywords.items()]
        call = f"torch.ops.{namespace}.{name}({', '.join(arguments)})"
        made = [value for value in operation.results if value not in self._names and value not in operation.changed]
        if not made or operation.results[0].given:
            return [call]
        if operation.listed and schema.returns[0].type.kind() != "TensorType":
            name = self._name(operation.results[0]) + "s"
            cut = [f"{self._name(value)} = {name}[{i}]" for i, value in enumerate(operation.results)]
            return [f"{name} = {call}", *cut]
        return [f"{', '.join(self._name(value) for value in operation.results)} = {call}"]

    def _kernel(self, kernel: fused.Kernel, arguments: Sequence[Value]) -> str:
        given = dict(zip(kernel.arguments, arguments, strict=True))
        printed = ["[]" if name is None else self._box(given[name]) for name in kernel.lists]
        printed += [f"{keyword}={self._name(given[name])}" for keyword, name in kernel.tensors.items()]
        printed += [f"{keyword}={self._number(given[name])}" for keyword, name in kernel.floats.items()]
        printed += [f"{keyword}={value!r}" for keyword, value in kernel.constants.items()]
        return f"torch.ops.aten.{kernel.name}({', '.join(printed)})"

    def _box(self, value: Value) -> str:
        """Print a list of one tensor; one that stays is handed in, since TorchScript drops writes to its own lists."""
        if value.pace is not Pace.NEVER:
            return f"[{self._name(value)}]"
        if value not in self.boxes:
            self.boxes.append(value)
        return f"b{self.boxes.index(value)}"

    def _number(self, value: Value) -> str:
        if value.pace is Pace.STEP:
            return f"float({self._name(value)})"
        if value not in self.numbers:
            self.numbers.append(value)
        return f"f{self.numbers.index(value)}"

    def _name(self, value: Value) -> str:
        if value not in self._names:
            self._names[value] = f"v{len(self._names)}"
            if value.pace is not Pace.STEP:
                self.fixed.append(value)
        return self._names[value]

    def _literal(self, value: Any) -> str:
        if isinstance(value, Value):
            return self._name(value)
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(self._literal(item) for item in value)}]"
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if value is None or isinstance(value, (bool, int, float, str)):
            return repr(value)
        if isinstance(value, torch.device):
            return f'torch.device("{value}")'
        if isinstance(value, torch.dtype):
            return str(value)
        numbered = next((number for known, number in _NUMBERED.items() if known is value), None)
        if numbered is None:
            raise UntraceableError(f"the step hands {value!r} to an operation, which has no way to be written down")
        return numbered


def _lines(depth: int, lines: Sequence[str]) -> str:
    return ("\n" + "    " * depth).join(lines) if lines else "pass"
