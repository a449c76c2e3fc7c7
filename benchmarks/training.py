"""Training rate of the trainer, with every layer's norms recorded at every step, against its peers.

python benchmarks/training.py [--quick] [--networks NAME …]: all contenders in turn in each round, the same network,
data, batch size and optimizer. Peers that are not installed are left out (pip install -e ".[bench]").
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from peers import PEERS, peers
from report import machine, table
from threadpoolctl import threadpool_limits

from nnplayground import bench, resources
from nnplayground.data import Dataset, Samples
from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment

SECONDS, ROUNDS = 0.8, 7
QUICK = 0.1, 3
OURS = {"trainer": "trainer", "trainer_eager": "trainer, eager"}
EVALUATING = "torch_loop_evaluating"
LOOPS = {"torch_loop": "torch loop", "torch_loop_fused": "fused Adam", EVALUATING: "fused, evaluating"}


@dataclass(frozen=True)
class Network:
    """A network that is measured, by what its experiment changes; `random` data are as wide as its inputs."""

    changes: dict[str, Any]
    threads: int = 1
    random: tuple[int, int] | None = None  # inputs, classes


@dataclass
class Row:
    """What was found for one network: each contender's steps per second in each round."""

    name: str
    batch_size: int
    threads: int
    executor: str
    rates: dict[str, list[float]]
    missing: list[str] = field(default_factory=list)


_DIGITS = {"data.kind": "digits", "batches.size": 32}
_WIDE = {"network.layers": [512, 512], "network.activation": "relu", "optimizer.lr": 0.001, "batches.size": 32}
_LENET = Experiment.load(resources.presets()["lenet-5"])
NETWORKS = {
    "2-4-2-1": Network(bench.NETWORKS["2-4-2-1"]),
    "2-8-8-1": Network(bench.NETWORKS["2-8-8-1"]),
    "2-8x6-1": Network(bench.NETWORKS["2-8x6-1"]),
    "64-64-64-10, batch norm": Network({**_DIGITS, "network.layers": [64, 64], "network.normalization": "batch"}),
    "64-128-128-10": Network(bench.NETWORKS["64-128-128-10"]),
    "LeNet-5, 8×8": Network(
        {**_DIGITS, "network": Experiment.load(resources.presets()["lenet-5"]).network.model_dump()}
    ),
    "784-512-512-10": Network(_WIDE, random=(784, 10)),
    "784-512-512-10, 2 threads": Network(_WIDE, threads=2, random=(784, 10)),
}


def random_dataset(inputs: int, classes: int, training: int = 2048, validation: int = 512) -> Dataset:
    """Return classes of Gaussian noise around a centre each."""
    random = np.random.default_rng(0)
    y = random.integers(classes, size=training + validation)
    x = (random.normal(size=(classes, inputs))[y] + random.normal(size=(len(y), inputs))).astype(np.float32)
    parts = [Samples(x[s], y[s], x[s]) for s in (slice(0, training), slice(training, None))]
    names = tuple(f"x{i}" for i in range(inputs))
    return Dataset("random", "classification", names, "y", tuple(map(str, range(classes))), *parts, _same)


class EvaluatingLoop(bench.Loop):
    """The loop with fused Adam that does after each epoch what the trainer does: loss and accuracy of all data."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer, fused=True)
        dataset, head = trainer.dataset, trainer.head
        parts = [
            (torch.as_tensor(part.inputs), torch.as_tensor(part.targets))
            for part in (dataset.train, dataset.validation)
        ]
        self.parts = [(x, head.targets(y), y) for x, y in parts]
        self.results: list[tuple[float, float]] = []

    @torch.no_grad()
    def epoch_ends(self) -> None:
        self.model.eval()
        for x, y, classes in self.parts:
            logits = self.model(x)
            found = logits.argmax(dim=1) if logits.shape[1] > 1 else logits[:, 0] > 0
            self.results.append((float(self.loss(logits, y)), float((found == classes).float().mean())))
        self.model.train()


def _same(raw: np.ndarray) -> np.ndarray:
    return raw


def make_trainer(network: Network) -> Trainer:
    """Return a trainer of a network that is measured, on the CPU."""
    changes = {"stopping.epochs": 1_000_000, **network.changes}
    if network.random is None:
        return bench.fair_trainer(Experiment().replace_all(changes), device="cpu")
    experiment = Experiment().replace_all({"data": {"kind": "blobs", "samples": 2560}, **changes})
    return bench.fair_trainer(experiment, device="cpu", dataset=random_dataset(*network.random))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch, and the BLAS under numpy, use so many threads."""
    before = torch.get_num_threads()
    with threadpool_limits(count):
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def measure(quick: bool = False, names: Sequence[str] = tuple(NETWORKS)) -> list[Row]:
    """Measure networks and return a row for each."""
    seconds, rounds = QUICK if quick else (SECONDS, ROUNDS)
    rows = []
    for name in names:
        sys.stderr.write(f"training: {name} …\n")
        network = NETWORKS[name]
        with _threads(network.threads):
            trainer = make_trainer(network)
            others, missing = peers(trainer)
            contenders = {**bench.ours(trainer), **bench.loops(trainer), EVALUATING: EvaluatingLoop(trainer), **others}
            rates = bench.contest(contenders, seconds, rounds)
        rows.append(Row(name, trainer.experiment.batches.size, network.threads, trainer.executor, rates, missing))
    return rows


def tell(rows: Sequence[Row]) -> str:
    """Return ratios and rates as Markdown."""
    others = {**LOOPS, **{name: name for name in PEERS if any(name in row.rates for row in rows)}}
    ratios, rates = [], []
    for row in rows:
        title = f"{row.name}; {row.batch_size}"
        seen = [key for key in others if key in row.rates]
        against = {key: f"{bench.ratio(row.rates['trainer'], row.rates[key]):.2f} ×" for key in seen}
        ratios.append([title, *(against.get(key, "–") for key in others)])
        medians = {key: f"{statistics.median(values):,.0f}" for key, values in row.rates.items()}
        rates.append([title, *(medians.get(key, "–") for key in (*OURS, *others))])
    missing = sorted({name for row in rows for name in row.missing})
    executors = sorted({row.executor for row in rows})
    return "\n\n".join(
        [
            f"How many times as fast the trainer is (executor {', '.join(executors)}; more than 1 is faster):",
            table(["network; batch", *others.values()], ratios),
            "Steps per second, medians; the ratios are medians of those in each round:",
            table(["network; batch", *OURS.values(), *others.values()], rates),
            *([f"Not installed, and so left out: {', '.join(missing)}."] if missing else []),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short turns, fewer rounds")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), metavar="NAME")
    options = parser.parse_args()
    print(f"{tell(measure(options.quick, options.networks))}\n\n{machine()}")


if __name__ == "__main__":
    main()
