"""Normalizations of what a layer sums up, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from nnplayground.engine.layers.stage import Owned, Pass

BATCH_NORM_MOMENTUM = 0.1  # of the running statistics, torch.nn.BatchNorm1d's default
MOST_GROUPS, LEAST_CHANNELS = 8, 4  # of group norm, which one channel for itself would leave without any variance


def groups_of(channels: int) -> int:
    """Return into how many groups group norm puts so many neurons or channels: 8 at most, of 4 each at least."""
    fitting = (n for n in range(MOST_GROUPS, 1, -1) if channels % n == 0 and channels // n >= LEAST_CHANNELS)
    return next(fitting, 1)


def _batch(x: Tensor, scale: Tensor, shift: Tensor, run: Pass) -> Tensor:
    mean, variance = run.buffer(), run.buffer()
    return F.batch_norm(x, mean, variance, scale, shift, run.training, BATCH_NORM_MOMENTUM)  # Ioffe and Szegedy 2015


def _layer(x: Tensor, scale: Tensor, shift: Tensor, _run: Pass) -> Tensor:
    return torch.group_norm(x, 1, scale, shift)  # Ba et al. 2016


def _group(x: Tensor, scale: Tensor, shift: Tensor, _run: Pass) -> Tensor:
    return torch.group_norm(x, groups_of(x.shape[1]), scale, shift)  # Wu and He 2018


NORMALIZATIONS: dict[str, Callable[[Tensor, Tensor, Tensor, Pass], Tensor]] = {
    "batch": _batch,
    "layer": _layer,
    "group": _group,
}


def parameters(normalization: str, channels: int, prefix: str) -> tuple[Owned, ...]:
    """Return what a normalization of so many channels learns; roles begin with `prefix`."""
    if normalization not in NORMALIZATIONS:
        return ()
    return Owned(f"{prefix}scale", (channels,), 1.0), Owned(f"{prefix}shift", (channels,))


def buffers(normalization: str, channels: int, prefix: str) -> tuple[Owned, ...]:
    """Return a normalization's running statistics."""
    if normalization != "batch":
        return ()
    return Owned(f"{prefix}mean", (channels,)), Owned(f"{prefix}variance", (channels,), 1.0)


def normalize(normalization: str, x: Tensor, run: Pass) -> Tensor:
    """Return (n, channels, …) values normalized, scaled and shifted, taking the tensors for that from the pass."""
    return NORMALIZATIONS[normalization](x, run.parameter(), run.parameter(), run)
