"""The learning-rate finder against what is known of linear regression, and against losses made up for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nnplayground.data import Cancelled
from nnplayground.engine import Trainer
from nnplayground.engine.finder import BLOCK, LINES, REMEMBERED, TIMES_BEST, evaluated, find_rate, smooth
from nnplayground.experiment import ExperimentError
from tests.engine.conftest import make_dataset, make_experiment, same

every = pytest.mark.parametrize
PLAIN = {"kind": "sgd", "lr": 0.03, "momentum": 0.0}


def found(dataset=None, *, low=1e-4, high=10.0, steps=200, executor="auto", cancelled=lambda: False, **knobs):
    """Return what the finder finds for a small experiment."""
    dataset = make_dataset("regression") if dataset is None else dataset
    asked = {"low": low, "high": high, "steps": steps, "executor": executor, "cancelled": cancelled}
    return find_rate(make_experiment(dataset, **knobs), device="cpu", dataset=dataset, **asked)


# what is known


@every("scale", [0.3, 1.0, 4.0])
@every("inputs", [1, 3])
def test_plain_descent_on_a_square_diverges_above_two_by_its_steepest_curvature(inputs, scale):
    dataset = make_dataset("regression", inputs=inputs)
    train = replace(dataset.train, inputs=dataset.train.inputs * np.float32(scale))
    knobs = {"network__layers": [], "batches__size": 40, "optimizer": PLAIN, "loss__kind": "mse"}
    result = found(replace(dataset, train=train), low=1e-3, steps=1000, **knobs)
    columns = np.column_stack([train.inputs, np.ones(40)]).astype(np.float64)
    curvature = np.linalg.eigvalsh(2 * columns.T @ columns / 40).max()
    assert 2 / curvature < result.diverging
    assert result.half == result.diverging / 2 < 2 / curvature  # the rule of thumb trains
    assert result.steepest < result.half


def test_its_losses_are_those_of_a_training_at_these_rates():
    dataset = make_dataset("classification", 3)
    knobs = {"optimizer__kind": "adam", "network__dropout": 0.2, "clipping__kind": "norm", "regularization__l2": 0.01}
    result = found(dataset, steps=60, high=0.1, **knobs)
    trainer = Trainer(make_experiment(dataset, **knobs), device="cpu", dataset=dataset)
    losses = []
    for rate in result.rates:
        assert trainer.retune(trainer.experiment.replace("optimizer.lr", float(rate)))
        losses.append(trainer.advance(steps=1).loss[0])
    assert result.diverging is None
    np.testing.assert_allclose(result.raw, losses, rtol=1e-4)


@every("steps", [2, BLOCK, BLOCK + 1, 300])
def test_rates_go_from_low_to_high_by_equal_factors(steps):
    result = found(steps=steps, low=1e-6, high=1e-3)
    np.testing.assert_allclose(result.rates, np.geomspace(1e-6, 1e-3, steps))
    assert len(result.raw) == len(result.smoothed) == steps
    assert (result.diverging, result.half) == (None, None)


SCHEDULES = [{"kind": "cosine", "epochs": 2}, {"kind": "one_cycle", "epochs": 3}, {"kind": "constant", "warmup": 5}]


@every(
    "knobs", [*({"schedule": schedule} for schedule in SCHEDULES), {"averaging": {"kind": "swa", "rate": 5.0}}], ids=str
)
def test_neither_schedule_nor_averaging_counts(knobs):
    assert same(vars(found(**knobs)), vars(found()))


# what it leaves alone


@every("executor", ["compiled", "eager"])
def test_the_same_seeds_give_the_same_answer(executor):
    noisy = {"network__dropout": 0.2, "executor": executor}
    assert same(vars(found(**noisy)), vars(found(**noisy)))
    assert not same(found(**noisy).raw, found(**noisy, seeds__model=7).raw)
    np.testing.assert_allclose(found(**noisy).raw[:100], found(network__dropout=0.2).raw[:100], rtol=1e-4)


def test_a_run_in_hand_data_and_generators_are_left_as_they_are():
    dataset = make_dataset("regression")
    experiment = make_experiment(dataset, network__normalization="batch")
    trainer = Trainer(experiment, device="cpu", dataset=dataset)
    trainer.advance(steps=13)
    state, inputs, of_torch = trainer.state_dict(), dataset.train.inputs.copy(), torch.get_rng_state()
    find_rate(trainer.experiment, low=1e-6, high=10.0, steps=300, device="cpu", dataset=dataset)
    assert same(trainer.state_dict(), state)
    assert same(dataset.train.inputs, inputs)
    assert same(torch.get_rng_state(), of_torch)
    alone = Trainer(experiment, device="cpu", dataset=dataset)
    alone.advance(steps=13)
    assert same(trainer.advance(steps=20), alone.advance(steps=20))


def test_it_can_be_cancelled():
    asked = []

    def cancelled():
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        found(high=1e-3, cancelled=cancelled)
    assert len(asked) == 3


# where numbers overflow


def test_losses_end_before_the_first_step_that_is_not_finite():
    result = found(optimizer=PLAIN, low=1.0, high=1e30, steps=40)
    assert 0 < len(result.raw) < 40
    assert np.isfinite(result.raw).all()
    assert result.diverging is not None


def test_where_the_first_step_overflows_its_rate_diverges():
    result = found(low=1e39, high=1e40, steps=5)
    assert len(result.rates) == len(result.raw) == len(result.smoothed) == 0
    assert result.diverging == pytest.approx(1e39)
    assert result.half == pytest.approx(5e38)
    assert result.steepest is None


# what follows from losses


def test_smoothed_losses_are_means_that_forget():
    losses = np.random.default_rng(1).normal(size=50)
    for i, mean in enumerate(smooth(losses)):
        weights = REMEMBERED ** np.arange(i, -1, -1)
        assert mean == pytest.approx(np.average(losses[: i + 1], weights=weights))
    assert len(smooth(np.empty(0))) == 0


RATES = np.geomspace(1e-4, 1.0, 100)


def test_a_loss_of_many_times_the_lowest_has_diverged():
    falling = np.linspace(2.0, 0.1, 60)
    losses = np.concatenate([falling, np.full(40, 50.0)])
    result = evaluated(RATES, losses)
    smoothed = smooth(losses)
    place = int(np.argmax(smoothed > TIMES_BEST * np.minimum.accumulate(smoothed)))
    assert result.diverging == RATES[place]
    assert 60 <= place < 65
    assert len(result.rates) == len(result.raw) == len(result.smoothed) == place + 1


def test_a_loss_that_is_near_nothing_has_not_diverged_before_it_is_above_where_it_began():
    losses = np.concatenate([np.geomspace(1.0, 1e-9, 50), np.geomspace(1e-9, 0.9, 50)])
    assert evaluated(RATES, losses).diverging is None
    assert evaluated(RATES, np.full(100, 0.7)).diverging is None
    assert evaluated(RATES, np.linspace(0.0, -1.0, 100)).diverging is None


def test_where_losses_end_early_the_next_rate_diverges():
    result = evaluated(RATES, np.full(30, 0.5))
    assert result.diverging == RATES[30]
    assert result.half == RATES[30] / 2
    np.testing.assert_array_equal(result.rates, RATES[:30])


@every("center", [1e-3, 1e-2, 1e-1])
def test_the_steepest_place_is_where_a_sigmoid_falls(center):
    losses = 1 / (1 + np.exp(8 * (np.log10(RATES) - np.log10(center))))
    assert np.log10(evaluated(RATES, losses).steepest) == pytest.approx(np.log10(center), abs=0.05)


def test_a_loss_that_never_falls_has_no_steepest_place():
    assert evaluated(RATES, np.linspace(1.0, 1.5, 100)).steepest is None
    assert evaluated(RATES, np.full(100, 1.0)).steepest is None
    assert evaluated(RATES[:2], np.array([1.0, 0.5])).steepest is None
    assert LINES > 1


# what is refused


@every(
    ("asked", "line"),
    [
        ({"low": 1.0, "high": 0.1}, "rates from 1 to 0.1 are not a range; allowed: 0 < LOW < HIGH"),
        ({"low": 0.1, "high": 0.1}, "rates from 0.1 to 0.1 are not a range; allowed: 0 < LOW < HIGH"),
        ({"low": 0.0}, "rates from 0 to 10 are not a range; allowed: 0 < LOW < HIGH"),
        ({"low": -1.0}, "rates from -1 to 10 are not a range; allowed: 0 < LOW < HIGH"),
        ({"low": float("nan")}, "rates from nan to 10 are not a range; allowed: 0 < LOW < HIGH"),
        ({"high": float("inf")}, "rates from 0.0001 to inf are not a range; allowed: 0 < LOW < HIGH"),
        ({"steps": 1}, "steps = 1 is not allowed; allowed: at least 2"),
        ({"executor": "magic"}, "executor = 'magic' does not run on cpu; allowed there: auto, eager, compiled"),
    ],
    ids=str,
)
def test_what_is_no_range_is_told_in_one_line(asked, line):
    with pytest.raises(ExperimentError) as caught:
        found(**asked)
    assert str(caught.value) == line


def test_an_experiment_that_its_data_do_not_fit_is_refused():
    dataset = make_dataset("regression")
    experiment = make_experiment(make_dataset("classification"), loss__kind="hinge")
    with pytest.raises(ExperimentError, match="which is regression"):
        find_rate(experiment, low=1e-6, high=10.0, steps=300, device="cpu", dataset=dataset)
