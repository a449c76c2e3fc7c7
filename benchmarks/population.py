"""Rate of populations of one network that differ in their learning rate, against that network trained alone.

python benchmarks/population.py [--quick]: network-steps per second, that is steps per second times networks, beside
one trainer run eagerly and one as the trainer chooses; all in turn in each round, one thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from report import machine, table

from nnplayground import bench
from nnplayground.bench import Contender
from nnplayground.engine import Population, Trainer
from nnplayground.experiment import Experiment

SECONDS, ROUNDS = 0.8, 7
QUICK = 0.1, 3
SIZES = (1, 4, 16, 64, 256)
NETWORKS = {name: bench.NETWORKS[name] for name in ("2-8-8-1", "64-128-128-10")}
KNOB, LOWEST, HIGHEST = "optimizer.lr", 1e-4, 1e-2


@dataclass(frozen=True)
class Row:
    """What was found for one network: network-steps per second in each round, by size; alone by executor."""

    name: str
    executor: str
    alone: dict[str, list[float]]  # "trainer", "trainer_eager"
    together: dict[int, list[float]]


def contender(trainer: Trainer, size: int) -> Contender:
    """Return a population of a trainer's network at so many learning rates; its rate counts every network's steps."""
    values = np.geomspace(LOWEST, HIGHEST, size).tolist() if size > 1 else [HIGHEST]
    population = Population(trainer.experiment, over=KNOB, values=values, device="cpu", dataset=trainer.dataset)

    def train(seconds: float) -> float:
        chunk = population.advance(seconds=seconds)
        assert chunk.loss.shape == (chunk.steps, size)
        assert np.isfinite(chunk.loss).all()  # all of them train
        return chunk.steps * size / chunk.seconds

    return train


def measure(quick: bool = False) -> list[Row]:
    """Measure each network and return a row for it."""
    seconds, rounds = QUICK if quick else (SECONDS, ROUNDS)
    torch.set_num_threads(1)
    rows = []
    for name, changes in NETWORKS.items():
        sys.stderr.write(f"population: {name} …\n")
        experiment = Experiment().replace_all({"stopping.epochs": 1_000_000, **changes})
        trainer = bench.fair_trainer(experiment, device="cpu")
        together = {str(size): contender(trainer, size) for size in SIZES}
        found = bench.contest({**bench.ours(trainer), **together}, seconds, rounds)
        alone = {key: found[key] for key in ("trainer", "trainer_eager") if key in found}
        rows.append(Row(name, trainer.executor, alone, {size: found[str(size)] for size in SIZES}))
    return rows


def tell(rows: Sequence[Row]) -> str:
    """Return ratios and rates as Markdown."""
    head = ["network", "alone, eager", "alone", *(f"{size} together" for size in SIZES)]
    ratios, rates = [], []
    for row in rows:
        eager = row.alone.get("trainer_eager", row.alone["trainer"])
        columns = [eager, row.alone["trainer"], *row.together.values()]
        ratios.append([row.name, *(f"{bench.ratio(column, eager):.1f} ×" for column in columns)])
        rates.append([row.name, *(f"{statistics.median(column):,.0f}" for column in columns)])
    executors = ", ".join(sorted({row.executor for row in rows}))
    return "\n\n".join(
        [
            f"Network-steps per second against one network run eagerly (alone: executor {executors}):",
            table(head, ratios),
            "Network-steps per second, medians; the ratios are medians of those in each round:",
            table(head, rates),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short turns, fewer rounds")
    options = parser.parse_args()
    print(f"{tell(measure(options.quick))}\n\n{machine()}")


if __name__ == "__main__":
    main()
