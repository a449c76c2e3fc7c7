"""This machine's training rate beside the loops that everybody writes in PyTorch, measured in turn in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nnplayground import __version__
from nnplayground.data import Dataset, Samples, load
from nnplayground.engine.layers.learner import Conv, Dense
from nnplayground.engine.layers.pooling import AveragePool, Flatten, MaxPool
from nnplayground.engine.layers.stage import Stage
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment

Contender = Callable[[float], float]  # trains on for about so many seconds; returns its steps per second

ROUNDS = 5
NETWORKS: dict[str, dict[str, Any]] = {
    "2-4-2-1": {"network.layers": [4, 2]},
    "2-8-8-1": {"network.layers": [8, 8]},
    "2-8x6-1": {"network.layers": [8] * 6},
    "64-128-128-10": {"data.kind": "digits", "network.layers": [128, 128], "batches.size": 32},
}
_ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}
_NORMALIZATIONS: dict[str, Callable[[int], list[nn.Module]]] = {
    "none": lambda _outputs: [],
    "batch": lambda outputs: [nn.BatchNorm1d(outputs)],
    "layer": lambda outputs: [nn.LayerNorm(outputs)],
}
_LOSSES: dict[str, type[nn.Module]] = {
    "binary_cross_entropy": nn.BCEWithLogitsLoss,
    "cross_entropy": nn.CrossEntropyLoss,
    "mse": nn.MSELoss,
}


def run(
    *,
    seconds: float,
    device: str = "auto",
    rounds: int = ROUNDS,
    networks: Mapping[str, Mapping[str, Any]] = NETWORKS,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure each network and return what `nnplayground bench --json` prints.

    Each contender trains for `seconds` in each round; `say` is told what is measured. Raises ExperimentError where
    this machine has no such device.
    """
    rows = []
    for name, changes in networks.items():
        say(f"{name} …")
        experiment = Experiment().replace_all({"stopping.epochs": 1_000_000, **changes})
        trainer = fair_trainer(experiment, device=device)
        rows.append(_row(name, trainer, seconds, rounds))
    return {
        "version": __version__,
        "torch": torch.__version__,
        "device": trainer.device.type,
        "threads": torch.get_num_threads(),
        "seconds": seconds,
        "rounds": rounds,
        "networks": rows,
    }


def _row(name: str, trainer: Trainer, seconds: float, rounds: int) -> dict[str, Any]:
    contenders = {**ours(trainer), **loops(trainer)}
    found = contest(contenders, seconds, rounds)
    found = {"trainer": found["trainer"], "trainer_eager": found["trainer"], **found}
    return {
        "network": name,
        "batch_size": trainer.experiment.batches.size,
        "parameters": trainer.parameters,
        "executor": trainer.executor,
        "steps_per_second": {k: round(statistics.median(rates), 1) for k, rates in found.items()},
        "ratios": {k: round(ratio(found["trainer"], rates), 3) for k, rates in found.items() if k != "trainer"},
    }


def lines(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text."""
    names = {"trainer": "trainer", "trainer_eager": "eager", "torch_loop": "torch loop", "torch_loop_fused": "fused"}
    head = "".join(f"{name:>12}" for name in names.values())
    text = [f"{'steps/s':22}{head}   trainer against the loop, the fused loop"]
    for row in result["networks"]:
        rates = "".join(f"{row['steps_per_second'][key]:12,.0f}" for key in names)
        times = f"{row['ratios']['torch_loop']:.2f} ×, {row['ratios']['torch_loop_fused']:.2f} ×"
        text.append(f"{row['network'] + ', batch ' + str(row['batch_size']):22}{rates}   {times} ({row['executor']})")
    threads = f"{result['threads']} thread{'s' if result['threads'] > 1 else ''}"
    text.append(f"{result['device']}, {threads}, torch {result['torch']}; medians of {result['rounds']} rounds.")
    text.append("The trainer records every layer's norms at each step and evaluates each epoch; the loops do not.")
    return "\n".join(text) + "\n"


# measuring


def contest(contenders: Mapping[str, Contender], seconds: float, rounds: int) -> dict[str, list[float]]:
    """Return each contender's steps per second in each round; in every round each has its turn.

    A first turn, which may trace, warm up caches and open threads, is not counted. Every round begins with another
    contender, so that none always follows the same one.
    """
    names = list(contenders)
    for contender in contenders.values():
        contender(min(seconds, 0.2))
    rates: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            rates[name].append(contenders[name](seconds))
    return rates


def ratio(rates: list[float], others: list[float]) -> float:
    """Return how many times as fast the first is: the median over rounds, each of which saw both."""
    return statistics.median(a / b for a, b in zip(rates, others, strict=True))


# contenders


def fair_trainer(experiment: Experiment, *, device: str = "auto", dataset: Dataset | None = None) -> Trainer:
    """Return a trainer on as many training samples as fill whole batches, so that an epoch has equally many for all."""
    dataset = load(experiment.data, experiment.seeds.data) if dataset is None else dataset
    part = dataset.train
    rows = len(part) // experiment.batches.size * experiment.batches.size
    train = Samples(part.inputs[:rows], part.targets[:rows], part.raw[:rows])
    return Trainer(experiment, device=device, dataset=replace(dataset, train=train))


def ours(trainer: Trainer) -> dict[str, Contender]:
    """Return the trainer as contender, and beside it the same executed eagerly where it is not already."""
    found: dict[str, Contender] = {"trainer": pulled(trainer)}
    if trainer.executor != "eager":
        eager = Trainer(trainer.experiment, device=trainer.device.type, executor="eager", dataset=trainer.dataset)
        found["trainer_eager"] = pulled(eager)
    return found


def loops(trainer: Trainer) -> dict[str, Contender]:
    """Return the plain loop and the one with fused Adam as contenders."""
    return {"torch_loop": Loop(trainer), "torch_loop_fused": Loop(trainer, fused=True)}


def pulled(trainer: Trainer) -> Contender:
    """Return a contender that advances a trainer."""

    def train(seconds: float) -> float:
        before = trainer.step
        chunk = trainer.advance(seconds=seconds)
        return (trainer.step - before) / chunk.seconds

    return train


def module(trainer: Trainer) -> nn.Sequential:
    """Return a trainer's network as torch.nn layers, with the weights that it has now; of flat inputs."""
    stages = trainer.built.stages
    flat = isinstance(stages[0], Dense)
    model = nn.Sequential(*([] if flat else [nn.Unflatten(1, stages[0].given)]))
    for stage in stages:
        model.extend(_layers(stage))
    weights = torch.from_numpy(trainer.snapshot().parameters)
    nn.utils.vector_to_parameters(weights, model.parameters())
    return model.to(trainer.device)


def _layers(stage: Stage) -> list[nn.Module]:
    if isinstance(stage, (MaxPool, AveragePool)):
        return [(nn.MaxPool2d if isinstance(stage, MaxPool) else nn.AvgPool2d)(stage.size, stage.stride)]
    if isinstance(stage, Flatten):
        return [nn.Flatten()]
    assert isinstance(stage, (Dense, Conv)), "the bench measures plain and convolutional networks"
    style = stage.style
    if isinstance(stage, Dense):
        norm = _NORMALIZATIONS[style.normalization](stage.outputs)
        weighted: nn.Module = nn.Linear(stage.inputs, stage.outputs)
    else:
        assert style.normalization == "none", "the bench measures convolutions without normalization"
        norm = []
        weighted = nn.Conv2d(stage.given[0], stage.gives[0], stage.kernel, stage.stride, stage.padding)
    activation = [_ACTIVATIONS[style.activation]()] if style.activation != "identity" else []
    return [weighted, *norm, *activation] if style.norm_place == "before" else [weighted, *activation, *norm]


def criterion(trainer: Trainer) -> nn.Module:
    """Return a trainer's loss as a torch.nn module of raw outputs and `samples`' targets."""
    return _LOSSES[trainer.head.loss]()


def samples(trainer: Trainer) -> tuple[Tensor, Tensor]:
    """Return a trainer's training inputs, and targets as the loss takes them, on its device."""
    part = trainer.dataset.train
    targets = trainer.head.targets(torch.as_tensor(part.targets))
    return torch.as_tensor(part.inputs).to(trainer.device), targets.to(trainer.device)


class Loop:
    """The loop that everybody writes, around torch.optim.Adam: the network, data and batch size of a trainer.

    It keeps every step's loss in `losses`, and records nothing else.
    """

    def __init__(self, trainer: Trainer, *, fused: bool = False) -> None:
        """Begin with the weights that the trainer has now; `fused` is Adam's update in one kernel."""
        self.model, self.loss = module(trainer), criterion(trainer)
        self.x, self.y = samples(trainer)
        self.size = trainer.experiment.batches.size
        rule: Any = trainer.experiment.optimizer
        betas = (rule.beta1, rule.beta2)
        self.optimizer = torch.optim.Adam(self.model.parameters(), rule.lr, betas, rule.epsilon, fused=fused)
        self.order = torch.Generator().manual_seed(trainer.experiment.seeds.order)
        self.losses = torch.empty(0)

    def __call__(self, seconds: float) -> float:
        """Train whole epochs, at least one, until so many seconds have passed; return the steps per second."""
        x, y, model, loss_of, optimizer = self.x, self.y, self.model, self.loss, self.optimizer
        losses: list[Tensor] = []
        begin = time.perf_counter()
        while not losses or time.perf_counter() - begin < seconds:
            order = torch.randperm(len(x), generator=self.order).to(x.device)
            for rows in torch.split(order, self.size):
                optimizer.zero_grad()
                loss = loss_of(model(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            self.epoch_ends()
        self.losses = torch.stack(losses).cpu()  # waits for the device
        return len(losses) / (time.perf_counter() - begin)

    def epoch_ends(self) -> None:
        """Do what is wanted after each epoch: nothing."""
