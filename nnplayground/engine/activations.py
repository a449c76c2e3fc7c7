"""Activation functions by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Activation = Callable[[Tensor], Tensor]


def _identity(x: Tensor) -> Tensor:
    return x


ACTIVATIONS: dict[str, Activation] = {
    "identity": _identity,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,  # slope 0.01 (Maas et al. 2013)
    "elu": F.elu,  # alpha 1 (Clevert et al. 2016)
    "selu": torch.selu,  # Klambauer et al. 2017
    "gelu": F.gelu,  # exact, by the error function (Hendrycks and Gimpel 2016)
    "silu": F.silu,  # Elfwing et al. 2018
    "softplus": F.softplus,
    "sine": torch.sin,  # Sitzmann et al. 2020, without their factor
}
