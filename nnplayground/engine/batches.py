"""Which samples make up which batch, and the random numbers of dropout: drawn apart from the weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

EPOCHS_APART = 1_000_003  # seeds of orders lie this far apart, so that two orders share no epochs that anyone reaches
NOISE_SEED = 0x5EED  # keeps dropout's numbers apart from those that drew the weights


def order_of(seed: int, epoch: int, rows: int, passes: int = 1) -> Tensor:
    """Return the (passes · rows,) order in which epoch `epoch`, counting from 0, takes the samples."""
    generator = Generator().manual_seed(seed * EPOCHS_APART + epoch)
    return torch.cat([torch.randperm(rows, generator=generator) for _ in range(passes)])


def orders(seed: int, rows: int, size: int, steps: range, per_epoch: int | None = None) -> Tensor:
    """Return the (steps, size) samples of these steps' batches; what does not fill a batch is left out of an epoch.

    An epoch has as many batches as the samples fill unless `per_epoch` says how many: of fewer samples they are taken
    in several orders one after the other, of more some are left out.
    """
    if per_epoch is None or per_epoch == rows // size:
        return own_orders([seed], rows, size, steps).squeeze(1)
    passes = -(-per_epoch * size // rows)
    epochs = range(steps.start // per_epoch, (steps.stop - 1) // per_epoch + 1)
    whole = [order_of(seed, epoch, rows, passes)[: per_epoch * size].view(-1, size) for epoch in epochs]
    return torch.cat(whole)[steps.start - epochs.start * per_epoch :][: len(steps)]


def own_orders(seeds: Sequence[int], rows: int, size: int, steps: range) -> Tensor:
    """Return the (steps, seeds, size) samples of these steps' batches, for each seed in its own order."""
    per_epoch = rows // size
    first, last = steps.start // per_epoch, (steps.stop - 1) // per_epoch
    epochs = [torch.stack([order_of(seed, epoch, rows) for seed in seeds]) for epoch in range(first, last + 1)]
    whole = torch.cat([epoch[:, : per_epoch * size].view(-1, per_epoch, size) for epoch in epochs], dim=1)
    return whole[:, steps.start - first * per_epoch :][:, : len(steps)].transpose(0, 1)


def noise_generator(seed: int) -> Generator:
    """Return the source of dropout's numbers for a model's seed."""
    return Generator().manual_seed(seed ^ NOISE_SEED)
