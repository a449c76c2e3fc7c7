"""Where numbers overflow: what went first, and that all that is kept stays finite."""

from __future__ import annotations

import numpy as np
import pytest

from nnplayground.engine.chunk import Divergence
from nnplayground.engine.metrics import LARGEST
from nnplayground.experiment.layers import Layer
from tests.engine.conftest import make_dataset, make_trainer, same


def finite(trainer, chunk):
    columns = [column for column in vars(chunk).values() if isinstance(column, np.ndarray)]
    snapshot = trainer.snapshot()
    return all(np.isfinite(values).all() for values in (*columns, snapshot.parameters, snapshot.buffers))


def overflowing(quantity):
    """Return a trainer whose first step cannot be taken, and the layer that overflows."""
    dataset = make_dataset("regression")
    if quantity == "activations":
        trainer = make_trainer(dataset, network__activation="identity")
        trainer.set_parameter(0, "weight", (0, 0), 30.0)
        trainer.set_parameter(1, "weight", (2, 0), 3e38)
        return trainer, "layer 2"
    if quantity == "running statistics":  # their variance is the square of 1e25, and what is normalized by it 0
        trainer = make_trainer(dataset, network__normalization="batch")
        trainer.set_parameter(0, "weight", (4, 0), 1e25)
        return trainer, "layer 1"
    if quantity == "loss":  # an output of 1e25 has a square of 1e50
        trainer = make_trainer(dataset, network__layers=[])
        trainer.set_parameter(0, "weight", (0, 0), 1e25)
        return trainer, "output"
    if quantity == "gradients":  # hidden neurons are 0, and what comes back to each of them is 3e38
        trainer = make_trainer(dataset, network__layers=[Layer(width=40, initializer="zeros")], loss__kind="mae")
        for i in range(40):
            trainer.set_parameter(1, "weight", (0, i), 3e38)
        return trainer, "layer 1"
    decay = {"kind": "adamw", "lr": 10.0, "weight_decay": 10.0}  # makes -99 times of every weight
    trainer = make_trainer(dataset, network__layers=[], loss__kind="mae", optimizer=decay)
    trainer.set_parameter(0, "weight", (0, 0), 1e37)
    return trainer, "output"


QUANTITIES = ("activations", "running statistics", "loss", "gradients", "weights")


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_what_overflows_first_is_named(quantity):
    trainer, layer = overflowing(quantity)
    before = trainer.snapshot()
    chunk = trainer.advance(steps=20)
    assert chunk.divergence == trainer.divergence == Divergence(1, layer, quantity)
    assert (chunk.steps, trainer.step, chunk.stopped_by, trainer.stopped_by) == (0, 0, "diverged", "diverged")
    assert same(trainer.snapshot().parameters, before.parameters)
    assert finite(trainer, chunk)


def test_of_gradients_that_overflow_the_one_nearest_to_the_output_is_named():
    layers = [Layer(width=2, initializer="zeros")] * 2
    trainer = make_trainer(make_dataset("regression"), network__layers=layers, loss__kind="mae")
    for i in range(2):
        trainer.set_parameter(1, "weight", (i, i), 1.0)  # so that it comes back to layer 1 as well
        trainer.set_parameter(2, "weight", (0, i), 3e38)
    trainer.set_parameter(2, "bias", (0,), 100.0)  # above every target, so that signs do not cancel
    assert trainer.advance(steps=1).divergence == Divergence(1, "layer 2", "gradients")


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_diverged_training_stays_stopped_until_it_is_reset(quantity):
    trainer, _ = overflowing(quantity)
    divergence = trainer.advance(steps=20).divergence
    for how in ({}, {"steps": 5}, {"epochs": 1}, {"seconds": 0.1}):
        chunk = trainer.advance(**how)
        assert (chunk.steps, chunk.stopped_by, chunk.divergence) == (0, "diverged", divergence)
    assert trainer.retune(trainer.experiment.replace("optimizer.lr", 0.001))
    cured = quantity == "weights"  # it is the decay that is too large, and it goes with the rate
    assert trainer.advance(steps=5).steps == (5 if cured else 0)
    trainer.reset()
    assert trainer.stopped_by is None
    assert trainer.advance(steps=5).steps == 5


LARGE_RATES = {
    "identity": {"network__activation": "identity"},
    "relu": {"network__activation": "relu", "network__dropout": 0.2},
    "normed": {
        "network__activation": "relu",
        "network__normalization": "batch",
        "network__norm_place": "after",
        "optimizer__momentum": 0.99,
    },
    "deep": {"network__activation": "elu", "network__layers": [Layer(width=8)] * 4},
}


@pytest.mark.parametrize("knobs", LARGE_RATES.values(), ids=LARGE_RATES)
def test_a_rate_of_ten_diverges_and_the_last_finite_state_is_kept(knobs):
    dataset = make_dataset("regression", rows=203)
    trainer, twin = (make_trainer(dataset, optimizer__lr=10.0, **knobs) for _ in range(2))
    chunk = trainer.advance(steps=5000)
    assert chunk.stopped_by == "diverged"
    assert chunk.divergence.step == chunk.steps + 1 == trainer.step + 1
    assert chunk.divergence.layer in trainer.layers
    assert finite(trainer, chunk)
    taken = twin.advance(steps=chunk.steps)
    assert same(taken.loss, chunk.loss)
    assert same(taken.update_ratio, chunk.update_ratio)
    assert same(twin.snapshot().parameters, trainer.snapshot().parameters)
    assert same(twin.snapshot().buffers, trainer.snapshot().buffers)
    assert taken.divergence is None
    assert twin.advance(steps=1).divergence == chunk.divergence


def test_a_divergence_does_not_hang_on_how_training_is_sliced():
    dataset = make_dataset("regression", rows=203)
    whole, sliced = (make_trainer(dataset, optimizer__lr=10.0, network__activation="relu") for _ in range(2))
    divergence = whole.advance(steps=1000).divergence
    while sliced.divergence is None:
        sliced.advance(steps=1)
    assert sliced.divergence == divergence
    assert same(whole.snapshot().parameters, sliced.snapshot().parameters)


@pytest.mark.parametrize(("task", "classes"), [("regression", 0), ("classification", 2), ("classification", 3)])
def test_an_evaluation_that_overflows_is_as_bad_as_can_be_and_finite(task, classes):
    trainer = make_trainer(make_dataset(task, classes), network__activation="identity")
    for i in range(6):
        for j in range(3):
            trainer.set_parameter(0, "weight", (i, j), LARGEST)
        for j in range(5):
            trainer.set_parameter(1, "weight", (j, i), LARGEST)
    evaluation = trainer.evaluate()
    assert evaluation.train_loss == evaluation.validation_loss == LARGEST
    assert np.isfinite(evaluation.train_metrics).all()
    if task == "regression":
        assert evaluation.train_metrics == evaluation.validation_metrics == (-LARGEST, LARGEST)


def test_a_divergence_is_told_in_one_sentence():
    assert (
        str(Divergence(5, "layer 2", "activations"))
        == "diverged at step 5: the activations of layer 2 overflowed first"
    )
    assert str(Divergence(5, "output", "weights")) == "diverged at step 5: the weights of the output overflowed first"
    assert str(Divergence(5, "output", "loss")) == "diverged at step 5: the loss overflowed first"


def test_a_smaller_rate_lets_a_diverged_training_try_again():
    trainer = make_trainer(make_dataset("regression"), optimizer__kind="sgd", optimizer__lr=10.0)
    trainer.advance(steps=500)
    assert trainer.divergence is not None
    experiment = trainer.experiment
    assert trainer.retune(experiment)
    assert trainer.stopped_by == "diverged", "nothing was changed"
    assert trainer.retune(experiment.replace("optimizer.lr", 0.001))
    assert trainer.stopped_by is None
    trainer.reset()
    assert trainer.advance(steps=50).steps == 50


def test_what_comes_after_a_divergence_does_not_hang_on_how_training_was_sliced():
    dataset = make_dataset("regression", rows=203)
    knobs = {"optimizer__lr": 10.0, "network__activation": "relu", "network__dropout": 0.2}
    whole, sliced = (make_trainer(dataset, **knobs) for _ in range(2))
    whole.advance(steps=1000)
    while sliced.divergence is None:
        sliced.advance(steps=1)
    for trainer in (whole, sliced):
        assert trainer.retune(trainer.experiment.replace("optimizer.lr", 1e-4))
    assert same(whole.advance(steps=5), sliced.advance(steps=5))
