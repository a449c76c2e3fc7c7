"""Dealing the rows of a data set out to training and validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import training_rows

Rows = NDArray[np.int64]


def split(
    targets: NDArray[Any], share: float, seed: int | np.random.SeedSequence, stratified: bool
) -> tuple[Rows, Rows]:
    """Return the rows to train on and the rows to validate on, each shuffled; the same for the same seed.

    `targets` (n,) are the classes where `stratified`; else only their number counts. `share` is the validation's.
    Stratified, each class is dealt out in proportion, by largest remainder, and a class of two or more samples is
    found in both parts as long as the parts are large enough for that. Raises ExperimentError below two rows.
    """
    n = len(targets)
    if n < 2:
        raise ExperimentError(
            f"data has {n} usable row{'' if n == 1 else 's'}; allowed: at least 2, one to validate on"
        )
    codes = np.unique(targets, return_inverse=True)[1] if stratified else np.zeros(n, np.int64)
    order, held_out = _deal(codes, n - training_rows(n, share), seed)
    return order[~held_out], order[held_out]


def choose(classes: Rows, limit: int, seed: int | np.random.SeedSequence) -> Rows:
    """Return at most `limit` rows in ascending order, each class in proportion; all where `limit` is 0.

    `classes` (n,) are whole numbers from 0. Classes are dealt out as in `split`.
    """
    if limit == 0 or limit >= len(classes):
        return np.arange(len(classes))
    order, chosen = _deal(classes, limit, seed)
    return np.sort(order[chosen])


def _deal(codes: Rows, seats: int, seed: int | np.random.SeedSequence) -> tuple[Rows, NDArray[np.bool_]]:
    """Return all rows shuffled, and which of these are among the `seats`, each class in proportion."""
    n = len(codes)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(n)
    sizes = np.bincount(codes)
    quotas = _apportion(sizes, seats)
    by_class = order[np.argsort(codes[order], kind="stable")]
    rank = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # of each row within its class
    chosen = np.zeros(n, bool)
    chosen[by_class[rank < np.repeat(quotas, sizes)]] = True
    return order, chosen[order]


def _apportion(sizes: Rows, seats: int) -> Rows:
    """Return how many of each class's samples are among the `seats`.

    Largest remainders, within limits that leave a class of two or more one sample on either side where that can be.
    """
    fair = sizes * (seats / sizes.sum())
    low, high = (sizes > 1).astype(np.int64), sizes - (sizes > 1)
    if low.sum() > seats:
        low = np.zeros_like(sizes)
    if high.sum() < seats:
        high = sizes
    counts: Rows = np.clip(np.floor(fair).astype(np.int64), low, high)
    while counts.sum() < seats:
        counts[np.argmax(np.where(counts < high, fair - counts, -np.inf))] += 1
    while counts.sum() > seats:
        counts[np.argmax(np.where(counts > low, counts - fair, -np.inf))] -= 1
    return counts
