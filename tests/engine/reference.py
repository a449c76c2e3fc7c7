"""A training as anybody would write it in PyTorch, to hold trainers against."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from nnplayground.data import Dataset
from nnplayground.engine.batches import noise_generator, order_of
from tests.engine.conftest import in_doubles, make_dataset, make_trainer

STEPS = 53
TASKS = {"regression": ("regression", 0), "two classes": ("classification", 2), "three classes": ("classification", 3)}
LINKS = {
    "identity": nn.Identity(),
    "sigmoid": nn.Sigmoid(),
    "softmax": nn.Softmax(dim=1),
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "softplus": nn.Softplus(),
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
    """The training of a trainer's experiment on its data from its first weights, by modules and torch.optim."""

    trainer: object
    steps: int = STEPS
    loss: list = field(default_factory=list)
    norms: list = field(default_factory=list)
    clipped: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    train_loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    averaged_loss: list = field(default_factory=list)

    def __post_init__(self):
        self.experiment, self.dataset = self.trainer.experiment, self.trainer.dataset
        network = self.experiment.network
        self.layers = [network.resolved(i) for i in range(len(network.layers))]
        self.factors = [*(layer.lr_factor for layer in self.layers), self.experiment.output.lr_factor]
        self.blocks = nn.Sequential(*(Block(layer) for layer in self.trainer.built.layers))
        flat = torch.as_tensor(self.trainer.snapshot().parameters)
        nn.utils.vector_to_parameters(flat, self.blocks.parameters())
        self.learning = list(range(len(self.blocks)))
        for i, layer in enumerate(self.layers):
            if layer.frozen:
                self.blocks[i].requires_grad_(False)
                self.learning.remove(i)
        self.optimizer = torch_optimizer(
            self.experiment.optimizer, [{"params": list(self.blocks[i].parameters())} for i in self.learning]
        )
        averaging = self.experiment.averaging
        ema = {"multi_avg_fn": get_ema_multi_avg_fn(averaging.decay)} if averaging.kind == "ema" else {}
        self.averaged = AveragedModel(self.blocks, **ema) if averaging.kind != "none" else None
        self.noise = noise_generator(self.experiment.seeds.model)

    def train(self):
        """Let batch norm look at batches, but not in frozen layers."""
        self.blocks.train()
        for i, layer in enumerate(self.layers):
            self.blocks[i].train(not layer.frozen)

    def outputs(self, x, dropout=0.0):
        for i, block in enumerate(self.blocks):
            x = block(x)
            if dropout and i < len(self.blocks) - 1:
                x = x * self.masks[:, i * 5 : (i + 1) * 5] / (1 - dropout)
        return x

    def criterion(self, outputs, y, smoothing=0.0):
        """Return the mean loss of (n, outputs) outputs, classes weighed as the experiment says."""
        each = self.each(outputs, y, smoothing).reshape(len(outputs), -1).mean(dim=1)
        if getattr(self.experiment.loss, "class_weights", "equal") == "equal":
            return each.mean()
        seen = self.dataset.train.targets
        weights = compute_class_weight("balanced", classes=np.arange(len(self.dataset.class_names)), y=seen)
        return (each * torch.as_tensor(weights)[y]).mean()

    def each(self, outputs, y, smoothing):
        """Return the loss of each sample, or of each of its outputs."""
        head, loss = self.trainer.head, self.experiment.loss
        if head.loss == "cross_entropy":
            return F.cross_entropy(outputs, y, reduction="none", label_smoothing=smoothing)
        targets = (y[:, None] if head.outputs == 1 else F.one_hot(y, head.outputs)).to(outputs.dtype)
        if head.loss == "binary_cross_entropy":
            targets = targets * (1 - smoothing) + smoothing / 2
            return F.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
        if head.loss == "hinge":
            return margins(outputs, y)
        answers = LINKS[head.activation](outputs)
        if head.loss == "focal":
            truth = (
                (answers * targets).sum(dim=1) if head.outputs > 1 else torch.where(y == 1, answers.T, 1 - answers.T)
            )
            return -((1 - truth) ** loss.gamma) * truth.log()
        if head.loss == "log_cosh":
            return torch.log(torch.cosh(answers - targets))
        if head.loss == "quantile":
            below = targets - answers
            return torch.where(below > 0, loss.quantile * below, (loss.quantile - 1) * below)
        huber = nn.HuberLoss(reduction="none", delta=getattr(loss, "delta", 1.0))
        return {"mse": nn.MSELoss(reduction="none"), "mae": nn.L1Loss(reduction="none"), "huber": huber}[head.loss](
            answers, targets
        )

    def evaluate(self, part, blocks=None):
        blocks = self.blocks if blocks is None else blocks
        blocks.eval()
        with torch.no_grad():
            loss = self.criterion(blocks(torch.as_tensor(part.inputs)), torch.as_tensor(part.targets))
        self.train()
        return float(loss)

    def run(self):
        size, rows = self.experiment.batches.size, len(self.dataset.train)
        rate, smoothing = self.experiment.network.dropout, self.experiment.regularization.smoothing
        x, y = torch.as_tensor(self.dataset.train.inputs), torch.as_tensor(self.dataset.train.targets)
        self.train()
        while len(self.loss) < self.steps:
            order = order_of(self.experiment.seeds.order, len(self.train_loss), rows)
            for batch in order[: rows // size * size].split(size):
                if rate:
                    self.masks = (torch.rand(size, 10, generator=self.noise) >= rate).double()
                loss = self.criterion(self.outputs(x[batch], rate), y[batch], smoothing)
                self.optimizer.zero_grad()
                (loss + self.penalty()).backward()
                self.step(float(loss.detach()))
                if len(self.loss) == self.steps:
                    break
            else:
                self.end_epoch(x)
        return self

    def penalty(self):
        weights, penalties = [block.linear.weight for block in self.blocks], self.experiment.regularization
        penalty = penalties.l1 * sum(w.abs().sum() for w in weights)
        return penalty + penalties.l2 / 2 * sum(w.square().sum() for w in weights)

    def step(self, loss):
        before = [self.flat(block) for block in self.blocks]
        self.norms.append(self.gradient_norms())
        self.clip()
        self.clipped.append(self.gradient_norms())
        for group, i in zip(self.optimizer.param_groups, self.learning, strict=True):
            group["lr"] = self.rate() * self.factors[i]
            for parameter in group["params"]:
                parameter.data.mul_(1 - group["lr"] * self.experiment.regularization.decay)
        self.optimizer.step()
        self.limit()
        after = [self.flat(block) for block in self.blocks]
        self.loss.append(loss)
        self.ratios.append([float((a - b).norm() / a.norm()) for a, b in zip(after, before, strict=True)])
        if self.experiment.averaging.kind == "ema":
            self.averaged.update_parameters(self.blocks)

    def rate(self):
        """Return the rate of the step to be taken."""
        averaging = self.experiment.averaging
        begun = averaging.kind == "swa" and averaging.rate and len(self.train_loss) + 1 >= averaging.start
        return averaging.rate if begun else self.experiment.optimizer.lr

    def gradient_norms(self):
        found = [[p.grad.flatten() for p in block.parameters() if p.grad is not None] for block in self.blocks]
        return [float(torch.cat(gradients).norm()) if gradients else 0.0 for gradients in found]

    def clip(self):
        clipping = self.experiment.clipping
        groups = [list(block.parameters()) for block in self.blocks if next(block.parameters()).grad is not None]
        if clipping.kind == "norm":
            nn.utils.clip_grad_norm_(self.blocks.parameters(), clipping.threshold)
        elif clipping.kind == "value":
            nn.utils.clip_grad_value_(self.blocks.parameters(), clipping.threshold)
        elif clipping.kind == "layer":
            for parameters in groups:
                norm = torch.cat([p.grad.flatten() for p in parameters]).norm()
                for parameter in parameters:
                    parameter.grad.mul_(min(1.0, clipping.threshold / (float(norm) + 1e-6)))

    def limit(self):
        """Shorten rows of weights that are longer than allowed."""
        for i, layer in enumerate(self.layers):
            if layer.max_norm and not layer.frozen:
                weights = self.blocks[i].linear.weight.data
                lengths = weights.square().sum(dim=1, keepdim=True).sqrt()
                weights.copy_(torch.where(lengths > layer.max_norm, weights * layer.max_norm / lengths, weights))

    def end_epoch(self, x):
        self.train_loss.append(self.evaluate(self.dataset.train))
        self.validation_loss.append(self.evaluate(self.dataset.validation))
        averaging = self.experiment.averaging
        if self.averaged is None:
            return
        model = self.averaged
        if averaging.kind == "swa":
            if len(self.train_loss) >= averaging.start:
                self.averaged.update_parameters(self.blocks)
            else:
                model = deepcopy(self.blocks)
        update_bn([x], model)
        self.averaged_loss.append(self.evaluate(self.dataset.validation, model))

    @staticmethod
    def flat(block):
        return torch.cat([p.detach().flatten() for p in block.parameters()])


def margins(scores, y):
    """Return by how much the right class is less than one ahead of the best other (Crammer and Singer 2001)."""
    if scores.shape[1] == 1:
        return torch.relu(1 - torch.where(y == 1, scores.T, -scores.T))
    others = scores.scatter(1, y[:, None], -torch.inf)
    return torch.relu(1 + others.max(dim=1).values - scores.gather(1, y[:, None])[:, 0])


def assert_same_training(trainer, rtol=1e-9, atol=1e-12):
    """See that a trainer records, and ends with, what a plain training does."""
    reference = Reference(trainer).run()
    chunk = trainer.advance(steps=STEPS)
    assert chunk.steps == STEPS
    close = {"rtol": rtol, "atol": atol}
    np.testing.assert_allclose(chunk.loss, reference.loss, **close)
    np.testing.assert_allclose(chunk.gradient_norm, reference.norms, **close)
    np.testing.assert_allclose(chunk.update_ratio, reference.ratios, **close)
    in_float32 = {"rtol": max(rtol, 1e-6)}
    np.testing.assert_allclose(chunk.train_loss, reference.train_loss, **in_float32)
    np.testing.assert_allclose(chunk.validation_loss, reference.validation_loss, **in_float32)
    if chunk.clipped_norm is not None:
        np.testing.assert_allclose(chunk.clipped_norm, reference.clipped, **close)
    if chunk.averaged_validation_loss is not None:
        np.testing.assert_allclose(chunk.averaged_validation_loss, reference.averaged_loss, **in_float32)
    flat = nn.utils.parameters_to_vector(reference.blocks.parameters()).detach().numpy()
    # what batch norm takes out again, a bias before it, has no gradient but rounding errors, which Adam makes steps of
    np.testing.assert_allclose(trainer.snapshot().parameters, flat, rtol=rtol, atol=1e-7)
    return reference, chunk


def trainer_of(task, dataset=None, **knobs):
    """Return a trainer in float64, for which `doubles` has to be used, by the name of a task."""
    dataset = make_dataset(*TASKS[task], rows=43) if dataset is None else dataset  # an epoch leaves the last three out
    trainer = make_trainer(in_doubles(dataset), **{"network__layers": [5, 5], **knobs})
    setup = trainer._setup
    if setup.train.y.is_floating_point():
        train, validation = (replace(part, y=part.y.double()) for part in (setup.train, setup.validation))
        trainer._setup = replace(setup, train=train, validation=validation)
        trainer._blocks.clear()  # which look at the samples that were there
        trainer._prepare()
    return trainer


def lopsided(dataset: Dataset) -> Dataset:
    """Return the same data with the first class more frequent: half of the other classes' samples become its."""
    parts = []
    for part in (dataset.train, dataset.validation):
        changed = np.where(np.arange(len(part.targets)) % 4 < 2, part.targets, 0)
        parts.append(replace(part, targets=changed))
    return replace(dataset, train=parts[0], validation=parts[1])
