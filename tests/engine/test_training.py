"""Whole trainings against a plain PyTorch loop of modules and torch.optim, in float64."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnplayground.engine.batches import noise_generator, order_of
from tests.engine.conftest import NORMS, in_doubles, make_dataset, make_trainer

STEPS = 53
TASKS = {"regression": ("regression", 0), "two classes": ("classification", 2), "three classes": ("classification", 3)}
LOSSES = [
    *((task, loss) for task in TASKS for loss in ("mse", "mae", "huber")),
    ("two classes", "binary_cross_entropy"),
    ("two classes", "cross_entropy"),
    ("three classes", "cross_entropy"),
]
OPTIMIZERS = {
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.8}},
    "nesterov": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.8, "nesterov": True}},
    "adam": {"optimizer": {"kind": "adam", "lr": 0.02, "beta1": 0.8, "beta2": 0.95}},
    "adamw": {"optimizer": {"kind": "adamw", "lr": 0.02, "weight_decay": 0.1}},
    "rmsprop": {"optimizer": {"kind": "rmsprop", "lr": 0.01, "alpha": 0.9, "momentum": 0.5}},
}


def torch_optimizer(knobs, parameters):
    """Return the rule of torch.optim with the same knobs."""
    if knobs.kind == "sgd":
        return torch.optim.SGD(parameters, knobs.lr, knobs.momentum, nesterov=knobs.nesterov)
    if knobs.kind == "rmsprop":
        return torch.optim.RMSprop(parameters, knobs.lr, knobs.alpha, knobs.epsilon, momentum=knobs.momentum)
    betas = (knobs.beta1, knobs.beta2)
    if knobs.kind == "adam":
        return torch.optim.Adam(parameters, knobs.lr, betas, knobs.epsilon)
    return torch.optim.AdamW(parameters, knobs.lr, betas, knobs.epsilon, knobs.weight_decay)


class Block(nn.Module):
    """A layer of modules."""

    def __init__(self, layer):
        super().__init__()
        self.linear = nn.Linear(layer.inputs, layer.outputs)
        style, width = layer.style, layer.outputs
        self.norm = {
            "none": nn.Identity,
            "batch": lambda: nn.BatchNorm1d(width),
            "layer": lambda: nn.LayerNorm(width),
            "group": lambda: nn.GroupNorm(width // 4, width),
        }[style.normalization]()
        self.place, self.activation = style.norm_place, style.activation

    def forward(self, x):
        x = self.linear(x)
        x = self.norm(x) if self.place == "before" else x
        x = torch.tanh(x) if self.activation == "tanh" else x
        return self.norm(x) if self.place == "after" else x


@dataclass
class Reference:
    """A training as anybody would write it in PyTorch."""

    trainer: object
    steps: int = STEPS
    loss: list = field(default_factory=list)
    norms: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    train_loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)

    def __post_init__(self):
        self.experiment, self.dataset = self.trainer.experiment, self.trainer.dataset
        self.blocks = nn.ModuleList(Block(layer) for layer in self.trainer.built.layers)
        flat = torch.as_tensor(self.trainer.snapshot().parameters)
        nn.utils.vector_to_parameters(flat, self.blocks.parameters())
        self.optimizer = torch_optimizer(self.experiment.optimizer, self.blocks.parameters())
        self.noise = noise_generator(self.experiment.seeds.model)

    def outputs(self, x, dropout=0.0):
        for i, block in enumerate(self.blocks):
            x = block(x)
            if dropout and i < len(self.blocks) - 1:
                x = x * self.masks[:, i * 5 : (i + 1) * 5] / (1 - dropout)
        return x

    def criterion(self, outputs, y):
        loss, classes = self.experiment.loss, len(self.dataset.class_names)
        kind = loss.kind
        if kind == "auto":
            kind = {0: "mse", 2: "binary_cross_entropy"}.get(classes, "cross_entropy")
        if kind == "cross_entropy":
            return nn.CrossEntropyLoss()(outputs, y)
        if classes <= 2:
            targets = y[:, None].to(outputs.dtype)
            answers = outputs if classes == 0 else torch.sigmoid(outputs)
        else:
            targets, answers = F.one_hot(y, classes).to(outputs.dtype), torch.softmax(outputs, dim=1)
        if kind == "binary_cross_entropy":
            return nn.BCEWithLogitsLoss()(outputs, targets)
        delta = loss.delta if kind == "huber" else 1.0
        return {"mse": nn.MSELoss(), "mae": nn.L1Loss(), "huber": nn.HuberLoss(delta=delta)}[kind](answers, targets)

    def evaluate(self, part):
        self.blocks.eval()
        with torch.no_grad():
            loss = self.criterion(self.outputs(torch.as_tensor(part.inputs)), torch.as_tensor(part.targets))
        self.blocks.train()
        return float(loss)

    def run(self):
        size, rows = self.experiment.batches.size, len(self.dataset.train)
        penalties, rate = self.experiment.regularization, self.experiment.network.dropout
        x, y = torch.as_tensor(self.dataset.train.inputs), torch.as_tensor(self.dataset.train.targets)
        while len(self.loss) < self.steps:
            order = order_of(self.experiment.seeds.order, len(self.train_loss), rows)
            for batch in order[: rows // size * size].split(size):
                if rate:
                    self.masks = (torch.rand(size, 10, generator=self.noise) >= rate).double()
                loss = self.criterion(self.outputs(x[batch], rate), y[batch])
                weights = [block.linear.weight for block in self.blocks]
                penalty = penalties.l1 * sum(w.abs().sum() for w in weights)
                penalty = penalty + penalties.l2 / 2 * sum(w.square().sum() for w in weights)
                self.optimizer.zero_grad()
                (loss + penalty).backward()
                self.step(float(loss.detach()))
                if len(self.loss) == self.steps:
                    break
            else:
                self.train_loss.append(self.evaluate(self.dataset.train))
                self.validation_loss.append(self.evaluate(self.dataset.validation))
        return self

    def step(self, loss):
        before = [self.flat(block) for block in self.blocks]
        gradients = [torch.cat([p.grad.flatten() for p in block.parameters()]) for block in self.blocks]
        self.optimizer.step()
        after = [self.flat(block) for block in self.blocks]
        self.loss.append(loss)
        self.norms.append([float(g.norm()) for g in gradients])
        self.ratios.append([float((a - b).norm() / a.norm()) for a, b in zip(after, before, strict=True)])

    @staticmethod
    def flat(block):
        return torch.cat([p.detach().flatten() for p in block.parameters()])


def assert_same_training(trainer, rtol=1e-9, atol=1e-12):
    reference = Reference(trainer).run()
    chunk = trainer.advance(steps=STEPS)
    assert chunk.steps == STEPS
    close = {"rtol": rtol, "atol": atol}
    np.testing.assert_allclose(chunk.loss, reference.loss, **close)
    np.testing.assert_allclose(chunk.gradient_norm, reference.norms, **close)
    np.testing.assert_allclose(chunk.update_ratio, reference.ratios, **close)
    np.testing.assert_allclose(chunk.train_loss, reference.train_loss, rtol=max(rtol, 1e-6))  # recorded in float32
    np.testing.assert_allclose(chunk.validation_loss, reference.validation_loss, rtol=max(rtol, 1e-6))
    flat = nn.utils.parameters_to_vector(reference.blocks.parameters()).detach().numpy()
    # what batch norm takes out again, a bias before it, has no gradient but rounding errors, which Adam makes steps of
    np.testing.assert_allclose(trainer.snapshot().parameters, flat, rtol=rtol, atol=1e-7)


def trainer_of(task, **knobs):
    kind, classes = TASKS[task]
    dataset = in_doubles(make_dataset(kind, classes, rows=43))  # the last three of an epoch are dropped
    trainer = make_trainer(dataset, **{"network__layers": [5, 5], **knobs})
    setup = trainer._setup
    if setup.train.y.is_floating_point():
        train, validation = (replace(part, y=part.y.double()) for part in (setup.train, setup.validation))
        trainer._setup = replace(setup, train=train, validation=validation)
        trainer._blocks.clear()  # which look at the samples that were there
        trainer._prepare()
    return trainer


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(("task", "loss"), LOSSES)
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "nesterov"])
def test_a_training_is_that_of_plain_pytorch(optimizer, norm, task, loss):
    loss = {"kind": "huber", "delta": 0.3} if loss == "huber" else {"kind": loss}
    assert_same_training(trainer_of(task, **NORMS[norm], loss=loss, **OPTIMIZERS[optimizer]))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", [norm for norm in NORMS if norm != "weight"])
@pytest.mark.parametrize("task", TASKS)
def test_a_training_with_nesterov_s_momentum_and_the_task_s_own_loss_is_that_of_plain_pytorch(task, norm):
    assert_same_training(trainer_of(task, network__layers=[8, 8], **NORMS[norm], **OPTIMIZERS["nesterov"]))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("penalties", [{"l1": 0.01}, {"l2": 0.1}, {"l1": 0.02, "l2": 0.05}], ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_penalties_are_added_to_the_gradient_of_weights_alone(task, penalties):
    knobs = {f"regularization__{name}": value for name, value in penalties.items()}
    assert_same_training(trainer_of(task, network__normalization="batch", **knobs))
    plain = trainer_of(task).advance(steps=STEPS)
    assert not np.allclose(trainer_of(task, **knobs).advance(steps=STEPS).loss, plain.loss, rtol=1e-3)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
def test_dropout_silences_what_its_generator_says(norm):
    assert_same_training(trainer_of("two classes", network__dropout=0.4, **NORMS[norm]))


@pytest.mark.usefixtures("doubles")
def test_a_network_without_hidden_layers_is_trained_too():
    assert_same_training(trainer_of("three classes", network__layers=[], optimizer__kind="adam"))


@pytest.mark.parametrize("task", TASKS)
def test_a_training_in_float32_is_that_of_plain_pytorch(task):
    kind, classes = TASKS[task]
    trainer = make_trainer(make_dataset(kind, classes, rows=43), network__layers=[5, 5], **OPTIMIZERS["sgd"])
    reference, chunk = Reference(trainer).run(), trainer.advance(steps=STEPS)
    assert chunk.loss.dtype == chunk.gradient_norm.dtype == chunk.update_ratio.dtype == np.float32
    np.testing.assert_allclose(chunk.loss, reference.loss, rtol=1e-5)
    np.testing.assert_allclose(chunk.gradient_norm, reference.norms, rtol=1e-5)
    np.testing.assert_allclose(chunk.update_ratio, reference.ratios, rtol=1e-5)
