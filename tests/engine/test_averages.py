"""Averages of weights against torch.optim.swa_utils and closed forms, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from nnplayground.engine import Trainer
from nnplayground.engine.averages import EACH_EPOCH, EACH_STEP
from nnplayground.experiment.catalogue import kinds
from tests.engine.conftest import NORMS, forward_in_numpy, make_dataset, make_trainer, same
from tests.engine.reference import TASKS, assert_same_training, trainer_of

AVERAGINGS = {
    "ema": {"kind": "ema", "decay": 0.9},
    "ema of the last": {"kind": "ema", "decay": 0.0},
    "ema of nearly all": {"kind": "ema", "decay": 0.9999},
    "swa": {"kind": "swa", "start": 3},
    "swa from the first": {"kind": "swa", "start": 1},
    "swa of nothing": {"kind": "swa", "start": 50},
    "swa at its own rate": {"kind": "swa", "start": 4, "rate": 0.06},
}
every_averaging = pytest.mark.parametrize("averaging", AVERAGINGS.values(), ids=AVERAGINGS)
every_task = pytest.mark.parametrize("task", TASKS)


def test_every_kind_of_averaging_is_there():
    assert {*EACH_STEP, *EACH_EPOCH} == kinds("averaging").keys() - {"none"}


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
@every_averaging
@every_task
def test_the_second_model_is_that_of_torch(task, averaging, norm):
    trainer = trainer_of(task, averaging=averaging, **NORMS[norm])
    reference, chunk = assert_same_training(trainer)
    assert len(chunk.averaged_validation_loss) == len(chunk.epoch) == 10
    assert chunk.averaged_validation_metrics.shape == chunk.validation_metrics.shape
    started = averaging["kind"] == "ema" or averaging["start"] <= 10
    model = reference.averaged.module if started else reference.blocks
    snapshot = trainer.snapshot("average")
    if averaging["kind"] == "swa" and not started:  # then it is the network at the last epoch's end
        return
    flat = nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
    np.testing.assert_allclose(snapshot.parameters, flat, rtol=1e-9, atol=1e-7)
    update_bn([torch.as_tensor(trainer.dataset.train.inputs)], model)
    named = {name: buffer.numpy() for name, buffer in model.named_buffers() if "running" in name}
    assert len(named) == len(snapshot.layout.buffers)
    for tensor, expected in zip(snapshot.layout.buffers, named.values(), strict=True):
        np.testing.assert_allclose(snapshot.buffers[tensor.start : tensor.stop], expected, rtol=1e-9, atol=1e-9)


@every_averaging
@every_task
def test_what_is_told_of_the_second_model_is_what_its_snapshot_answers(task, averaging):
    trainer = make_trainer(make_dataset(*TASKS[task]), averaging=averaging, network__normalization="batch")
    chunk = trainer.advance(epochs=5)
    dataset, snapshot = trainer.dataset, trainer.snapshot("average")
    outputs = forward_in_numpy(trainer, snapshot, dataset.validation.inputs)[-1]
    if dataset.task == "regression":
        residual = np.mean((outputs[:, 0] - dataset.validation.targets) ** 2)
        expected = residual, 1 - residual / np.var(dataset.validation.targets)
    else:
        answers = trainer.head.probabilities(torch.as_tensor(outputs)).numpy()
        truth = answers[np.arange(len(answers)), dataset.validation.targets]
        expected = -np.log(truth).mean(), np.mean(answers.argmax(axis=1) == dataset.validation.targets)
    assert chunk.averaged_validation_loss[-1] == pytest.approx(expected[0], rel=1e-4)
    assert chunk.averaged_validation_metrics[-1, 0] == pytest.approx(expected[1], rel=1e-4)
    evaluation = trainer.evaluate()
    assert evaluation.averaged_validation_loss == pytest.approx(expected[0], rel=1e-4)
    assert evaluation.averaged_validation_metrics[0] == pytest.approx(expected[1], rel=1e-4)


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@every_averaging
def test_averaging_leaves_the_network_as_it_is_trained(averaging, executor):
    knobs = {"network__normalization": "batch", "network__dropout": 0.2, "executor": executor}
    if "rate" in averaging:
        return
    plain, averaged = (make_trainer(make_dataset(), **knobs, averaging=a) for a in ({"kind": "none"}, averaging))
    alone, chunk = plain.advance(steps=40), averaged.advance(steps=40)
    assert same(chunk.loss, alone.loss)
    assert same(chunk.validation_loss, alone.validation_loss)
    assert same(averaged.snapshot().parameters, plain.snapshot().parameters)
    assert same(averaged.snapshot().buffers, plain.snapshot().buffers)
    assert alone.averaged_validation_loss is None
    assert alone.averaged_validation_metrics is None


def test_an_average_is_a_closed_form_of_the_weights_on_the_way():
    trainers = {kind: make_trainer(make_dataset(), averaging=AVERAGINGS[kind]) for kind in ("ema", "swa")}
    steps, ends = [], []
    for step in range(30):
        for trainer in trainers.values():
            trainer.advance(steps=1)
        steps.append(trainers["ema"].snapshot().parameters.astype(np.float64))
        if (step + 1) % 5 == 0:
            ends.append(steps[-1])
    weights = np.array([0.9**29, *(0.1 * 0.9 ** (29 - i) for i in range(1, 30))])
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(trainers["ema"].snapshot("average").parameters, weights @ steps, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(trainers["swa"].snapshot("average").parameters, np.mean(ends[2:], axis=0), atol=1e-6)


def test_the_rate_of_swa_holds_from_its_first_epoch_on_whatever_the_schedule_says():
    knobs = {"schedule": {"kind": "cosine", "epochs": 6}, "optimizer__lr": 0.1}
    plain = make_trainer(make_dataset(), **knobs).advance(epochs=6).lr
    swa = (
        make_trainer(make_dataset(), **knobs, averaging={"kind": "swa", "start": 4, "rate": 0.05}).advance(epochs=6).lr
    )
    np.testing.assert_array_equal(swa[:15], plain[:15])
    np.testing.assert_array_equal(swa[15:], np.float32(0.05))
    left = make_trainer(make_dataset(), **knobs, averaging={"kind": "swa", "start": 4}).advance(epochs=6).lr
    np.testing.assert_array_equal(left, plain)


def test_the_decay_may_be_turned_while_training():
    trainer = make_trainer(make_dataset(), averaging={"kind": "ema", "decay": 0.9})
    trainer.advance(steps=10)
    before = trainer.snapshot("average").parameters.astype(np.float64)
    assert trainer.retune(trainer.experiment.replace("averaging.decay", 0.5))
    trainer.advance(steps=1)
    now = trainer.snapshot().parameters
    np.testing.assert_allclose(trainer.snapshot("average").parameters, (before + now) / 2, atol=1e-6)


def test_averaging_may_begin_earlier_or_later_than_was_said():
    trainer = make_trainer(make_dataset(), averaging={"kind": "swa", "start": 2})
    ends = []
    for start in (2, 2, 2, 6, 5, 5):  # at the ends of epochs 1 to 6
        trainer.retune(trainer.experiment.replace("averaging.start", start))
        trainer.advance(epochs=1)
        ends.append(trainer.snapshot().parameters.astype(np.float64))
        first = {2: 1, 6: len(ends) - 1, 5: 4}[start] if len(ends) > 1 else 0
        expected = np.mean(ends[first:], axis=0)
        np.testing.assert_allclose(trainer.snapshot("average").parameters, expected, atol=1e-6)


@every_averaging
def test_a_frozen_layer_keeps_its_statistics_in_the_second_model_too(averaging):
    layers = [{"width": 5, "normalization": "batch"}, {"width": 4, "normalization": "batch"}]
    trainer = make_trainer(make_dataset(), network__layers=layers, averaging=averaging)
    trainer.advance(epochs=3)
    assert trainer.retune(trainer.experiment.replace("network.layers.0.frozen", True))
    trainer.advance(epochs=3)
    now, average = trainer.snapshot(), trainer.snapshot("average")
    np.testing.assert_array_equal(average.buffers[:10], now.buffers[:10])
    assert (average.buffers[10:] != now.buffers[10:]).all()


@every_averaging
def test_the_same_again_to_the_bit_after_a_reset_and_from_a_saved_state(averaging):
    trainer = make_trainer(make_dataset(), network__normalization="batch", averaging=averaging)
    history = trainer.advance(steps=40)
    trainer.reset()
    assert same(trainer.advance(steps=40), history)
    trainer.reset()
    trainer.advance(steps=13)
    other = Trainer(trainer.experiment, device="cpu", dataset=trainer.dataset)
    other.load_state_dict(trainer.state_dict())
    assert same(other.advance(steps=27), trainer.advance(steps=27))
    assert same(other.snapshot("average").parameters, trainer.snapshot("average").parameters)
    assert same(other.snapshot("average").buffers, trainer.snapshot("average").buffers)


def test_without_averaging_the_average_is_the_network():
    trainer = make_trainer(make_dataset(), network__normalization="batch")
    trainer.advance(steps=7)
    assert same(trainer.snapshot("average").parameters, trainer.snapshot().parameters)
    assert same(trainer.snapshot("average").buffers, trainer.snapshot().buffers)
