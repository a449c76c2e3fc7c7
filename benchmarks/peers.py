"""Peers of the trainer as contenders: scikit-learn, Lightning, skorch and Keras, each as lean as it can be made.

All train the trainer's own network with Adam on its samples in batches of its size. Data are tensors in memory that
are dealt out by whole batches; there are no progress bars, logs, checkpoints or validation. Where a peer takes an
optimizer of torch, it is the fused one; where it can be compiled and this machine has a compiler, it is. Time begins
after the first epoch of every fit.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from nnplayground import bench
from nnplayground.bench import Contender
from nnplayground.engine import Trainer
from nnplayground.engine.layers.learner import Dense

ENDLESS = 10**9  # epochs


class Batches:
    """Batches of tensors in memory, in another order whenever they are iterated."""

    def __init__(self, x: Tensor, y: Tensor, size: int) -> None:
        self.x, self.y, self.size = x, y, size

    def __len__(self) -> int:
        return len(self.x) // self.size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for rows in torch.randperm(len(self.x)).split(self.size):
            yield self.x[rows], self.y[rows]


class _Stream(IterableDataset[tuple[Tensor, Tensor]]):
    """Batches as torch's DataLoader takes them."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter(self.batches)


class Stopwatch:
    """Says after every epoch whether a fit may end, and measures from the end of its first one."""

    def __init__(self, seconds: float) -> None:
        self.wanted, self.epochs, self.seconds = seconds, -1, 0.0

    def epoch_ends(self) -> bool:
        """Count an epoch; return whether the time is over, of at least one epoch after the first."""
        now = time.perf_counter()
        self.epochs += 1
        if self.epochs == 0:
            self.begin = now
        self.seconds = now - self.begin
        return self.epochs > 0 and self.seconds >= self.wanted

    def rate(self, steps: int, per_epoch: int) -> float:
        """Return the steps per second of a fit in which the optimizer counted `steps`, the first epoch included."""
        assert steps == (self.epochs + 1) * per_epoch, f"{steps} steps in {self.epochs + 1} epochs of {per_epoch}"
        return self.epochs * per_epoch / self.seconds


def _is_plain(trainer: Trainer) -> bool:
    return all(isinstance(stage, Dense) for stage in trainer.built.stages)


def sklearn(trainer: Trainer) -> Contender | None:
    """Return scikit-learn's MLPClassifier, or None for a network that it cannot be."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    if not _is_plain(trainer):
        return None
    hidden = trainer.built.layers[:-1]
    activations = {layer.style.activation for layer in hidden}
    if trainer.dataset.task != "classification" or any(layer.style.normalization != "none" for layer in hidden):
        return None
    if len(activations) != 1:
        return None
    part, rule = trainer.dataset.train, trainer.experiment.optimizer
    estimator = MLPClassifier(
        [layer.outputs for layer in hidden],
        activation=activations.pop(),
        solver="adam",
        alpha=0.0,
        batch_size=trainer.experiment.batches.size,
        learning_rate_init=rule.lr,
        tol=0.0,
        n_iter_no_change=ENDLESS,
    )

    enough = 2  # epochs that take about as long as wanted

    def fit(epochs: int) -> float:
        estimator.set_params(max_iter=epochs)
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(part.inputs, part.targets)
        seconds = time.perf_counter() - begin
        assert estimator._optimizer.t == epochs * trainer.steps_per_epoch
        return seconds

    def train(seconds: float) -> float:
        nonlocal enough
        first = fit(1)  # it calls nobody back: what one epoch takes with its set-up is taken off
        while (spent := fit(enough) - first) < 0.5 * seconds:
            enough = max(2 * enough, int(enough * min(20.0, seconds / max(spent, 1e-6))))
        return (enough - 1) * trainer.steps_per_epoch / spent

    return train


def lightning(trainer: Trainer) -> Contender:
    """Return Lightning's trainer in the mode that its documentation recommends for speed."""
    from lightning import LightningModule
    from lightning import Trainer as LightningTrainer

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    x, y = bench.samples(trainer)
    batches = Batches(x, y, trainer.experiment.batches.size)

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.loss = bench.module(trainer), bench.criterion(trainer)
            self.stopwatch = Stopwatch(0.0)

        def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
            return self.loss(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=trainer.experiment.optimizer.lr, fused=True)

        def on_train_epoch_end(self) -> None:
            self.trainer.should_stop = self.stopwatch.epoch_ends()

    module = Module()

    def train(seconds: float) -> float:
        module.stopwatch = Stopwatch(seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = LightningTrainer(accelerator="cpu", devices=1, max_epochs=-1, barebones=True)
            fit.fit(module, batches)
        return module.stopwatch.rate(fit.global_step, len(batches))

    return train


def skorch(trainer: Trainer) -> Contender:
    """Return skorch's net without its callbacks."""
    from skorch import NeuralNet

    x, y = bench.samples(trainer)

    class Net(NeuralNet):
        stopwatch = Stopwatch(0.0)

        def on_epoch_end(self, *_, **__) -> None:
            if self.stopwatch.epoch_ends():
                raise KeyboardInterrupt  # as its own EarlyStopping does

    def iterator(dataset: TensorDataset, batch_size: int) -> Batches:
        return Batches(*dataset.tensors, batch_size)

    net = Net(
        bench.module(trainer),
        criterion=type(bench.criterion(trainer)),
        optimizer=torch.optim.Adam,
        optimizer__fused=True,
        lr=trainer.experiment.optimizer.lr,
        batch_size=trainer.experiment.batches.size,
        iterator_train=iterator,
        train_split=None,
        callbacks="disable",
        verbose=0,
        max_epochs=ENDLESS,
    ).initialize()

    def taken() -> int:
        return int(net.optimizer_.state[next(net.module_.parameters())].get("step", 0))

    def train(seconds: float) -> float:
        net.stopwatch, before = Stopwatch(seconds), taken()
        net.history.clear()
        net.partial_fit(TensorDataset(x, y))
        return net.stopwatch.rate(taken() - before, trainer.steps_per_epoch)

    return train


def keras(trainer: Trainer) -> Contender | None:
    """Return Keras's fit on its backend for torch: compiled where that is possible and faster, else as it is.

    None for a network that is not fully connected.
    """
    if not _is_plain(trainer):
        return None
    if shutil.which("c++") is None and shutil.which("cl") is None:
        return _keras(trainer, compiled=False)
    torch.compiler.reset()  # else it counts what it compiled for other networks, and gives up
    either = [_keras(trainer, compiled=compiled) for compiled in (False, True)]
    for contender in either:
        contender(0.0)
    return max(either, key=lambda contender: contender(0.3))


def _keras(trainer: Trainer, *, compiled: bool) -> Contender:
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k

    layers: list[k.Layer] = [k.Input((trainer.built.layers[0].inputs,))]
    for layer in trainer.built.layers:
        style = layer.style
        norm = [k.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)] if style.normalization == "batch" else []
        layers.append(k.layers.Dense(layer.outputs))
        layers += norm if style.norm_place == "before" else []
        layers += [k.layers.Activation(style.activation)] if style.activation != "identity" else []
        layers += norm if style.norm_place == "after" else []
    model = k.Sequential(layers)
    losses = {
        "binary_cross_entropy": k.losses.BinaryCrossentropy(from_logits=True),
        "cross_entropy": k.losses.SparseCategoricalCrossentropy(from_logits=True),
    }
    adam = k.optimizers.Adam(trainer.experiment.optimizer.lr)
    model.compile(adam, losses[trainer.head.loss], jit_compile=compiled)
    assert model.count_params() == trainer.parameters + trainer.built.layout.buffer_size
    batches = Batches(*bench.samples(trainer), trainer.experiment.batches.size)
    loader = DataLoader(_Stream(batches), batch_size=None)

    class Clock(k.callbacks.Callback):
        def __init__(self, stopwatch: Stopwatch) -> None:
            super().__init__()
            self.stopwatch = stopwatch

        def on_epoch_end(self, _epoch: int, _logs: object = None) -> None:
            self.model.stop_training = self.stopwatch.epoch_ends()

    def train(seconds: float) -> float:
        stopwatch, before = Stopwatch(seconds), int(adam.iterations)
        model.fit(loader, shuffle=False, epochs=ENDLESS, verbose=0, callbacks=[Clock(stopwatch)])
        return stopwatch.rate(int(adam.iterations) - before, len(batches))

    return train


PEERS: dict[str, Callable[[Trainer], Contender | None]] = {
    "scikit-learn": sklearn,
    "Lightning": lightning,
    "skorch": skorch,
    "Keras on torch": keras,
}


def peers(trainer: Trainer) -> tuple[dict[str, Contender], list[str]]:
    """Return the peers that are installed and can be this network, and the names of those not installed."""
    found: dict[str, Contender] = {}
    missing: list[str] = []
    for name, make in PEERS.items():
        try:
            contender = make(trainer)
        except ImportError:
            missing.append(name)
            continue
        if contender is not None:
            found[name] = contender
    return found, missing
