"""Averages of weights along a training: a second model beside the trained one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nnplayground.engine.optimizers import Slots, fitting

Knobs = Mapping[str, Tensor]


def moving(parameters: Tensor, slots: Slots, knobs: Knobs) -> None:
    """After each step: average = decay average + (1 - decay) w; the first is w, as in torch.optim.swa_utils."""
    share = torch.where(slots["t"] > 1, 1 - knobs["averaging.decay"], 1.0)
    slots["average"].lerp_(parameters, fitting(share, parameters).to(parameters.dtype))


def stochastic(parameters: Tensor, slots: Slots, knobs: Knobs) -> None:
    """After each epoch: the mean of w at the ends of all epochs from the first that counts (Izmailov et al. 2018).

    Before that one the average is w itself.
    """
    counts = (slots["t"] >= knobs["averaging.start"]).to(slots["averaged"].dtype)
    slots["averaged"].add_(1.0).mul_(counts)
    share = 1 / slots["averaged"].clamp_min(1.0)
    slots["average"].lerp_(parameters, share.to(parameters.dtype))


EACH_STEP: dict[str, Callable[[Tensor, Slots, Knobs], None]] = {"ema": moving}
EACH_EPOCH: dict[str, Callable[[Tensor, Slots, Knobs], None]] = {"swa": stochastic}


def slots_for_average(kind: str, parameters: Tensor, number: Tensor) -> Slots:
    """Return what an averaging keeps, before the first step; `number` is a zero of the shape of numbers."""
    if kind == "none":
        return {}
    counted = {"averaged": number.clone()} if kind == "swa" else {}
    return {"average": parameters.clone(), **counted}
