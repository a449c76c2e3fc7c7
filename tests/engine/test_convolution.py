"""Layers of images against torch.nn in float64, alone and in networks that are trained."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest
import torch
from torch import nn

from nnplayground.engine import Population, Trainer
from nnplayground.engine.layers.building import stage
from nnplayground.engine.layers.stage import Pass
from nnplayground.engine.network import architecture, forward, initialize, views
from nnplayground.engine.noise import Noise
from nnplayground.engine.probes import HistogramRequest, PredictionRequest, ResponseRequest
from nnplayground.engine.probing import Prober
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.network import Network
from tests.engine.conftest import in_doubles, make_dataset, make_experiment, make_trainer

ROWS = 5
SHAPE = (3, 9, 7)
float64 = {"dtype": torch.float64}


def chance(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), **float64)


def made(values, shape=SHAPE, **network):
    """Return a layer as it is computed, by its values."""
    whole = Network.model_validate({"layers": [values], "activation": "tanh", **network})
    return stage(whole.resolved(0), shape, whole.shapes(shape)[0])


def given(layer, seed=2):
    """Return random parameters for a layer, lengths positive, and buffers."""
    owned = getattr(layer, "parameters", ())
    parameters = [chance(*o.shape, seed=seed + i) / max(1, prod(o.shape[1:])) ** 0.5 for i, o in enumerate(owned)]
    parameters = [p.abs() + 0.1 if o.role.endswith("length") else p for p, o in zip(parameters, owned, strict=True)]
    buffers = [chance(*o.shape, seed=seed + 50 + i).abs() + 0.1 for i, o in enumerate(getattr(layer, "buffers", ()))]
    return parameters, buffers


def assert_alike(layer, module, *, training=True):
    """See that a layer is a module whose parameters, in their order, are the same: outputs, gradients, statistics."""
    parameters, buffers = given(layer)
    module = module.double().train(training)
    theirs = list(module.parameters())
    statistics = [b for name, b in module.named_buffers() if not name.endswith("num_batches_tracked")]
    for target, values in zip([*theirs, *statistics], [*parameters, *buffers], strict=True):
        target.data.copy_(values.reshape(target.shape))
    x = chance(ROWS, *layer.given)
    leaves, other = [v.clone().requires_grad_() for v in (x, *parameters)], x.clone().requires_grad_()
    flat = layer(leaves[0].flatten(1), Pass(leaves[1:], [b.clone() for b in buffers], training))
    found, expected = layer(leaves[0], Pass(leaves[1:], buffers, training)), module(other)
    for mine, its in zip(buffers, statistics, strict=True):
        torch.testing.assert_close(mine, its)
    assert found.shape == (ROWS, *layer.gives)
    torch.testing.assert_close(found, expected)
    assert torch.equal(found, flat), "it is the same for images that come flat"
    weights = chance(*found.shape, seed=99)
    mine = torch.autograd.grad((found * weights).sum(), leaves)
    expected = torch.autograd.grad((module(other) * weights).sum(), [other, *theirs])
    for a, b in zip(mine, expected, strict=True):
        torch.testing.assert_close(a, b.reshape(a.shape))


CONVOLUTIONS = [
    {"filters": 4},
    {"filters": 1, "kernel": 1},
    {"filters": 5, "kernel": 5, "stride": 2},
    {"filters": 4, "kernel": 3, "stride": 4},
    {"filters": 4, "kernel": 7, "padding": "valid"},
    {"filters": 2, "kernel": 5, "stride": 3, "padding": "valid"},
]


@pytest.mark.parametrize("knobs", CONVOLUTIONS, ids=str)
def test_a_convolution_is_that_of_torch(knobs):
    layer = made({"kind": "conv", **knobs})
    kernel, stride = knobs.get("kernel", 3), knobs.get("stride", 1)
    padding = 0 if "padding" in knobs else kernel // 2
    module = nn.Conv2d(SHAPE[0], knobs["filters"], kernel, stride, padding)
    assert_alike(layer, nn.Sequential(module, nn.Tanh()))


NORMS = {"batch": nn.BatchNorm2d, "layer": lambda c: nn.GroupNorm(1, c), "group": lambda c: nn.GroupNorm(2, c)}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("norm", NORMS)
def test_a_normalized_convolution_is_that_of_torch(norm, place, training):
    layer = made({"kind": "conv", "filters": 8, "normalization": norm, "norm_place": place})
    parts = [NORMS[norm](8), nn.Tanh()]
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *(parts if place == "before" else parts[::-1]))
    assert_alike(layer, module, training=training)


def test_a_convolution_with_weight_norm_is_that_of_torch():
    layer = made({"kind": "conv", "filters": 4, "normalization": "weight"})
    (direction, length, bias), _ = given(layer)
    module = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3, padding=1).double())
    module.parametrizations.weight.original1.data.copy_(direction)
    module.parametrizations.weight.original0.data.copy_(length.view(-1, 1, 1, 1))
    module.bias.data.copy_(bias)
    x = chance(ROWS, *SHAPE)
    found = layer(x, Pass([direction, length, bias], [], True))
    torch.testing.assert_close(found, torch.tanh(module(x)))


POOLS = {
    "max 2": ({"kind": "max_pool"}, nn.MaxPool2d(2)),
    "max 3 by 1": ({"kind": "max_pool", "size": 3, "stride": 1}, nn.MaxPool2d(3, 1)),
    "average 2": ({"kind": "average_pool"}, nn.AvgPool2d(2)),
    "average 4 by 3": ({"kind": "average_pool", "size": 4, "stride": 3}, nn.AvgPool2d(4, 3)),
    "average 1 by 4": ({"kind": "average_pool", "size": 1, "stride": 4}, nn.AvgPool2d(1, 4)),
    "global": ({"kind": "global_pool"}, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
    "flatten": ({"kind": "flatten"}, nn.Flatten()),
    "resize": ({"kind": "resize", "side": 13}, nn.Upsample((13, 13), mode="bilinear")),
    "resize to less": ({"kind": "resize", "side": 4}, nn.Upsample((4, 4), mode="bilinear")),
}


@pytest.mark.parametrize(("values", "module"), POOLS.values(), ids=POOLS)
def test_a_layer_that_learns_nothing_is_that_of_torch(values, module):
    assert_alike(made(values), module)


def test_a_dense_layer_takes_an_image_as_it_is():
    assert_alike(made({"width": 6}), nn.Sequential(nn.Flatten(), nn.Linear(prod(SHAPE), 6), nn.Tanh()))


def test_every_kind_is_built():
    for kind, model in kinds("layers").items():
        layer = stage(Network(layers=(model(),)).resolved(0), (4, 8, 8), model().gives((4, 8, 8), ""))
        assert layer.given == (4, 8, 8), kind
        assert layer.widest >= prod(layer.given)


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "lecun_normal", "orthogonal"])
def test_filters_are_drawn_as_by_torch(initializer):
    network = Network.model_validate({"layers": [{"kind": "conv", "filters": 64, "kernel": 5}]})
    network = network.model_copy(update={"initializer": initializer})
    built = architecture(network, 32 * 8 * 8, 2, (32, 8, 8))
    flat, _ = initialize(built, torch.Generator().manual_seed(1))
    weight = views(flat, built.layout.parameters)[0]
    assert weight.shape == (64, 32, 5, 5)
    if initializer == "orthogonal":
        rows = weight.flatten(1).double()
        torch.testing.assert_close(rows @ rows.T, torch.eye(64, dtype=torch.float64), rtol=0, atol=1e-5)
        return
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weight)
    variance = {"he": 2 / fan_in, "glorot": 2 / (fan_in + fan_out), "lecun": 1 / fan_in}[initializer.split("_")[0]]
    assert float(weight.var()) == pytest.approx(variance, rel=0.05)


# networks

IMAGE = (1, 8, 8)
LENET = [
    {"kind": "conv", "filters": 4, "kernel": 5},
    {"kind": "max_pool"},
    {"kind": "conv", "filters": 6, "padding": "valid"},
    {"kind": "flatten"},
    {"width": 8},
]
NETWORKS = {
    "plain": {"network__layers": LENET},
    "batch norm": {"network__layers": LENET, "network__normalization": "batch", "network__activation": "relu"},
    "group norm": {"network__layers": [{"kind": "conv", "filters": 8}], "network__normalization": "group"},
    "layer norm": {"network__layers": LENET, "network__normalization": "layer", "network__norm_place": "after"},
    "weight norm": {"network__layers": LENET, "network__normalization": "weight", "regularization__l2": 0.01},
    "dropout": {"network__layers": LENET, "network__dropout": 0.3, "network__input_dropout": 0.1},
    "average": {"network__layers": [{"kind": "conv", "stride": 2}, {"kind": "average_pool"}, {"kind": "global_pool"}]},
    "residual": {
        "network__layers": [{"kind": "residual", "filters": 4}, {"kind": "residual", "filters": 6, "stride": 2}],
        "network__normalization": "batch",
    },
    "inception": {"network__layers": [{"kind": "inception"}, {"kind": "global_pool"}], "network__dropout": 0.2},
    "mbconv": {
        "network__layers": [{"kind": "mbconv"}, {"kind": "mbconv", "stride": 2, "kernel": 5}, {"kind": "global_pool"}],
        "network__normalization": "batch",
        "network__activation": "silu",
    },
    "weight norm in blocks": {
        "network__layers": [{"kind": "residual"}, {"kind": "inception"}, {"kind": "mbconv"}],
        "network__normalization": "weight",
        "regularization__l1": 0.001,
    },
    "resized": {"network__layers": [{"kind": "resize", "side": 11}, {"kind": "conv", "filters": 3}, 4]},
}


def images(rows=60, **knobs):
    return make_dataset(classes=3, image=IMAGE, rows=rows, **knobs)


def pair(**knobs):
    return [make_trainer(images(), executor=name, **{"optimizer__lr": 0.01, **knobs}) for name in ("compiled", "eager")]


@pytest.mark.parametrize("knobs", NETWORKS.values(), ids=NETWORKS)
def test_compiled_steps_are_plain_ones(knobs):
    compiled, eager = pair(**knobs)
    assert (compiled.executor, compiled.executor_note) == ("compiled", "")
    first, second = compiled.advance(steps=30), eager.advance(steps=30)
    for name in ("loss", "gradient_norm", "update_ratio", "train_loss", "validation_loss"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-3, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(compiled.snapshot().parameters, eager.snapshot().parameters, rtol=1e-3, atol=1e-5)
    assert first.gradient_norm.shape == (30, len(compiled.layers))
    assert (first.gradient_norm > 0).all()


@pytest.mark.parametrize("knobs", NETWORKS.values(), ids=NETWORKS)
def test_members_of_a_population_are_trainers(doubles, knobs):
    dataset = in_doubles(images())
    experiment = make_experiment(dataset, **{"optimizer__lr": 0.01, **knobs})
    population = Population(experiment, over="seeds.model", values=[1, 2, 3], device="cpu", dataset=dataset)
    assert population.executor_note == ""
    assert len(population.groups) == 1
    chunk = population.advance(steps=12)
    for i, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu", dataset=dataset, executor="eager")
        alone = trainer.advance(steps=12)
        np.testing.assert_allclose(chunk.loss[:, i], alone.loss, rtol=1e-5)
        np.testing.assert_allclose(chunk.gradient_norm[:, i], alone.gradient_norm, rtol=1e-4)
        np.testing.assert_allclose(
            population.snapshot(i).parameters, trainer.snapshot().parameters, rtol=1e-7, atol=1e-9
        )
        np.testing.assert_allclose(population.snapshot(i).buffers, trainer.snapshot().buffers, rtol=1e-7, atol=1e-9)


def test_networks_that_differ_in_pooling_alone_are_not_computed_together():
    layers = [[{"kind": "conv"}, {"kind": name}, {"kind": "global_pool"}] for name in ("max_pool", "average_pool")]
    dataset = images()
    population = Population(
        make_experiment(dataset), over="network.layers", values=layers, device="cpu", dataset=dataset
    )
    assert len(population.groups) == 2
    assert population.layers == ("layer 1", "output")


def test_a_training_is_that_of_plain_pytorch(doubles):
    dataset = in_doubles(images())
    trainer = make_trainer(dataset, network__layers=LENET, optimizer__lr=0.05, optimizer__momentum=0.8)
    layers = [nn.Conv2d(1, 4, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.Tanh(), nn.Flatten()]
    module = nn.Sequential(*layers, nn.Linear(24, 8), nn.Tanh(), nn.Linear(8, 3))
    nn.utils.vector_to_parameters(torch.as_tensor(trainer.snapshot().parameters), module.parameters())
    optimizer = torch.optim.SGD(module.parameters(), 0.05, 0.8)
    part, losses, norms = trainer._setup.train, [], []
    learning = [layer for layer in module if list(layer.parameters())]
    for rows in trainer._setup.orders(range(40)):
        loss = nn.functional.cross_entropy(module(part.x[rows].view(-1, *IMAGE)), part.y[rows])
        optimizer.zero_grad()
        loss.backward()
        own = [torch.cat([p.grad.flatten() for p in layer.parameters()]) for layer in learning]
        norms.append([float(gradient.norm()) for gradient in own])
        optimizer.step()
        losses.append(loss.item())
    chunk = trainer.advance(steps=40)
    np.testing.assert_allclose(chunk.loss, losses, rtol=1e-5)
    np.testing.assert_allclose(chunk.gradient_norm, norms, rtol=1e-4)
    assert trainer.layers == ("layer 1", "layer 3", "layer 5", "output")


def test_dropout_silences_whole_channels():
    network = Network.model_validate({"layers": [{"kind": "conv", "filters": 6}], "activation": "sigmoid"})
    built = architecture(network, 64, 2, IMAGE)
    draw = next(draw for draw in built.draws if draw.term == "dropout.1")
    assert draw.width == 6
    flat, _ = initialize(built, torch.Generator().manual_seed(1))
    x = chance(500, 64).float()
    uniform = torch.rand(500, 6, generator=torch.Generator().manual_seed(2))
    kept = []
    noise = Noise({"uniform": uniform}, {"dropout.1": torch.tensor(0.4)})
    forward(built, views(flat, built.layout.parameters), [], x, training=True, noise=noise, kept=kept)
    channels = kept[0].view(500, 6, 64)
    assert torch.equal((channels == 0).all(dim=2), uniform < 0.4)
    assert torch.equal((channels != 0).all(dim=2), uniform >= 0.4)


def test_a_divergence_names_the_convolution_that_overflowed():
    trainer = make_trainer(images(), network__layers=LENET, network__activation="identity")
    trainer.set_parameter(1, "weight", (2, 3, 1, 1), 3e38)
    chunk = trainer.advance(steps=5)
    assert chunk.steps == 0
    assert str(chunk.divergence) == "diverged at step 1: the activations of layer 3 overflowed first"


@pytest.mark.parametrize("norm", ["none", "weight"])
def test_one_weight_of_a_filter_can_be_set(norm):
    trainer = make_trainer(images(), network__layers=LENET, network__normalization=norm)
    before = trainer.snapshot().weights(1).copy()
    trainer.set_parameter(1, "weight", (2, 3, 0, 1), -0.75)
    before[2, 3, 0, 1] = -0.75
    np.testing.assert_allclose(trainer.snapshot().weights(1), before, rtol=1e-5, atol=1e-7)


# probes


def probed(**knobs):
    trainer = make_trainer(images(), network__layers=LENET, **knobs)
    first = trainer.snapshot()
    trainer.advance(steps=10)
    return trainer, Prober(trainer.setup, first)


def test_of_an_image_each_channel_answers_with_its_mean():
    trainer, prober = probed()
    found = prober.answer(ResponseRequest(5, 16), trainer.snapshot())
    assert [layer.shape for layer in found.layers] == [(4, 5, 5), (6, 5, 5), (8, 5, 5), (3, 5, 5)]
    validation = trainer.dataset.validation
    rows = np.argsort(validation.targets[:25], kind="stable")
    x = torch.as_tensor(validation.inputs[rows]).view(-1, *IMAGE)
    snapshot = trainer.snapshot()
    weights, biases = torch.as_tensor(snapshot.weights(0)), torch.as_tensor(snapshot.biases(0))
    channels = torch.tanh(nn.functional.conv2d(x, weights, biases, padding=2)).mean(dim=(2, 3))
    np.testing.assert_allclose(found.layers[0].reshape(4, -1), channels.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", ["none", "weight"])
def test_histograms_hold_every_weight_of_a_filter(norm):
    trainer, prober = probed(network__normalization=norm)
    histograms = prober.answer(HistogramRequest(10), trainer.snapshot()).layers
    assert [h.counts.sum() for h in histograms] == [4 * 25, 6 * 4 * 9, 8 * 24, 3 * 8]
    assert histograms[1].mean == pytest.approx(float(trainer.snapshot().weights(1).mean(dtype=np.float64)))


def test_predictions_of_many_images_are_made_in_pieces(monkeypatch):
    trainer, prober = probed()
    whole = prober.answer(PredictionRequest(60), trainer.snapshot())
    monkeypatch.setattr("nnplayground.engine.evaluation.NUMBERS", 7 * trainer.built.widest)
    assert trainer.built.widest == 64 + 4 * 64
    again = prober.answer(PredictionRequest(60), trainer.snapshot())
    np.testing.assert_allclose(again.train, whole.train, rtol=1e-5)
    np.testing.assert_allclose(again.validation, whole.validation, rtol=1e-5)


# what does not fit


def test_images_whose_size_only_loading_tells_are_checked_then():
    experiment = Experiment().replace_all({"data": {"kind": "digits"}, "network.layers": LENET})
    smaller = replace(make_dataset(classes=10, image=(1, 2, 2), rows=40), title="smaller")
    with pytest.raises(ExperimentError, match=r"^network.layers.2.kernel = 3 does not fit an image of 1×1; allowed"):
        Trainer(experiment.replace("batches.size", 8), device="cpu", dataset=smaller)
    flat = make_dataset(classes=10, inputs=4, rows=40)
    with pytest.raises(ExperimentError, match=r"^network.layers.0.kind = 'conv' needs an image, and is given 4 "):
        Trainer(experiment.replace("batches.size", 8), device="cpu", dataset=flat)
