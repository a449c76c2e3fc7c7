"""Schedules against torch.optim.lr_scheduler."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from nnplayground.engine.schedules import SCHEDULES, factor
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.schedules import Constant, Cosine, Exponential, StepDecay
from tests.engine.conftest import make_dataset, make_trainer

PER_EPOCH = 7
EPOCHS = 30


def rates(make, every):
    """Return the rates of torch's scheduler for each step; it is stepped after every so many steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler, found = make(optimizer), []
    for step in range(1, EPOCHS * PER_EPOCH + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step % every == 0:
            scheduler.step()
    return np.array(found)


CASES = [
    (Constant(), lambda o: lr_scheduler.ConstantLR(o, factor=1.0), PER_EPOCH),
    (Exponential(factor=0.9), lambda o: lr_scheduler.ExponentialLR(o, 0.9), PER_EPOCH),
    (Exponential(factor=1.0), lambda o: lr_scheduler.ExponentialLR(o, 1.0), PER_EPOCH),
    (StepDecay(factor=0.5, every=4), lambda o: lr_scheduler.StepLR(o, 4, 0.5), PER_EPOCH),
    (StepDecay(factor=0.1, every=1), lambda o: lr_scheduler.StepLR(o, 1, 0.1), PER_EPOCH),
    (
        Cosine(epochs=EPOCHS, lowest=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, EPOCHS * PER_EPOCH, eta_min=0.05),
        1,
    ),
    (Cosine(epochs=EPOCHS, lowest=0.0), lambda o: lr_scheduler.CosineAnnealingLR(o, EPOCHS * PER_EPOCH), 1),
]


def test_every_kind_of_schedule_is_there_and_tested():
    assert SCHEDULES.keys() == kinds("schedule").keys() == {schedule.kind for schedule, _, _ in CASES}


@pytest.mark.parametrize(("schedule", "make", "every"), CASES, ids=lambda value: str(value)[:40])
def test_rates_are_those_of_torch(schedule, make, every):
    found = [0.5 * factor(schedule, step, PER_EPOCH) for step in range(EPOCHS * PER_EPOCH)]
    np.testing.assert_allclose(found, rates(make, every), rtol=1e-9, atol=1e-15)


def test_after_its_epochs_the_cosine_stays_at_its_lowest():
    cosine = Cosine(epochs=5, lowest=0.2)
    for step in (5 * PER_EPOCH, 5 * PER_EPOCH + 1, 50 * PER_EPOCH):
        assert factor(cosine, step, PER_EPOCH) == pytest.approx(0.2)
    assert factor(cosine, 0, PER_EPOCH) == 1.0
    assert factor(cosine, 5 * PER_EPOCH // 2 + 1, PER_EPOCH) < 0.6


@pytest.mark.parametrize("kind", SCHEDULES)
@given(step=st.integers(0, 10**7), per_epoch=st.integers(1, 10**4))
def test_factors_begin_at_one_and_only_fall(kind, step, per_epoch):
    schedule = kinds("schedule")[kind]()
    assert factor(schedule, 0, per_epoch) == 1.0
    assert 0 <= factor(schedule, step + 1, per_epoch) <= factor(schedule, step, per_epoch) <= 1


@pytest.mark.parametrize("kind", ["exponential", "step"])
@given(epoch=st.integers(0, 10**4), per_epoch=st.integers(1, 10**4), offset=st.integers(0, 10**4))
def test_a_rate_by_the_epoch_is_the_same_all_through_the_epoch(kind, epoch, per_epoch, offset):
    schedule = kinds("schedule")[kind]()
    first = factor(schedule, epoch * per_epoch, per_epoch)
    assert factor(schedule, epoch * per_epoch + offset % per_epoch, per_epoch) == first


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_training_goes_at_the_scheduled_rates(kind):
    trainer = make_trainer(make_dataset(), schedule={"kind": kind}, optimizer__lr=0.07)
    chunk = trainer.advance(steps=33)
    expected = [0.07 * factor(trainer.experiment.schedule, step, 5) for step in range(33)]
    np.testing.assert_array_equal(chunk.lr, np.array(expected, np.float32))
