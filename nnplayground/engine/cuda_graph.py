"""Runs the step as a CUDA graph: captured once, launched with one call a step, records kept on the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from nnplayground.engine.blocks import BLOCK_NUMBERS, Block, Job, Plan, Records, rows_of
from nnplayground.engine.step import Batch

CAPACITY = 1_000  # steps whose inputs and records are held on the device, where they are small
WARM_UPS = 3  # steps on a stream of their own before the capture, as PyTorch asks for

Launch = Callable[[], None]


def capture(advance: Launch) -> Launch:
    """Return a function that does on the GPU what `advance` does, in one launch."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.stream(stream):  # which is left again also where the capture fails
        for _ in range(WARM_UPS):
            advance()
        with torch.cuda.graph(captured, stream=stream, capture_error_mode="thread_local"):  # others may use the GPU
            advance()
    torch.cuda.current_stream().wait_stream(stream)
    return captured.replay


def graph(job: Job, numbers: Sequence[Tensor], example: Plan, capture: Callable[[Launch], Launch] = capture) -> Block:
    """Return a block that launches the step as a graph. The state is left some steps further on.

    A graph reads and writes the same memory at every launch: so the inputs of many steps lie in tables on the device,
    and a counter there says which row is next.
    """
    capacity = _capacity(example)
    tables = [_table(values, capacity) for values in _inputs(example)]
    knobs = [number.clone() for number in numbers]
    counter = torch.zeros(1, dtype=torch.int64, device=job.x.device)
    outputs: list[Tensor] = []

    def advance() -> None:
        order, *series = (table.index_select(0, counter).squeeze(0) for table in tables)
        named = dict(zip(example.series, series, strict=True))
        batch = Batch(rows_of(job.x, order), rows_of(job.y, order), named)
        made = job.step(job.state, batch, job.step.shape.knobs(knobs))
        if not outputs:
            outputs.extend(_table(values[None], capacity) for values in made)
        for output, values in zip(outputs, made, strict=True):
            output.index_copy_(0, counter, values[None])
        counter.add_(1).remainder_(capacity)

    for table, values in zip(tables, _inputs(example), strict=True):
        table[:] = values[:1]
    advance()  # once plainly, so that the tables of outputs are there
    launch = capture(advance)

    def run(numbers: Sequence[Tensor], plan: Plan) -> Records:
        for mine, given in zip(knobs, numbers, strict=True):
            mine.copy_(given)
        found, epochs = [], []
        for start in range(0, len(plan), capacity):
            part = [values[start : start + capacity] for values in _inputs(plan)]
            for table, values in zip(tables, part, strict=True):
                table[: len(values)] = values
            counter.zero_()
            for ended in plan.ends[start : start + capacity]:
                launch()
                if ended:
                    epochs.append(job.finish(job.state, job.step.shape.knobs(knobs)))
            found.append([output[: len(part[0])].clone() for output in outputs])
        losses, measured = (torch.cat(parts) for parts in zip(*found, strict=True))
        return Records(job.step.records(losses, measured), tuple(epochs))

    return run


def _capacity(example: Plan) -> int:
    numbers = max(values[0].numel() for values in _inputs(example))
    return max(1, min(CAPACITY, BLOCK_NUMBERS // numbers))


def _inputs(plan: Plan) -> list[Tensor]:
    return [plan.order, *plan.series.values()]


def _table(values: Tensor, rows: int) -> Tensor:
    return torch.zeros((rows, *values.shape[1:]), dtype=values.dtype, device=values.device)
