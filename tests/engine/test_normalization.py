"""Normalizations against torch.nn in float64: outputs, gradients, and what training makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from nnplayground.engine.layers.learner import Dense
from nnplayground.engine.layers.normalization import groups_of
from nnplayground.engine.layers.stage import Pass
from nnplayground.engine.layers.unit import Style
from nnplayground.engine.network import architecture, assign, initialize, views
from nnplayground.experiment.network import Network
from tests.engine.conftest import make_dataset, make_trainer

INPUTS, WIDTH, ROWS = 5, 12, 9
MODULES = {
    "batch": lambda: nn.BatchNorm1d(WIDTH),
    "layer": lambda: nn.LayerNorm(WIDTH),
    "group": lambda: nn.GroupNorm(3, WIDTH),
}
float64 = {"dtype": torch.float64}


def style(normalization, place="before"):
    return Style("tanh", "auto", normalization, place, "plain")


def chance(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), **float64)


def given(layer, seed=2):
    """Return random parameters for a layer, of which the lengths are positive, and buffers."""
    parameters = [chance(*owned.shape, seed=seed + i) for i, owned in enumerate(layer.parameters)]
    parameters = [p.abs() + 0.1 if o.role == "length" else p for p, o in zip(parameters, layer.parameters, strict=True)]
    buffers = [chance(*owned.shape, seed=seed + 10 + i).abs() for i, owned in enumerate(layer.buffers)]
    return parameters, buffers


def assert_alike(found, expected, inputs, others):
    """See that two outputs and their gradients by each input, theirs in the same order, are the same."""
    torch.testing.assert_close(found, expected)
    weights = chance(*found.shape, seed=99)
    mine = torch.autograd.grad((found * weights).sum(), inputs)
    theirs = torch.autograd.grad((expected * weights).sum(), others)
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a.view(-1), b.reshape(-1))


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("normalization", MODULES)
@pytest.mark.parametrize("training", [True, False])
def test_a_normalization_is_that_of_torch(normalization, place, training):
    layer = Dense((INPUTS,), (WIDTH,), style(normalization, place))
    parameters, buffers = given(layer)
    linear, norm = nn.Linear(INPUTS, WIDTH, **float64), MODULES[normalization]().double().train(training)
    theirs = [*linear.parameters(), *norm.parameters()]
    for module, values in zip(theirs, parameters, strict=True):
        module.data.copy_(values)
    for module, values in zip((norm.running_mean, norm.running_var) if buffers else (), buffers, strict=True):
        module.copy_(values)
    x = chance(ROWS, INPUTS)
    leaves, other = [v.clone().requires_grad_() for v in (x, *parameters)], x.clone().requires_grad_()
    found = layer(leaves[0], Pass(leaves[1:], buffers, training))
    summed = linear(other)
    expected = torch.tanh(norm(summed)) if place == "before" else norm(torch.tanh(summed))
    assert_alike(found, expected, leaves, [other, *theirs])
    for module, values in zip((norm.running_mean, norm.running_var) if buffers else (), buffers, strict=True):
        torch.testing.assert_close(values, module)


def test_weight_norm_is_that_of_torch():
    layer = Dense((INPUTS,), (WIDTH,), style("weight"))
    parameters, _ = given(layer)
    module = parametrizations.weight_norm(nn.Linear(INPUTS, WIDTH, **float64))
    direction, length, bias = parameters
    module.parametrizations.weight.original1.data.copy_(direction)
    module.parametrizations.weight.original0.data.copy_(length[:, None])
    module.bias.data.copy_(bias)
    x = chance(ROWS, INPUTS)
    leaves, other = [v.clone().requires_grad_() for v in (x, *parameters)], x.clone().requires_grad_()
    weight = module.parametrizations.weight
    theirs = [other, weight.original1, weight.original0, module.bias]
    assert_alike(layer(leaves[0], Pass(leaves[1:], [], True)), torch.tanh(module(other)), leaves, theirs)


@pytest.mark.parametrize(
    ("channels", "groups"), [(1, 1), (4, 1), (6, 1), (7, 1), (8, 2), (12, 3), (16, 4), (32, 8), (64, 8), (100, 5)]
)
def test_group_norm_has_groups_of_several_channels(channels, groups):
    assert groups_of(channels) == groups


def of_weight_norm(**knobs):
    return make_trainer(make_dataset("regression"), network__normalization="weight", **knobs)


def test_with_weight_norm_a_network_begins_as_without():
    normed, plain = of_weight_norm(), make_trainer(make_dataset("regression"))
    x = plain.dataset.train.inputs
    np.testing.assert_allclose(normed.predict(x), plain.predict(x), rtol=1e-5, atol=1e-6)
    for layer in range(len(plain.layers)):
        np.testing.assert_allclose(normed.snapshot().weights(layer), plain.snapshot().weights(layer), rtol=1e-6)


@pytest.mark.parametrize("initializer", ["zeros", "orthogonal"])
def test_with_weight_norm_every_initialization_trains(initializer):
    trainer = of_weight_norm(network__initializer=initializer)
    trainer.advance(steps=20)
    assert np.isfinite(trainer.snapshot().parameters).all()
    assert np.isfinite(trainer.snapshot().weights(0)).all()


def test_the_weights_of_a_snapshot_are_length_times_direction():
    trainer = of_weight_norm()
    trainer.advance(steps=30)
    snapshot, layout = trainer.snapshot(), trainer.built.layout
    for layer in range(2):
        lengths = np.linalg.norm(snapshot.weights(layer), axis=1)
        own = layout.find(layer, "length")
        np.testing.assert_allclose(lengths, np.abs(snapshot.parameters[own.start : own.stop]), rtol=1e-5)


def test_with_weight_norm_l2_is_of_the_same_size_as_without():
    """Half λ times the sum of squared lengths is half λ times the sum of squared weights."""
    steps = {}
    for name, norm in (("normed", "weight"), ("plain", "none")):
        knobs = {"network__normalization": norm, "optimizer": {"kind": "sgd", "lr": 0.001, "momentum": 0.0}}
        for l2 in (0.0, 1.0):
            trainer = make_trainer(make_dataset("regression"), **knobs, regularization__l2=l2)
            trainer.advance(steps=1)
            steps[name, l2] = trainer.snapshot().weights(0)
    shrunk = [steps[name, 0.0] - steps[name, 1.0] for name in ("normed", "plain")]
    np.testing.assert_allclose(*shrunk, rtol=1e-2, atol=2e-6)


@pytest.mark.parametrize("value", [0.25, -3.0, 0.0, 1e30])
def test_with_weight_norm_a_weight_that_is_set_is_that_weight(value):
    trainer = of_weight_norm()
    trainer.advance(steps=5)
    before = trainer.snapshot().weights(0).copy()
    trainer.set_parameter(0, "weight", (2, 1), value)
    expected = before.copy()
    expected[2, 1] = value
    np.testing.assert_allclose(trainer.snapshot().weights(0), expected, rtol=1e-5, atol=1e-6 * max(1, abs(value)))
    before, after = (s.snapshot().parameters for s in (of_weight_norm(), trainer))
    assert np.isfinite(after).all()


def test_a_weight_among_zeros_can_be_set():
    network = Network.model_validate({"layers": [3], "normalization": "weight", "initializer": "zeros"})
    built = architecture(network, 2, 1)
    flat, _ = initialize(built, torch.Generator())
    assign(built.layout, flat, 0, "weight", (1, 0), -2.0)
    direction, length = views(flat, built.layout.parameters)[:2]
    assert torch.equal(direction, torch.tensor([[0.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]))
    assert torch.equal(length, torch.tensor([0.0, 2.0, 0.0]))


@pytest.mark.parametrize("normalization", ["layer", "group", "weight"])
def test_one_sample_is_answered_as_among_others(normalization):
    """Unlike batch norm's, these normalizations look at one sample at a time."""
    trainer = make_trainer(make_dataset(), network__layers=[8], network__normalization=normalization, batches__size=1)
    trainer.advance(steps=30)
    x = trainer.dataset.validation.inputs
    alone = np.concatenate([trainer.predict(row[None]) for row in x])
    np.testing.assert_allclose(alone, trainer.predict(x), rtol=1e-5, atol=1e-6)


def test_a_training_with_weight_norm_is_that_of_torch():
    trainer = make_trainer(
        make_dataset("regression"), network__layers=[6], network__normalization="weight", optimizer__lr=0.05
    )
    layers = [parametrizations.weight_norm(nn.Linear(3, 6, **float64)), nn.Linear(6, 1, **float64)]
    start = views(trainer._state.parameters.double().clone(), trainer.built.layout.parameters)
    weight = layers[0].parametrizations.weight
    theirs = [weight.original1, weight.original0, layers[0].bias, layers[1].weight, layers[1].bias]
    for module, values in zip(theirs, start, strict=True):
        module.data.copy_(values.view(module.shape))
    optimizer = torch.optim.SGD(theirs, 0.05, trainer.experiment.optimizer.momentum)
    part = trainer._setup.train
    losses = []
    for rows in trainer._setup.orders(range(25)):
        outputs = layers[1](torch.tanh(layers[0](part.x.double()[rows])))
        loss = nn.functional.mse_loss(outputs, part.y.double()[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(trainer.advance(steps=25).loss, losses, rtol=1e-4)
