"""Schedules against torch.optim.lr_scheduler."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from nnplayground.engine.schedules import SCHEDULES, Plateau, factors, momenta, preview, rates
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    StepDecay,
)
from tests.engine.conftest import make_dataset, make_trainer
from tests.strategies import parts

PER_EPOCH = 7
EPOCHS = 30
STEPS = range(EPOCHS * PER_EPOCH)
LR = 0.5


def followed(make, every, momentum=0.9):
    """Return (steps,) rates and momenta of torch's scheduler, which is stepped after every so many steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR, momentum=momentum)
    scheduler, found = make(optimizer), []
    for step in STEPS:
        found.append([optimizer.param_groups[0][name] for name in ("lr", "momentum")])
        optimizer.step()
        if (step + 1) % every == 0 and step + 1 < len(STEPS):
            scheduler.step()
    return np.array(found).T


def polynomial(epochs, power):
    return lambda o: lr_scheduler.PolynomialLR(o, epochs * PER_EPOCH, power)


def cosine(epochs, lowest):
    return lambda o: lr_scheduler.CosineAnnealingLR(o, epochs * PER_EPOCH, eta_min=lowest * LR)


def restarts(first, multiply, lowest):
    return lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, first * PER_EPOCH, multiply, lowest * LR)


def cyclic(half, lowest, mode):
    return lambda o: lr_scheduler.CyclicLR(o, lowest * LR, LR, half * PER_EPOCH, mode=mode, cycle_momentum=False)


def one_cycle(knobs):
    return lambda o: lr_scheduler.OneCycleLR(
        o,
        LR,
        total_steps=knobs.epochs * PER_EPOCH,
        pct_start=knobs.rising,
        base_momentum=knobs.momentum_low,
        max_momentum=knobs.momentum_high,
        div_factor=1 / knobs.start,
        final_div_factor=knobs.start / knobs.lowest,
    )


ONE_CYCLES = [
    OneCycle(epochs=EPOCHS),
    OneCycle(epochs=EPOCHS, rising=0.5, start=0.5, lowest=0.2, momentum_high=0.99, momentum_low=0.0),
    OneCycle(epochs=EPOCHS, rising=0.05, start=0.01, lowest=0.3),
    OneCycle(epochs=EPOCHS, rising=0.95, lowest=0.04),
]
CASES = [
    (Constant(), lambda o: lr_scheduler.ConstantLR(o, factor=1.0), PER_EPOCH),
    (Exponential(factor=0.9), lambda o: lr_scheduler.ExponentialLR(o, 0.9), PER_EPOCH),
    (Exponential(factor=1.0), lambda o: lr_scheduler.ExponentialLR(o, 1.0), PER_EPOCH),
    (StepDecay(factor=0.5, every=4), lambda o: lr_scheduler.StepLR(o, 4, 0.5), PER_EPOCH),
    (StepDecay(factor=0.1, every=1), lambda o: lr_scheduler.StepLR(o, 1, 0.1), PER_EPOCH),
    (MultiStep(at=(1, 2, 20), factor=0.3), lambda o: lr_scheduler.MultiStepLR(o, [1, 2, 20], 0.3), PER_EPOCH),
    (MultiStep(at=(7,)), lambda o: lr_scheduler.MultiStepLR(o, [7], 0.1), PER_EPOCH),
    (MultiStep(at=(100, 200)), lambda o: lr_scheduler.MultiStepLR(o, [100, 200], 0.1), PER_EPOCH),
    (Polynomial(epochs=EPOCHS, lowest=0.0), polynomial(EPOCHS, 1.0), 1),
    (Polynomial(epochs=11, power=2.5, lowest=0.0), polynomial(11, 2.5), 1),
    (Polynomial(epochs=EPOCHS, power=0.3, lowest=0.0), polynomial(EPOCHS, 0.3), 1),
    (Cosine(epochs=EPOCHS, lowest=0.1), cosine(EPOCHS, 0.1), 1),
    (Cosine(epochs=EPOCHS, lowest=0.0), cosine(EPOCHS, 0.0), 1),
    (CosineRestarts(first=4, multiply=1, lowest=0.0), restarts(4, 1, 0.0), 1),
    (CosineRestarts(first=3, multiply=2, lowest=0.1), restarts(3, 2, 0.1), 1),
    (CosineRestarts(first=1, multiply=3), restarts(1, 3, 0.01), 1),
    (CosineRestarts(first=50), restarts(50, 2, 0.01), 1),
    (Cyclic(half=4), cyclic(4, 0.1, "triangular"), 1),
    (Cyclic(half=1, lowest=0.0), cyclic(1, 0.0, "triangular"), 1),
    (Cyclic(half=3, lowest=0.25, halving=True), cyclic(3, 0.25, "triangular2"), 1),
    (Cyclic(half=20, halving=True), cyclic(20, 0.1, "triangular2"), 1),
    *((knobs, one_cycle(knobs), 1) for knobs in ONE_CYCLES),
]
every_kind = pytest.mark.parametrize("kind", SCHEDULES)
SCHEDULE = st.one_of([parts(model).map(model.model_validate) for model in kinds("schedule").values()])
"""Schedules with any knobs."""


def test_every_kind_of_schedule_is_there_and_tested():
    tested = {schedule.kind for schedule, _, _ in CASES} | {"plateau"}
    assert SCHEDULES.keys() == kinds("schedule").keys() == tested


@pytest.mark.parametrize(
    ("schedule", "make", "every"), CASES, ids=lambda value: "" if callable(value) else str(value)[:60]
)
def test_rates_are_those_of_torch(schedule, make, every):
    np.testing.assert_allclose(rates(schedule, LR, STEPS, PER_EPOCH), followed(make, every)[0], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("schedule", ONE_CYCLES, ids=str)
def test_momentum_goes_against_the_rate_as_torch_s_one_cycle_drives_it(schedule):
    found = momenta(schedule, STEPS, PER_EPOCH)
    np.testing.assert_allclose(found, followed(one_cycle(schedule), 1)[1], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("kind", [kind for kind in SCHEDULES if kind != "one_cycle"])
def test_no_other_schedule_drives_momentum(kind):
    assert momenta(kinds("schedule")[kind](), STEPS, PER_EPOCH) is None


@pytest.mark.parametrize(
    ("schedule", "lowest"),
    [(Cosine(epochs=5, lowest=0.2), 0.2), (Polynomial(epochs=5, lowest=0.2), 0.2), (OneCycle(epochs=5), 0.001)],
)
def test_after_its_epochs_a_rate_stays_at_its_lowest(schedule, lowest):
    found = factors(schedule, range(5 * PER_EPOCH, 60 * PER_EPOCH), PER_EPOCH)
    np.testing.assert_allclose(found, lowest, rtol=1e-12)


def test_after_its_epochs_one_cycle_leaves_momentum_high():
    np.testing.assert_allclose(momenta(OneCycle(epochs=5), range(35, 99), PER_EPOCH), 0.95, rtol=1e-12)


def test_a_polynomial_comes_down_to_its_lowest_as_torch_s_comes_down_to_nothing():
    to_nothing = factors(Polynomial(epochs=20, power=1.7, lowest=0.0), STEPS, PER_EPOCH)
    found = factors(Polynomial(epochs=20, power=1.7, lowest=0.3), STEPS, PER_EPOCH)
    np.testing.assert_allclose(found, 0.3 + 0.7 * to_nothing, rtol=1e-12)


# warm-up


@pytest.mark.parametrize("warmup", [1, 4])
@pytest.mark.parametrize(
    ("schedule", "then"),
    [
        (Constant(), lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        (Cosine(epochs=20, lowest=0.1), cosine(20, 0.1)),
        (CosineRestarts(first=3), restarts(3, 2, 0.01)),
    ],
    ids=lambda value: "" if callable(value) else str(value),
)
def test_warm_up_is_torch_s_linear_rate_before_the_schedule(schedule, then, warmup):
    steps = warmup * PER_EPOCH

    def make(optimizer):
        line = lr_scheduler.LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)
        return lr_scheduler.SequentialLR(optimizer, [line, then(optimizer)], [steps])

    wanted = followed(make, 1)[0]
    covered = min(len(STEPS), (20 + warmup) * PER_EPOCH)  # then torch's cosine goes up again
    found = rates(schedule.model_copy(update={"warmup": warmup}), LR, STEPS, PER_EPOCH)
    np.testing.assert_allclose(found[:covered], wanted[:covered], rtol=1e-9)


@given(schedule=SCHEDULE, per_epoch=st.integers(1, 50), warmup=st.integers(1, 6))
def test_the_schedule_begins_when_warm_up_ends(schedule, per_epoch, warmup):
    plain = schedule.model_copy(update={"warmup": 0})
    warmed = schedule.model_copy(update={"warmup": warmup})
    steps = warmup * per_epoch
    own, found = factors(plain, range(60), per_epoch), factors(warmed, range(steps + 60), per_epoch)
    np.testing.assert_allclose(found[steps:], own, rtol=1e-7, atol=1e-12)
    climb = np.arange(1, steps + 1) / (steps + 1)
    np.testing.assert_allclose(found[:steps], own[0] * climb, rtol=1e-12, atol=1e-300)
    if schedule.kind == "one_cycle":
        driven = momenta(warmed, range(steps + 60), per_epoch)
        np.testing.assert_array_equal(driven[:steps], driven[steps])
        np.testing.assert_allclose(driven[steps:], momenta(plain, range(60), per_epoch), rtol=1e-7, atol=1e-12)


# any schedule, at any step


@given(schedule=SCHEDULE, start=st.integers(0, 10**9), count=st.integers(0, 70), per_epoch=st.integers(1, 10**4))
@example(OneCycle(epochs=1), 0, 3, 1)
@example(OneCycle(epochs=1, start=0.0, lowest=0.0), 0, 3, 1)
def test_factors_are_shares_of_the_rate(schedule, start, count, per_epoch):
    steps = range(start, start + count)
    found = factors(schedule, steps, per_epoch)
    assert found.shape == (count,)
    assert found.dtype == np.float64
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_array_equal(
        rates(schedule, 0.3, steps, per_epoch, 0.5), 0.3 * factors(schedule, steps, per_epoch, 0.5)
    )
    np.testing.assert_allclose(factors(schedule, steps, per_epoch, 0.5), 0.5 * found)
    if schedule.kind == "one_cycle":
        low, high = sorted((schedule.momentum_low, schedule.momentum_high))
        driven = momenta(schedule, steps, per_epoch)
        assert ((driven >= low - 1e-15) & (driven <= high + 1e-15)).all()


@given(schedule=SCHEDULE, start=st.integers(0, 10**7), per_epoch=st.integers(1, 10**3), data=st.data())
def test_however_steps_are_sliced_they_have_the_same_numbers_to_the_bit(schedule, start, per_epoch, data):
    count = data.draw(st.integers(1, 300))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=6)))
    pieces = [range(start + a, start + b) for a, b in zip([0, *cuts], [*cuts, count], strict=True)]
    steps = range(start, start + count)
    sliced = np.concatenate([factors(schedule, piece, per_epoch) for piece in pieces])
    np.testing.assert_array_equal(sliced, factors(schedule, steps, per_epoch))
    if schedule.kind == "one_cycle":
        driven = np.concatenate([momenta(schedule, piece, per_epoch) for piece in pieces])
        np.testing.assert_array_equal(driven, momenta(schedule, steps, per_epoch))


FALLING = ["constant", "exponential", "step", "multi_step", "polynomial", "cosine", "plateau"]


@pytest.mark.parametrize("kind", FALLING)
@given(step=st.integers(0, 10**7), per_epoch=st.integers(1, 10**4))
def test_factors_of_schedules_that_go_down_begin_at_one_and_only_fall(kind, step, per_epoch):
    schedule = kinds("schedule")[kind]()
    assert factors(schedule, range(1), per_epoch) == 1.0
    first, second = factors(schedule, range(step, step + 2), per_epoch)
    assert second <= first


@pytest.mark.parametrize("kind", ["exponential", "step", "multi_step"])
@given(epoch=st.integers(0, 10**4), per_epoch=st.integers(1, 10**4), offset=st.integers(0, 10**4))
def test_a_rate_by_the_epoch_is_the_same_all_through_the_epoch(kind, epoch, per_epoch, offset):
    schedule = kinds("schedule")[kind]()
    first = epoch * per_epoch
    here = factors(schedule, range(first, first + 1), per_epoch)
    step = first + offset % per_epoch
    assert factors(schedule, range(step, step + 1), per_epoch) == here


@every_kind
def test_a_preview_is_the_rate_over_the_epochs(kind):
    schedule = kinds("schedule")[kind](warmup=3)
    x, y = preview(schedule, LR, 50, points=51)
    np.testing.assert_array_equal(x, np.arange(51))
    fine = 10_000  # steps of an epoch, whose length a preview neglects
    exact = [rates(schedule, LR, range(epoch * fine, epoch * fine + 1), fine)[0] for epoch in range(51)]
    np.testing.assert_allclose(y, exact, rtol=1e-4, atol=1e-4)
    assert [len(each) for each in preview(schedule, LR, 50)] == [200, 200]


@every_kind
def test_a_training_goes_at_the_scheduled_rates(kind):
    trainer = make_trainer(make_dataset(), schedule={"kind": kind}, optimizer__lr=0.07)
    chunk = trainer.advance(steps=33)
    expected = rates(trainer.experiment.schedule, 0.07, range(33), 5)
    np.testing.assert_array_equal(chunk.lr, expected.astype(np.float32))


# plateaus

LOSSES = st.lists(
    st.floats(0, 10) | st.sampled_from([1.0, 1.0, 0.9999, 0.99, math.inf, math.nan]), min_size=1, max_size=60
)
PLATEAUS = [
    ReduceOnPlateau(patience=2),
    ReduceOnPlateau(patience=0, factor=0.1, lowest=0.0),
    ReduceOnPlateau(patience=1, factor=0.3, threshold=0.1, cooldown=3, lowest=0.2),
    ReduceOnPlateau(patience=3, factor=0.9, threshold=0.0, cooldown=1),
]


@pytest.mark.parametrize("schedule", PLATEAUS, ids=str)
@given(losses=LOSSES)
@example(losses=[1.0] * 40)
@example(losses=[1.0 - 1e-4 * i for i in range(40)])
def test_a_plateau_reduces_the_rate_as_torch_does(schedule, losses):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torch_s = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=schedule.factor,
        patience=schedule.patience,
        threshold=schedule.threshold,
        cooldown=schedule.cooldown,
        min_lr=schedule.lowest,
        eps=0.0,
    )
    state = Plateau()
    for loss in losses:
        torch_s.step(loss)
        state = state.after(schedule, loss)
        assert state.reduced == optimizer.param_groups[0]["lr"]
        assert (state.best, state.bad, state.cooldown) == (
            torch_s.best,
            torch_s.num_bad_epochs,
            torch_s.cooldown_counter,
        )


def test_a_lowest_that_is_raised_meanwhile_raises_no_rate():
    state = Plateau(best=1.0, reduced=0.1)
    assert state.after(ReduceOnPlateau(patience=0, lowest=0.5), 2.0).reduced == 0.1


# what cannot be


@pytest.mark.parametrize("at", [[200, 100], [100, 100], [1, 2, 2]])
def test_epochs_out_of_order_are_refused(at):
    with pytest.raises(ExperimentError) as caught:
        Experiment().replace("schedule", {"kind": "multi_step", "at": at})
    assert str(caught.value) == (
        f"schedule.at = {at} is not allowed; allowed: epochs in order, each once, as in [100, 200]"
    )


@pytest.mark.parametrize("at", [[], [*range(1, 18)], "soon", 5])
def test_epochs_are_a_list_of_some(at):
    allowed = r"a list of 1 to 16, each a whole number from 1 to 1e\+06$"
    with pytest.raises(ExperimentError, match=rf"^schedule\.at = .* is not allowed; allowed: {allowed}"):
        Experiment().replace("schedule", {"kind": "multi_step", "at": at})


@pytest.mark.parametrize("epoch", [0, -1, 2.5, "2", True, 10**7])
def test_an_epoch_that_cannot_be_is_named_by_its_place(epoch):
    with pytest.raises(ExperimentError, match=r"^schedule\.at\.1 = .* allowed: a whole number from 1 to 1e\+06$"):
        Experiment().replace("schedule", {"kind": "multi_step", "at": [1, epoch]})
