"""Probes of single weights and single samples, against a plain network in numpy, in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from torch import nn

from nnplayground.engine.probes import (
    TraceRequest,
    WeightGradientRequest,
    WeightUpdateRequest,
)
from nnplayground.engine.probing import Prober

from .conftest import CLOSED_FORMS, NORMS, forward_in_numpy, make_dataset, make_trainer

STEPS = 12


def probed(dataset, **knobs):
    """A trainer after some steps, its prober, and its snapshot."""
    trainer = make_trainer(dataset, "eager", **knobs)
    first = trainer.snapshot()
    trainer.advance(steps=STEPS)
    return trainer, Prober(trainer.setup, first), trainer.snapshot()


def loss_in_numpy(trainer, snapshot, rows) -> float:
    """The mean loss over training samples, in float64."""
    samples = trainer.dataset.train
    outputs = forward_in_numpy(trainer, snapshot, samples.inputs[rows])[-1]
    if trainer.dataset.task == "regression":
        return float(((outputs[:, 0] - samples.targets[rows]) ** 2).mean())
    return float(-log_softmax(outputs, axis=1)[np.arange(len(rows)), samples.targets[rows]].mean())


# gradients and updates of single weights


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("norm", NORMS)
def test_a_weights_gradient_is_the_slope_of_the_loss(norm, task):
    dataset = make_dataset(task, classes=3)
    trainer, prober, snapshot = probed(dataset, **NORMS[norm])
    found = prober.answer(WeightGradientRequest(), snapshot)
    assert found.samples == len(dataset.train)
    plain, rows, step = snapshot.plain(), np.arange(len(dataset.train)), 1e-3
    for i in np.random.default_rng(0).choice(plain.layout.size, 25, replace=False):
        ends = []
        for side in (step, -step):
            moved = plain.parameters.astype(np.float64)
            moved[i] += side
            ends.append(loss_in_numpy(trainer, replace(plain, parameters=moved), rows))
        slope = (ends[0] - ends[1]) / (2 * step)
        assert found.values.parameters[i] == pytest.approx(slope, rel=2e-3, abs=2e-5)


def test_a_gradient_is_taken_of_a_bounded_sample_spread_over_all():
    trainer, prober, snapshot = probed(make_dataset("classification", classes=3, rows=100))
    found = prober.answer(WeightGradientRequest(limit=10), snapshot)
    assert found.samples == 10
    few = prober.answer(WeightGradientRequest(limit=10), snapshot).values.parameters
    by_hand = replace(trainer.dataset, train=_rows(trainer.dataset.train, np.arange(0, 100, 10)))
    _, other, _ = probed(by_hand)
    np.testing.assert_allclose(other.answer(WeightGradientRequest(), snapshot).values.parameters, few, rtol=1e-6)


def _rows(samples, rows):
    return replace(samples, inputs=samples.inputs[rows], targets=samples.targets[rows], raw=samples.raw[rows])


def test_a_wide_network_answers_for_fewer_samples(monkeypatch):
    trainer, prober, snapshot = probed(make_dataset(rows=100))
    held = sum(stage.widest for stage in trainer.built.stages)
    monkeypatch.setattr("nnplayground.engine.probing.weights.NUMBERS", 20 * held)
    assert prober.answer(WeightGradientRequest(), snapshot).samples == 20


def test_gradients_of_a_network_without_normalization_are_autograds():
    dataset = make_dataset("classification", classes=3, image=(1, 6, 6))
    layers = [{"kind": "conv", "filters": 3}, {"kind": "max_pool"}, {"kind": "flatten"}, 5]
    trainer, prober, snapshot = probed(dataset, network__layers=layers)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 5), nn.Tanh(),
        nn.Linear(5, 3),
    )  # fmt: skip
    for parameter, tensor in zip(model.parameters(), snapshot.layout.parameters, strict=True):
        parameter.data = torch.as_tensor(snapshot.values(tensor).copy())
    x = torch.as_tensor(dataset.train.inputs).view(-1, 1, 6, 6)
    nn.functional.cross_entropy(model(x), torch.as_tensor(dataset.train.targets)).backward()
    expected = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    found = prober.answer(WeightGradientRequest(), snapshot).values.parameters
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert trainer.snapshot().parameters.tolist() == snapshot.parameters.tolist()


@pytest.mark.parametrize("norm", ["none", "weight", "batch before"])
def test_updates_are_the_weights_less_those_at_first(norm):
    _, prober, snapshot = probed(make_dataset(), **NORMS[norm])
    found = prober.answer(WeightUpdateRequest(), snapshot).values
    for layer in range(3):
        expected = snapshot.weights(layer) - prober.first.weights(layer)
        np.testing.assert_allclose(found.weights(layer), expected, rtol=1e-6)
        np.testing.assert_allclose(found.biases(layer), snapshot.biases(layer) - prober.first.biases(layer), rtol=1e-6)
    assert np.abs(found.weights(0)).max() > 0
    assert not prober.answer(WeightUpdateRequest(), prober.first).values.parameters.any()


def test_weights_in_one_piece_are_those_by_direction_and_length():
    _, _, snapshot = probed(make_dataset(), **NORMS["weight"])
    plain = snapshot.plain()
    assert plain.plain() is plain
    assert plain.layout.size < snapshot.layout.size
    for layer in range(3):
        np.testing.assert_array_equal(plain.weights(layer), snapshot.weights(layer))
        np.testing.assert_array_equal(plain.biases(layer), snapshot.biases(layer))


# one sample


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("norm", NORMS)
def test_every_value_of_a_sample_is_that_of_a_plain_network(norm, part):
    dataset = make_dataset("classification", classes=3)
    trainer, prober, snapshot = probed(dataset, **NORMS[norm])
    found = prober.answer(TraceRequest(part, 7), snapshot)
    samples = getattr(dataset, part)
    layers = forward_in_numpy(trainer, snapshot, samples.inputs[7:8])
    for traced, values in zip(found.layers[:-1], layers[:-1], strict=True):
        np.testing.assert_allclose(traced.values, values[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.answer, softmax(layers[-1][0]), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.layers[-1].sums, layers[-1][0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.inputs, samples.inputs[7])
    assert found.target == samples.targets[7]
    assert found.taken == np.argmax(layers[-1][0])


@pytest.mark.parametrize("norm", NORMS)
def test_a_neurons_sum_is_its_weights_times_its_inputs_and_its_activation_is_given_what_is_told(norm):
    dataset = make_dataset()
    trainer, prober, snapshot = probed(dataset, **NORMS[norm])
    found = prober.answer(TraceRequest("train", 3), snapshot)
    given = found.inputs.astype(np.float64)
    for layer, traced in enumerate(found.layers):
        sums = snapshot.weights(layer).astype(np.float64) @ given + snapshot.biases(layer)
        np.testing.assert_allclose(traced.sums, sums, rtol=1e-4, atol=1e-5)
        bent = CLOSED_FORMS["tanh"](traced.bent.astype(np.float64))
        if layer < 2 and not norm.endswith("after"):
            np.testing.assert_allclose(traced.values, bent, rtol=1e-4, atol=1e-5)
        if norm in ("none", "weight") or norm.endswith("after"):
            np.testing.assert_array_equal(traced.bent, traced.sums)
        given = traced.values.astype(np.float64)
    assert trainer.snapshot().buffers.tolist() == snapshot.buffers.tolist()


def test_an_image_leaves_a_map_in_every_channel_and_pooled_ones_too():
    dataset = make_dataset("classification", classes=3, image=(1, 6, 6))
    layers = [{"kind": "conv", "filters": 20}, {"kind": "max_pool"}, {"kind": "residual", "filters": 4}, "flatten", 5]
    layers = [{"kind": layer} if isinstance(layer, str) else layer for layer in layers]
    _, prober, snapshot = probed(dataset, network__layers=layers)
    found = prober.answer(TraceRequest("validation", 2), snapshot)
    assert [layer.values.shape for layer in found.layers] == [(16, 6, 6), (16, 3, 3), (4, 3, 3), (36,), (5,), (3,)]
    x = torch.as_tensor(dataset.validation.inputs[2:3]).view(1, 1, 6, 6)
    weights, biases = (torch.as_tensor(values) for values in (snapshot.weights(0), snapshot.biases(0)))
    maps = torch.tanh(nn.functional.conv2d(x, weights, biases, padding=1))
    np.testing.assert_allclose(found.layers[0].values, maps[0, :16], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.layers[1].values, nn.functional.max_pool2d(maps, 2)[0, :16], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.layers[3].values, found.layers[2].values.ravel())


def test_a_value_is_answered_in_the_targets_own_unit():
    dataset = make_dataset("regression")
    trainer, prober, snapshot = probed(dataset)
    found = prober.answer(TraceRequest("train", 0), snapshot)
    outputs = forward_in_numpy(trainer, snapshot, dataset.train.inputs[:1])[-1]
    assert found.answer[0] == pytest.approx(outputs[0, 0] * 2.5 + 7.0, rel=1e-4)
    assert found.target == pytest.approx(float(dataset.train.targets[0]) * 2.5 + 7.0, rel=1e-6)


def test_a_sample_beyond_the_last_is_the_last_and_a_part_without_samples_has_no_answer():
    dataset = make_dataset()
    _, prober, snapshot = probed(dataset)
    assert prober.answer(TraceRequest("train", 10**6), snapshot).index == len(dataset.train) - 1
    none = replace(prober.setup.dataset, validation=_rows(dataset.validation, np.arange(0)))
    empty = Prober(replace(prober.setup, dataset=none), prober.first)
    assert empty.answer(TraceRequest("validation", 0), snapshot) is None
