"""Orders of samples and the source of dropout's numbers: functions of seeds, the same however they are asked for."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from nnplayground.engine.batches import noise_generator, order_of, orders, own_orders

ROWS, SIZE = 23, 5  # four batches an epoch, and three samples left over


def test_an_epoch_takes_every_sample_once_and_each_epoch_in_another_order():
    epochs = [order_of(1, epoch, ROWS) for epoch in range(20)]
    assert all(sorted(epoch.tolist()) == list(range(ROWS)) for epoch in epochs)
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 20
    assert torch.equal(order_of(1, 3, ROWS), epochs[3])
    assert not torch.equal(order_of(2, 3, ROWS), epochs[3])


def test_seeds_side_by_side_share_no_epoch():
    seen = [tuple(order_of(seed, epoch, 100).tolist()) for seed in range(4) for epoch in range(50)]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("start", [0, 1, 3, 4, 7, 400])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 13])
def test_any_steps_see_the_batches_that_all_steps_see(start, count):
    whole = orders(1, ROWS, SIZE, range(450))
    assert whole.shape == (450, SIZE)
    part = orders(1, ROWS, SIZE, range(start, start + count))
    assert torch.equal(part, whole[start : start + count])
    epoch, place = divmod(start, ROWS // SIZE)
    assert torch.equal(part[0], order_of(1, epoch, ROWS)[place * SIZE : (place + 1) * SIZE])


@pytest.mark.parametrize("size", [1, 5, 12, 23])
def test_no_sample_comes_twice_in_an_epoch(size):
    per_epoch = ROWS // size
    for epoch in orders(1, ROWS, size, range(3 * per_epoch)).view(3, -1):
        assert len(epoch.unique()) == len(epoch) == per_epoch * size


def test_networks_side_by_side_have_each_its_own_order():
    steps = range(2, 11)
    found = own_orders([3, 1, 3], ROWS, SIZE, steps)
    assert found.shape == (9, 3, SIZE)
    for column, seed in enumerate([3, 1, 3]):
        assert torch.equal(found[:, column], orders(seed, ROWS, SIZE, steps))


def test_dropout_s_numbers_hang_on_the_seed_and_are_not_those_of_the_weights():
    first, again, other = (torch.rand(50, generator=noise_generator(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, torch.rand(50, generator=Generator().manual_seed(5)))
