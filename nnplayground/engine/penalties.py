"""Penalties on weights: what L1 and L2 add to the loss that training makes small, and to its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnplayground.engine.devices import precise
from nnplayground.engine.optimizers import fitting
from nnplayground.engine.snapshot import Layout
from nnplayground.engine.tuning import Knobs


def penalty(parameters: Tensor, layout: Layout, frozen: Sequence[bool], knobs: Knobs) -> Tensor:
    """Return l1 sum |w| + l2 / 2 sum w² over the weights of layers that are not frozen, in units of the loss.

    Of (size,) parameters it is a number, of stacked ones (networks,); 0 where there is no such term. With both terms it
    is what Zou and Hastie 2005 call the elastic net.
    """
    kind = precise(parameters.device)
    total = torch.zeros(parameters.shape[:-1], dtype=kind, device=parameters.device)
    weights = [t for t in layout.parameters if t.is_weight and not frozen[t.layer]]
    for name, factor, power in (("l1", 1.0, torch.abs), ("l2", 0.5, torch.square)):
        if name in knobs:
            sums = [power(parameters[..., t.start : t.stop]).sum(dim=-1, dtype=kind) for t in weights]
            strength = knobs[name].reshape(parameters.shape[:-1]).to(kind)
            total = total + factor * strength * torch.stack(sums).sum(dim=0) if sums else total
    return total


def add_penalties(gradient: Tensor, parameters: Tensor, is_weight: Tensor, knobs: Knobs) -> None:
    """Add the penalty's gradient, l1 sign(w) + l2 w, in place; `is_weight` is (size,), 1 where penalties apply."""
    if "l2" in knobs:
        gradient.add_(parameters * is_weight * fitting(knobs["l2"], parameters))
    if "l1" in knobs:
        gradient.add_(parameters.sign() * is_weight * fitting(knobs["l1"], parameters))
