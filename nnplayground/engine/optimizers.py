"""Update rules over flat parameter vectors. Each agrees with its namesake in torch.optim, where there is one.

An update changes `parameters` and its slots in place, and leaves the gradient as it is. Slots are shaped like the
parameters; "t" counts the updates so far, this one included. The rate and the hyperparameters are tensors that
broadcast against the parameters. An update looks at each number by itself, so that it may be applied piece by piece;
what hangs on all of them, or belongs to the network as a whole, is a number that `Rule.whole` looks after.
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


def _follow(mean: Tensor, values: Tensor, kept: Tensor) -> None:
    """Let a running mean follow `values`: mean = kept mean + (1 - kept) values."""
    mean.mul_(fitting(kept, mean)).add_(values * fitting(1 - kept, mean))


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


def normalized(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """v = momentum v + g / |g|, w = w - lr v, with the norm over all of the network; where |g| is 0, g counts as 0."""
    velocity = slots["velocity"]
    velocity.mul_(fitting(hyper["momentum"], parameters)).add_(gradient / fitting(slots["norm"], parameters))
    parameters.sub_(velocity * fitting(lr, parameters))


def _measure(gradient: Tensor, slots: Slots, _hyper: Hyper) -> None:
    """Note the gradient's norm, and where that is 0 a number as good as it that can divide."""
    norm = torch.linalg.vector_norm(gradient, dim=-1, keepdim=gradient.dim() > 1, dtype=slots["norm"].dtype)
    slots["norm"].copy_(norm.clamp_min(1e-30))


def adam(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Kingma and Ba 2015, with the bias corrections of both moments."""
    mean, t, beta1 = slots["mean"], slots["t"], hyper["beta1"]
    _follow(mean, gradient, beta1)
    parameters.sub_(mean / _root(gradient, slots, hyper) * fitting(lr / (1 - beta1**t), parameters))


def _root(gradient: Tensor, slots: Slots, hyper: Hyper) -> Tensor:
    """Return the root of Adam's second moment, without its bias, and epsilon; the moment takes in the gradient."""
    square, beta2 = slots["square"], hyper["beta2"]
    _follow(square, gradient.square(), beta2)
    corrected = square * fitting(1 / (1 - beta2 ** slots["t"]), square)
    return corrected.sqrt_().add_(fitting(hyper["epsilon"], square))


def adamw(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Adam after every parameter has lost a share lr weight_decay of itself (Loshchilov and Hutter 2019)."""
    parameters.mul_(fitting(1 - lr * hyper["weight_decay"], parameters))
    adam(parameters, gradient, slots, lr, hyper)


def nadam(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Dozat 2016: Adam with the momentum of this step on the gradient, and of the next on the mean."""
    mean = slots["mean"]
    _follow(mean, gradient, hyper["beta1"])
    fresh, kept = (fitting(lr * slots[name], parameters) for name in ("fresh", "kept"))
    parameters.sub_((gradient * fresh + mean * kept) / _root(gradient, slots, hyper))


def _gather_momentum(_gradient: Tensor, slots: Slots, hyper: Hyper) -> None:
    """Work out what counts of NAdam's gradient and mean, from the momentum m of each step up to the next.

    m = beta1 (1 - 0.96^(t momentum_decay) / 2); its product over all steps takes the place of beta1^t.
    """
    half, decay = hyper["beta1"] / 2, 0.96 ** hyper["momentum_decay"]
    faded = decay ** slots["t"]
    now, coming = hyper["beta1"] - half * faded, hyper["beta1"] - half * decay * faded
    product = slots["product"].mul_(now)
    slots["fresh"].copy_((1 - now) / (1 - product))
    slots["kept"].copy_(coming / (1 - product * coming))


def radam(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Liu et al. 2020: Adam from where the second moment is worth 5 gradients and more, before that only its mean."""
    mean, square, t, beta1, beta2 = slots["mean"], slots["square"], slots["t"], hyper["beta1"], hyper["beta2"]
    _follow(mean, gradient, beta1)
    _follow(square, gradient.square(), beta2)
    left = beta2**t
    seen = 1 - left
    longest = 2 / (1 - beta2) - 1
    length = torch.addcdiv(longest, t * left, seen, value=-2)
    known = length > 5
    share = (length - 6 + 8 / length) * seen  # (length - 4) (length - 2) / length
    rectified = torch.where(known, (share * (longest / ((longest - 4) * (longest - 2)))).sqrt(), 1.0)
    root = torch.where(known, square.sqrt().add_(fitting(hyper["epsilon"], parameters)), 1.0)
    parameters.sub_(mean / root * fitting(lr * rectified / (1 - beta1**t), parameters))


def adamax(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Kingma and Ba 2015, section 7.1, with epsilon in the largest size as torch.optim has it."""
    mean, largest, beta1 = slots["mean"], slots["largest"], hyper["beta1"]
    _follow(mean, gradient, beta1)
    size = gradient.abs().add_(fitting(hyper["epsilon"], parameters))
    largest.copy_(torch.maximum(largest * fitting(hyper["beta2"], parameters), size))
    parameters.sub_(mean / largest * fitting(lr / (1 - beta1 ** slots["t"]), parameters))


def adagrad(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Duchi, Hazan and Singer 2011; letting the rate decay besides is left to schedules."""
    total = slots["total"]
    total.add_(gradient.square())
    root = (total + fitting(hyper["initial"], parameters)).sqrt_().add_(fitting(hyper["epsilon"], parameters))
    parameters.sub_(gradient / root * fitting(lr, parameters))


def adadelta(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Zeiler 2012."""
    square, moved = slots["square"], slots["moved"]
    rho, epsilon = hyper["rho"], fitting(hyper["epsilon"], parameters)
    _follow(square, gradient.square(), rho)
    update = ((moved + epsilon) / (square + epsilon)).sqrt_().mul_(gradient)
    _follow(moved, update.square(), rho)
    parameters.sub_(update * fitting(lr, parameters))


def rmsprop(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Hinton 2012, with momentum on the divided gradient as in torch.optim."""
    square, velocity = slots["square"], slots["velocity"]
    _follow(square, gradient.square(), hyper["alpha"])
    divided = gradient / square.sqrt().add_(fitting(hyper["epsilon"], parameters))
    velocity.mul_(fitting(hyper["momentum"], parameters)).add_(divided)
    parameters.sub_(velocity * fitting(lr, parameters))


def rprop(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Riedmiller and Braun 1993, without back-tracking of weights, as in torch.optim.

    Steps and their limits are in units of the rate, so that it scales all of them at any time; as long as it stays the
    same, it is the first step of torch.optim. Where the gradient has changed sign, the weight waits for one step.
    """
    before, scale = slots["direction"], slots["scale"]
    dtype = parameters.dtype  # of bare numbers alone, `where` would make doubles
    shrink, grow = hyper["shrink"].to(dtype), hyper["grow"].to(dtype)
    smallest, largest = fitting(hyper["smallest"], parameters), fitting(hyper["largest"], parameters)
    direction = gradient.sign()
    agreement = direction * before
    turned = agreement < 0
    factor = torch.where(agreement > 0, grow, torch.where(turned, shrink, 1.0))
    scale.add_(slots["t"] <= 1)  # every weight begins with one first step
    scale.mul_(factor).clamp_(smallest, largest)
    before.copy_(torch.where(turned, 0.0, direction))
    parameters.sub_(before * scale * fitting(lr, parameters))


def lion(parameters: Tensor, gradient: Tensor, slots: Slots, lr: Tensor, hyper: Hyper) -> None:
    """Chen et al. 2023, algorithm 2: w = w - lr (sign(beta1 m + (1 - beta1) g) + weight_decay w), then m follows g."""
    mean, beta1 = slots["mean"], hyper["beta1"]
    mixed = mean * fitting(beta1, parameters) + gradient * fitting(1 - beta1, parameters)
    parameters.mul_(fitting(1 - lr * hyper["weight_decay"], parameters))
    parameters.sub_(mixed.sign_() * fitting(lr, parameters))
    _follow(mean, gradient, hyper["beta2"])


Update = Callable[[Tensor, Tensor, Slots, Tensor, Hyper], None]
Whole = Callable[[Tensor, Slots, Hyper], None]


@dataclass(frozen=True)
class Rule:
    """An update, and what it keeps.

    `numbers` are slots of one number for each network, 1 before the first update. `whole` brings them up to date: it is
    called once a step, after "t" has been counted and before the update of the first piece, with the gradient of all
    parameters, (size,) or (networks, size), and all slots.
    """

    update: Update
    slots: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    whole: Whole | None = None
    momentum: str | None = None  # the hyperparameter that a schedule of momentum drives


RULES: dict[str, Rule] = {
    "sgd": Rule(sgd, ("velocity",), momentum="momentum"),
    "nesterov": Rule(nesterov, ("velocity",), momentum="momentum"),
    "adam": Rule(adam, ("mean", "square"), momentum="beta1"),
    "adamw": Rule(adamw, ("mean", "square"), momentum="beta1"),
    "nadam": Rule(nadam, ("mean", "square"), ("product", "fresh", "kept"), _gather_momentum, momentum="beta1"),
    "radam": Rule(radam, ("mean", "square"), momentum="beta1"),
    "adamax": Rule(adamax, ("mean", "largest"), momentum="beta1"),
    "adagrad": Rule(adagrad, ("total",)),
    "adadelta": Rule(adadelta, ("square", "moved")),
    "rmsprop": Rule(rmsprop, ("square", "velocity"), momentum="momentum"),
    "rprop": Rule(rprop, ("direction", "scale")),
    "normalized": Rule(normalized, ("velocity",), ("norm",), _measure, momentum="momentum"),
    "lion": Rule(lion, ("mean",), momentum="beta1"),
}


def rule_of(optimizer: Optimizer) -> str:
    """Return which of RULES an optimizer follows: its kind, or Nesterov's."""
    return "nesterov" if getattr(optimizer, "nesterov", False) else str(getattr(optimizer, "kind", ""))


def momentum_of(rule: str) -> str | None:
    """Return which hyperparameter of a rule is its momentum; None where it has none."""
    return RULES[rule].momentum


def slots_for(rule: str, parameters: Tensor) -> Slots:
    """Return the optimizer's state before its first update, for (size,) or (networks, size) parameters.

    "t" has no dimension, a number none or (networks, 1).
    """
    one = torch.ones((), dtype=precise(parameters.device), device=parameters.device)
    alone = (*parameters.shape[:-1], 1) if parameters.dim() > 1 else ()
    slots = {name: torch.zeros_like(parameters) for name in RULES[rule].slots}
    numbers = {name: one.repeat(alone) for name in RULES[rule].numbers}
    return {**slots, **numbers, "t": torch.zeros_like(one)}


def hyper_of(optimizer: Optimizer) -> dict[str, float]:
    """Return the optimizer's own numbers, all but its learning rate."""
    values = optimizer.model_dump()
    return {name: float(value) for name, value in values.items() if name not in ("kind", "lr", "nesterov")}
