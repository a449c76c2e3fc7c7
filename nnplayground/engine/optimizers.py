"""Update rules over flat parameter vectors. Each agrees with the rule of the same name in torch.optim.

An update changes `parameters` and its slots in place. Slots are shaped like the parameters; "t" counts the updates
so far, this one included. The rate and the hyperparameters are tensors that broadcast against the parameters. An
update looks at each number by itself, so that it may be applied piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nnplayground.engine.devices import precise
from nnplayground.experiment.optimizers import Optimizer

Slots = dict[str, Tensor]
Hyper = Mapping[str, Tensor]


def fitting(value: Tensor, parameters: Tensor) -> Tensor:
    """Return a knob's value in the parameters' type; one for each of stacked networks would else make doubles of them.

    Sums and powers of knobs are made before, in float64.
    """
    return value.to(parameters.dtype) if value.dim() else value


def sgd(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """v = momentum v + g, w = w - lr v (Polyak 1964, as torch.optim writes it)."""
    velocity = slots["velocity"]
    velocity.mul_(fitting(hyper["momentum"], parameters)).add_(gradient)
    parameters.sub_(velocity * fitting(lr, parameters))


def nesterov(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """v = momentum v + g, w = w - lr (g + momentum v) (Sutskever et al. 2013)."""
    velocity, momentum = slots["velocity"], fitting(hyper["momentum"], parameters)
    velocity.mul_(momentum).add_(gradient)
    parameters.sub_((gradient + velocity * momentum) * fitting(lr, parameters))


def adam(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Kingma and Ba 2015, with the bias corrections of both moments."""
    mean, square, t = slots["mean"], slots["square"], slots["t"]
    beta1, beta2 = hyper["beta1"], hyper["beta2"]
    mean.mul_(fitting(beta1, parameters)).add_(gradient * fitting(1 - beta1, parameters))
    square.mul_(fitting(beta2, parameters)).add_(gradient.square() * fitting(1 - beta2, parameters))
    root = (square * fitting(1 / (1 - beta2**t), parameters)).sqrt_().add_(fitting(hyper["epsilon"], parameters))
    parameters.sub_(mean / root * fitting(lr / (1 - beta1**t), parameters))


def adamw(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Adam after every parameter has lost a share lr weight_decay of itself (Loshchilov and Hutter 2019)."""
    parameters.mul_(fitting(1 - lr * hyper["weight_decay"], parameters))
    adam(parameters, gradient, slots, lr, hyper)


def rmsprop(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Hinton 2012, with momentum on the divided gradient as in torch.optim."""
    square, velocity, alpha = slots["square"], slots["velocity"], hyper["alpha"]
    square.mul_(fitting(alpha, parameters)).add_(gradient.square() * fitting(1 - alpha, parameters))
    divided = gradient / square.sqrt().add_(fitting(hyper["epsilon"], parameters))
    velocity.mul_(fitting(hyper["momentum"], parameters)).add_(divided)
    parameters.sub_(velocity * fitting(lr, parameters))


Update = Callable[[Tensor, Tensor, Slots, Tensor, Hyper], None]


@dataclass(frozen=True)
class Rule:
    """An update, and the vectors that it keeps."""

    update: Update
    slots: tuple[str, ...]


RULES: dict[str, Rule] = {
    "sgd": Rule(sgd, ("velocity",)),
    "nesterov": Rule(nesterov, ("velocity",)),
    "adam": Rule(adam, ("mean", "square")),
    "adamw": Rule(adamw, ("mean", "square")),
    "rmsprop": Rule(rmsprop, ("square", "velocity")),
}


def rule_of(optimizer: Optimizer) -> str:
    """Return which of RULES an optimizer follows: its kind, or Nesterov's."""
    return "nesterov" if getattr(optimizer, "nesterov", False) else str(getattr(optimizer, "kind", ""))


def slots_for(rule: str, parameters: Tensor) -> Slots:
    """Return the optimizer's state before its first update."""
    slots = {name: torch.zeros_like(parameters) for name in RULES[rule].slots}
    return {**slots, "t": torch.zeros((), dtype=precise(parameters.device), device=parameters.device)}


def hyper_of(optimizer: Optimizer) -> dict[str, float]:
    """Return the optimizer's own numbers, all but its learning rate."""
    values = optimizer.model_dump()
    return {name: float(value) for name, value in values.items() if name not in ("kind", "lr", "nesterov")}
