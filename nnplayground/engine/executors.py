"""How a block of steps is run: one by one in Python, replayed in C++, or as a CUDA graph. The step is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from nnplayground.engine import torchscript
from nnplayground.engine.blocks import Block, Job, Plan, Records
from nnplayground.engine.cuda_graph import graph
from nnplayground.engine.noise import SERIES
from nnplayground.engine.tape import Recorder, UntraceableError
from nnplayground.experiment import ExperimentError

TOLERANCE = 1e-3  # relative, between a step and its first replay

Maker = Callable[[Job, Sequence[Tensor], Plan], Block]  # given a tuning's numbers, and an example of a plan


def eager(job: Job, numbers: Sequence[Tensor], example: Plan) -> Block:
    """Return a block that calls the step plainly: the reference, and what always works."""
    del numbers, example

    def run(numbers: Sequence[Tensor], plan: Plan) -> Records:
        knobs, taken, epochs = job.step.shape.knobs(numbers), [], []
        for i in range(len(plan)):
            taken.append(job.step(job.state, plan.batch(job, i), knobs))
            if plan.ends[i]:
                epochs.append(job.finish(job.state, knobs))
        losses, measured = zip(*taken, strict=True)
        return Records(job.step.records(torch.stack(losses), torch.stack(measured)), tuple(epochs))

    return run


def _checked(make: Maker, job: Job, numbers: Sequence[Tensor], example: Plan) -> Block:
    """Return a block that was seen to do what the plain step does. Raises UntraceableError, and leaves the state."""
    before, trials = job.state.clone(), _trials(job, example)
    try:
        block = make(job, numbers, example)
        job.state.copy_(before)
        for trial in trials:
            _compare(block, job, numbers, trial)
    except RuntimeError as error:
        raise UntraceableError("the step could not be recorded: " + " ".join(str(error).split())[:200]) from error
    finally:
        job.state.copy_(before)
    return block


def _trials(job: Job, example: Plan) -> tuple[Plan, Plan]:
    """Return two steps that differ in all that may change: what was recorded as a constant shows in the second."""
    first = example.until(1)
    other = {name: 1 - values if name in SERIES else values / 2 for name, values in first.series.items()}
    return replace(first, ends=(False,)), Plan((first.order + 1) % len(job.x), other, (True,))


def _compare(block: Block, job: Job, numbers: Sequence[Tensor], trial: Plan) -> None:
    """Take a step plainly, but not before a block has taken it from the same state. Raises UntraceableError."""
    before, knobs = job.state.clone(), job.step.shape.knobs(numbers)
    found = block(numbers, trial)
    after = job.state.clone()
    job.state.copy_(before)
    block(numbers, replace(trial, ends=(False,)))
    pairs = [(job.finish(job.state, knobs), values) for values in found.epochs]
    pairs += zip(job.state.clone().tensors, after.tensors, strict=True)
    job.state.copy_(before)
    expected = eager(job, numbers, trial)(numbers, replace(trial, ends=(False,)))
    if not all(_alike(*pair) for pair in [*pairs, (expected.steps, found.steps)]):
        raise UntraceableError("its replay gives other results")


def _alike(first: Tensor, second: Tensor) -> bool:
    same = (first.shape, first.dtype) == (second.shape, second.dtype)
    return same and torch.allclose(first, second, TOLERANCE, TOLERANCE, equal_nan=True)


def _compiled(job: Job, numbers: Sequence[Tensor], example: Plan) -> Block:
    """Return a block that replays the step in C++, traced with an example of its inputs. Raises UntraceableError."""
    batch, knobs = example.batch(job, 0), job.step.shape.knobs(numbers)
    changing = [batch.x, batch.y, *batch.series.values()]
    job.step(job.state, batch, knobs)  # what a step makes at its first call is no part of it
    recorder = Recorder(job.state.tensors, numbers, changing)
    step = recorder.record(lambda: job.step(job.state, batch, knobs))
    evaluation = recorder.record(lambda: (job.finish(job.state, knobs),))
    replay = torchscript.replay(recorder, step, evaluation, (job.x, job.y))

    def run(numbers: Sequence[Tensor], plan: Plan) -> Records:
        (losses, measured), epochs = replay(numbers, plan.order, list(plan.series.values()), plan.ends)
        return Records(job.step.records(losses, measured), tuple(epochs))

    return run


EXECUTORS: dict[str, Maker] = {
    "eager": eager,
    "compiled": partial(_checked, _compiled),
    "graph": partial(_checked, graph),
}
_ON = {"eager": ("cpu", "cuda", "mps"), "compiled": ("cpu",), "graph": ("cuda",)}


def choose(name: str, device: str) -> str:
    """Return the executor of that name on a device. Raises ExperimentError where it does not run there."""
    here = [executor for executor, devices in _ON.items() if device in devices]
    if name == "auto":
        return next(executor for executor in ("graph", "compiled", "eager") if executor in here)
    if name not in here:
        raise ExperimentError(f"executor = {name!r} does not run on {device}; allowed there: auto, {', '.join(here)}")
    return name


def prepare(name: str, job: Job, numbers: Sequence[Tensor], example: Plan) -> tuple[Block, str, str]:
    """Return a block, the executor that runs it, and where it is not the one that was asked for, why not."""
    try:
        return EXECUTORS[name](job, numbers, example), name, ""
    except UntraceableError as error:
        return eager(job, numbers, example), "eager", str(error)
