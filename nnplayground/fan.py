"""A fan: one experiment at many values of one knob, trained side by side, and what became of each."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.assignment import value_of, values_of
from nnplayground.experiment.errors import shown
from nnplayground.notices import announce, load_aloud

if TYPE_CHECKING:
    from nnplayground.engine import Population

SIZE = 16  # of a range, where nothing else is said


def parse(text: str, experiment: Experiment, size: int | None = None) -> tuple[str, tuple[Any, ...]]:
    """Return path and values of PATH=LO..HI, `size` values spread over the knob's scale, or of PATH=A,B,C.

    Raises ExperimentError; listed values are looked at when networks are made of them.
    """
    path, _, listed = (part.strip() for part in text.partition("="))
    if not path or not listed:
        allowed = "PATH=LO..HI or PATH=A,B,C, as in optimizer.lr=1e-4..1"
        raise ExperimentError(f"--over {shown(text)} is not allowed; allowed: {allowed}")
    low, dots, high = listed.partition("..")
    ends = value_of(low), value_of(high)
    if dots and all(type(end) in (int, float) for end in ends):
        experiment.replace(path, ends[0])  # tells what is wrong with a knob that is not there, or that has no numbers
        return path, experiment.field(path).spread(*ends, SIZE if size is None else size)
    if size is not None:
        raise ExperimentError(f"--size {size} does not fit --over {shown(text)}; allowed: with a range, PATH=LO..HI")
    return path, values_of(listed)


def run(
    experiment: Experiment,
    path: str,
    values: Sequence[Any],
    *,
    device: str = "auto",
    executor: str = "auto",
    steps: int | None = None,
    seconds: float | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train a network for each value and return what `nnplayground fan --json` prints. Raises ExperimentError.

    Training ends after so many steps or seconds, as the experiment says, or when interrupted. What is told of each
    network is of its best epoch, where `stopping.restore` says so as it does to a network alone; of one that diverged
    nothing is told but when.
    """
    import torch

    from nnplayground.engine import Population
    from nnplayground.engine.devices import threads_for
    from nnplayground.engine.setup import data_of

    torch.set_num_threads(1)
    first, dataset = experiment.replace(path, values[0]), None
    if data_of(first) == data_of(experiment):
        dataset = load_aloud(experiment, interrupted)
    population = Population(experiment, over=path, values=values, device=device, executor=executor, dataset=dataset)
    torch.set_num_threads(threads_for(population.work))
    announce(population)
    spent, stopped_by = _train(population, steps, seconds, interrupted)
    population.restore_best()
    return _result(experiment, population, spent, stopped_by)


def _train(
    population: Population, steps: int | None, seconds: float | None, interrupted: Callable[[], bool]
) -> tuple[float, str]:
    """Advance until something stops it; return the seconds of training and what stopped it."""
    import numpy as np
    from tqdm import tqdm

    spent, last = 0.0, population.last_step if steps is None else min(steps, population.last_step)
    with tqdm(total=last, unit="step", disable=not sys.stderr.isatty(), leave=False, file=sys.stderr) as bar:
        while True:
            if interrupted():
                return spent, "interrupted"
            left = population.block_seconds if seconds is None else seconds - spent
            if left <= 0:
                return spent, "seconds"
            if population.step == steps:
                return spent, "steps"
            chunk = population.advance(steps=last - population.step, seconds=min(left, population.block_seconds))
            spent += chunk.seconds
            bar.update(chunk.steps)
            losses = chunk.validation_loss[np.isfinite(chunk.validation_loss)]
            if len(losses):
                bar.set_postfix(lowest_validation_loss=f"{losses.min():.4g}", refresh=False)
            if chunk.stopped_by is not None:
                return spent, chunk.stopped_by


def _result(experiment: Experiment, population: Population, seconds: float, stopped_by: str) -> dict[str, Any]:
    members = list(_members(population))
    sound = [member for member in members if member["validation_loss"] is not None]
    best = min(sound, key=lambda member: float(member["validation_loss"]), default=None)  # the first of equals
    taken = sum(population.step if member["diverged_at"] is None else member["diverged_at"] - 1 for member in members)
    return {
        "experiment": experiment.told(),
        "over": population.over,
        "values": list(population.values),
        "steps": population.step,
        "epochs": max(population.epochs),
        "seconds": round(seconds, 3),
        "network_steps_per_second": round(taken / seconds, 1) if seconds else None,
        "executor": population.executor,
        "device": population.device.type,
        "stopped_by": stopped_by,
        "parameters": list(population.parameters),
        "members": members,
        "best": None if best is None else best["value"],
    }


def _members(population: Population) -> Iterator[dict[str, Any]]:
    train_loss, validation_loss, train_metrics, validation_metrics = population.evaluate()
    for i, value in enumerate(population.values):
        yield {
            "value": value,
            "train_loss": _finite(train_loss[i]),
            "validation_loss": _finite(validation_loss[i]),
            "metric": population.metrics[0],
            "train_metric": _finite(train_metrics[i, 0]),
            "validation_metric": _finite(validation_metrics[i, 0]),
            "epochs": population.epochs[i],
            "best_epoch": population.best_epochs[i] or None,
            "diverged_at": int(population.diverged[i]) or None,
        }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# the table


def lines(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text: a row for each value."""
    members = result["members"]
    metric = members[0]["metric"]
    head = [result["over"], "train loss", "validation loss", f"train {metric}", f"validation {metric}", ""]
    sound = [i for i, member in enumerate(members) if member["validation_loss"] is not None]
    best = next((i for i in sound if members[i]["value"] == result["best"]), None)
    rows = [[*_cells(member), "best" if i == best else _end(member)] for i, member in enumerate(members)]
    if len({member["epochs"] for member in members if member["diverged_at"] is None}) > 1:
        head.insert(1, "epochs")
        for row, member in zip(rows, members, strict=True):
            row.insert(1, str(member["epochs"]))
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    table = ["  ".join(map(str.rjust, row[:-1], widths)) + "  " + row[-1] for row in (head, *rows)]
    return "".join(f"{line.rstrip()}\n" for line in [*table, _summary(result)])


def _cells(member: Mapping[str, Any]) -> Iterator[str]:
    value = member["value"]
    yield f"{value:.6g}" if isinstance(value, float) else shown(value, 30).strip("'")
    for name in ("train_loss", "validation_loss", "train_metric", "validation_metric"):
        yield "–" if member[name] is None else f"{member[name]:.4g}"


def _end(member: Mapping[str, Any]) -> str:
    return "" if member["diverged_at"] is None else f"diverged at step {member['diverged_at']:,}"


def _summary(result: Mapping[str, Any]) -> str:
    rate = result["network_steps_per_second"]
    sizes = ((len(result["members"]), "network"), (result["steps"], "step"), (result["epochs"], "epoch"))
    networks, steps, epochs = (f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in sizes)
    speed = "" if rate is None else f", {rate:,.0f} network-steps/s"
    return (
        f"{networks}, {steps} ({epochs}) in {result['seconds']:.3g} s{speed} ({result['executor']}, {result['device']})"
    )
