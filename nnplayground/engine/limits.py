"""Limits: gradients that are clipped, and weights that are held within a length."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nnplayground.engine.optimizers import fitting

_LITTLE = 1e-6  # added to a norm before dividing by it, as torch.nn.utils.clip_grad_norm_ does


def shrinking(norms: Tensor, threshold: Tensor) -> Tensor:
    """Return the factors, at most 1, that bring norms down to a threshold."""
    return (threshold / (norms + _LITTLE)).clamp_max(1.0)


def _by_norm(gradient: Tensor, squares: Tensor, threshold: Tensor, _spread: Callable[[Tensor], Tensor]) -> None:
    factor = shrinking(squares.sum(dim=-1, keepdim=True).sqrt(), threshold)
    gradient.mul_(factor.to(gradient.dtype))


def _by_layer(gradient: Tensor, squares: Tensor, threshold: Tensor, spread: Callable[[Tensor], Tensor]) -> None:
    gradient.mul_(spread(shrinking(squares.sqrt(), threshold)).to(gradient.dtype))


def _by_value(gradient: Tensor, _squares: Tensor, threshold: Tensor, _spread: Callable[[Tensor], Tensor]) -> None:
    most = fitting(threshold, gradient)
    gradient.copy_(torch.minimum(torch.maximum(gradient, -most), most))


CLIPPINGS: dict[str, Callable[[Tensor, Tensor, Tensor, Callable[[Tensor], Tensor]], None]] = {
    "norm": _by_norm,
    "layer": _by_layer,
    "value": _by_value,
}
"""By kind: what changes a (…, size) gradient in place.

Each is given the (…, layers) squares of its norms, a threshold, and what spreads a number of each layer over the
layer's parameters.
"""


def limit_rows(weights: Tensor, longest: Tensor, lead: int) -> None:
    """Shorten in place each neuron's incoming weights to a length (max-norm, Srebro and Shraibman 2005).

    `weights` are (…, neurons, inputs, …) or already lengths, (…, neurons), with `lead` axes of networks first.
    """
    dims = tuple(range(lead + 1, weights.dim()))
    norms = torch.linalg.vector_norm(weights, dim=dims, keepdim=True) if dims else weights.abs()
    limit = fitting(longest, weights)
    limit = limit.reshape(*limit.shape, *(1,) * (weights.dim() - limit.dim())) if limit.dim() else limit
    weights.mul_((limit / norms.clamp_min(1e-12)).clamp_max(1.0))
