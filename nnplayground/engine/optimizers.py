"""Update rules over one flat parameter vector. Each agrees with the rule of the same name in torch.optim.

An update changes `parameters` and its slots in place. Slots are flat vectors like the parameters, and "t", a count of
updates without dimension. Hyperparameters are floats, or tensors without dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nnplayground.engine.losses import Scalar
from nnplayground.experiment.optimizers import Optimizer

Hyper = Mapping[str, Scalar]
Slots = dict[str, Tensor]


def sgd(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Scalar, hyper: Hyper) -> None:
    """v = momentum v + g, w = w - lr v; with Nesterov w = w - lr (g + momentum v) (Sutskever et al. 2013)."""
    velocity = slots["velocity"]
    velocity.mul_(hyper["momentum"]).add_(gradient)
    direction = gradient + velocity * hyper["momentum"] if hyper["nesterov"] else velocity
    parameters.sub_(direction * lr)


def adam(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Scalar, hyper: Hyper) -> None:
    """Kingma and Ba 2015, with the bias corrections of both moments."""
    mean, square, t = slots["mean"], slots["square"], slots["t"]
    beta1, beta2 = hyper["beta1"], hyper["beta2"]
    t.add_(1)
    mean.mul_(beta1).add_(gradient * (1 - beta1))
    square.mul_(beta2).add_(gradient.square() * (1 - beta2))
    root = (square / (1 - beta2**t)).sqrt_().add_(hyper["epsilon"])
    parameters.sub_(mean / root * (lr / (1 - beta1**t)))


def adamw(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Scalar, hyper: Hyper) -> None:
    """Adam after every parameter has lost a share lr weight_decay of itself (Loshchilov and Hutter 2019)."""
    parameters.mul_(1 - lr * hyper["weight_decay"])
    adam(parameters, gradient, slots, lr, hyper)


def rmsprop(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Scalar, hyper: Hyper) -> None:
    """Hinton 2012, with momentum on the divided gradient as in torch.optim."""
    square, velocity, alpha = slots["square"], slots["velocity"], hyper["alpha"]
    square.mul_(alpha).add_(gradient.square() * (1 - alpha))
    velocity.mul_(hyper["momentum"]).add_(gradient / (square.sqrt() + hyper["epsilon"]))
    parameters.sub_(velocity * lr)


Update = Callable[[Tensor, Tensor, Slots, Scalar, Hyper], None]
OPTIMIZERS: dict[str, tuple[Update, tuple[str, ...]]] = {  # the rule, and the flat vectors it keeps
    "sgd": (sgd, ("velocity",)),
    "adam": (adam, ("mean", "square")),
    "adamw": (adamw, ("mean", "square")),
    "rmsprop": (rmsprop, ("square", "velocity")),
}


def slots_for(kind: str, parameters: Tensor) -> Slots:
    """Return the optimizer's state before its first update."""
    slots = {name: torch.zeros_like(parameters) for name in OPTIMIZERS[kind][1]}
    return {**slots, "t": torch.zeros((), dtype=torch.float64)}


def hyper_of(optimizer: Optimizer) -> dict[str, float]:
    """Return the optimizer's own knobs, all but its learning rate."""
    return {name: value for name, value in optimizer.model_dump().items() if name not in ("kind", "lr")}
