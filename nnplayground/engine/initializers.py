"""How weights are drawn before the first step."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt

import torch
from torch import Generator, Tensor

# The initializer that suits an activation: He et al. 2015 for ReLU and its kin, LeCun et al. 1998 for SELU
# (Klambauer et al. 2017), Glorot and Bengio 2010 for the rest.
BY_ACTIVATION: dict[str, str] = {
    "relu": "he_normal",
    "leaky_relu": "he_normal",
    "elu": "he_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
    "softplus": "he_normal",
    "selu": "lecun_normal",
    "identity": "glorot_uniform",
    "sigmoid": "glorot_uniform",
    "tanh": "glorot_uniform",
    "sine": "glorot_uniform",
}

VARIANCES: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, _fan_out: 2 / fan_in,
    "lecun": lambda fan_in, _fan_out: 1 / fan_in,
}


def _normal(weight: Tensor, std: float, generator: Generator) -> None:
    weight.normal_(0.0, std, generator=generator)


def _uniform(weight: Tensor, limit: float, generator: Generator) -> None:
    weight.uniform_(-limit, limit, generator=generator)


def draw(initializer: str, activation: str, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return (outputs, inputs, …) float32 weights, drawn by the initializer of that name on the CPU.

    What comes after the inputs is a kernel's height and width: each neuron sees so many inputs through it.
    """
    name = BY_ACTIVATION[activation] if initializer == "auto" else initializer
    weight = torch.zeros(shape)
    area = prod(shape[2:])
    fan_out, fan_in = shape[0] * area, shape[1] * area
    if name == "orthogonal":
        torch.nn.init.orthogonal_(weight, generator=generator)  # Saxe et al. 2014
    elif name == "normal":
        _normal(weight, 1.0, generator)
    elif name == "uniform":
        _uniform(weight, 1.0, generator)
    elif name != "zeros":
        family, distribution = name.rsplit("_", 1)
        variance = VARIANCES[family](fan_in, fan_out)
        if distribution == "normal":
            _normal(weight, sqrt(variance), generator)
        else:
            _uniform(weight, sqrt(3 * variance), generator)
    return weight
