"""Training rate of the trainer, with every step's norms recorded, against a plain PyTorch loop that records losses.

Run it: python benchmarks/training.py. Rates depend on the machine; compare the ratio, which comes from one run.
"""

from __future__ import annotations

import statistics
import time

import torch
from torch import nn

from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment

SECONDS, ROUNDS = 1.0, 5
NETWORKS = {
    "2-4-2-1": {"network.layers": [4, 2]},
    "2-8-8-1": {"network.layers": [8, 8]},
    "2-8x6-1": {"network.layers": [8] * 6},
    "64-128-128-10": {"data.kind": "digits", "network.layers": [128, 128], "batches.size": 32},
}


def plain_loop(trainer: Trainer, seconds: float) -> float:
    """Return the steps per second of the loop that everybody writes, for the same network, data and batches."""
    layers: list[nn.Module] = []
    for layer in trainer.built.layers:
        layers += [nn.Linear(layer.inputs, layer.outputs), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train = trainer.dataset.train
    x, y = torch.from_numpy(train.inputs), torch.from_numpy(train.targets)
    binary = trainer.head.outputs == 1
    y = y.float()[:, None] if binary else y
    loss_of = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
    size, steps, losses, begin = trainer.experiment.batches.size, 0, [], time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for rows in torch.randperm(len(x)).split(size):
            optimizer.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        steps = len(losses)
    return steps / (time.perf_counter() - begin)


def main() -> None:
    torch.set_num_threads(1)
    print(f"{'network':16} {'trainer':>9} {'plain loop':>11} {'ratio':>6}   steps/s, medians of {ROUNDS}, alternating")
    for name, changes in NETWORKS.items():
        trainer = Trainer(Experiment().replace_all({"stopping.epochs": 1_000_000, **changes}), device="cpu")
        trainer.advance(seconds=0.2)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            chunk = trainer.advance(seconds=SECONDS)
            ours.append(chunk.steps / chunk.seconds)
            theirs.append(plain_loop(trainer, SECONDS))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"{name:16} {a:9.0f} {b:11.0f} {a / b:6.2f}")


if __name__ == "__main__":
    main()
