"""Initial weights against what their authors say of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Generator

from nnplayground.engine.initializers import BY_ACTIVATION, VARIANCES, draw
from nnplayground.engine.network import architecture, initialize
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment.network import Network
from nnplayground.experiment.style import ActivationName, InitializerName

OUTPUTS, INPUTS = SHAPE = (400, 300)
EXPECTED = {  # variance of a weight by closed form
    "glorot_normal": 2 / 700,
    "glorot_uniform": 2 / 700,
    "he_normal": 2 / 300,
    "he_uniform": 2 / 300,
    "lecun_normal": 1 / 300,
    "lecun_uniform": 1 / 300,
    "normal": 1.0,
    "uniform": 1 / 3,
}
AUTO = {
    "he_normal": ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus"),
    "lecun_normal": ("selu",),
    "glorot_uniform": ("identity", "sigmoid", "tanh", "sine"),
}


def drawn(name, activation="tanh", shape=SHAPE, seed=0):
    return draw(name, activation, shape, Generator().manual_seed(seed))


def test_every_name_can_be_drawn_and_is_tested():
    assert set(InitializerName.__args__) == {*EXPECTED, "auto", "orthogonal", "zeros"}
    for name in InitializerName.__args__:
        weight = drawn(name)
        assert weight.shape == SHAPE
        assert weight.dtype == torch.float32
        assert torch.isfinite(weight).all()


@pytest.mark.parametrize("name", EXPECTED)
def test_weights_have_the_mean_and_variance_of_their_closed_form(name):
    weight = drawn(name).double().numpy().ravel()
    variance, n = EXPECTED[name], weight.size
    assert abs(weight.mean()) < 5 * np.sqrt(variance / n)
    assert weight.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))  # the variance's own deviation, at most


@pytest.mark.parametrize("name", EXPECTED)
def test_weights_are_distributed_as_their_name_says(name):
    weight, std = drawn(name).double().numpy().ravel(), np.sqrt(EXPECTED[name])
    limit = np.sqrt(3) * std
    uniform = name.endswith("uniform")
    assert (np.abs(weight).max() <= limit) == uniform
    expected = stats.uniform(-limit, 2 * limit) if uniform else stats.norm(0, std)
    assert stats.kstest(weight, expected.cdf).pvalue > 1e-3
    if uniform:
        assert np.abs(weight).max() > 0.999 * limit


@pytest.mark.parametrize("shape", [(400, 300), (300, 400), (8, 8), (1, 5), (5, 1)])
def test_orthogonal_weights_are_orthonormal_along_the_shorter_side(shape):
    weight = drawn("orthogonal", shape=shape).double()
    gram = weight @ weight.T if shape[0] <= shape[1] else weight.T @ weight
    torch.testing.assert_close(gram, torch.eye(min(shape), dtype=torch.float64), rtol=0, atol=1e-5)


def test_zeros_are_zero():
    assert not drawn("zeros").any()


@pytest.mark.parametrize("activation", ActivationName.__args__)
def test_auto_is_the_initializer_that_suits_the_activation(activation):
    name = next(name for name, suits in AUTO.items() if activation in suits)
    assert BY_ACTIVATION[activation] == name
    assert torch.equal(drawn("auto", activation), drawn(name))


@pytest.mark.parametrize("name", [name for name in InitializerName.__args__ if name != "zeros"])
def test_the_same_seed_draws_the_same_and_another_seed_others(name):
    assert torch.equal(drawn(name, seed=3), drawn(name, seed=3))
    assert not torch.equal(drawn(name, seed=3), drawn(name, seed=4))


def test_drawing_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    for name in InitializerName.__args__:
        drawn(name)
    assert torch.equal(torch.get_rng_state(), before)


def test_every_family_has_a_variance():
    families = {name.rsplit("_", 1)[0] for name in EXPECTED if "_" in name}
    assert families == VARIANCES.keys()


def test_a_network_begins_with_drawn_weights_and_biases_of_zero():
    layers = [
        6,
        {"width": 5, "activation": "relu", "initializer": "orthogonal"},
        {"width": 4, "normalization": "batch"},
    ]
    built = architecture(Network.model_validate({"layers": layers, "initializer": "uniform"}), 3, 2)
    flat, buffers = initialize(built, Generator().manual_seed(9))
    snapshot = Snapshot(built.layout, 0, 0, flat.numpy(), buffers.numpy())
    chance = Generator().manual_seed(9)
    wanted = [("uniform", "tanh"), ("orthogonal", "relu"), ("uniform", "tanh"), ("uniform", "identity")]
    for i, (name, activation) in enumerate(wanted):
        weight = draw(name, activation, snapshot.weights(i).shape, chance)
        assert np.array_equal(snapshot.weights(i), weight.numpy())
        assert not snapshot.biases(i).any()
    for role, value in (("scale", 1.0), ("shift", 0.0)):
        tensor = built.layout.find(2, role)
        assert np.array_equal(flat[tensor.start : tensor.stop].numpy(), np.full(4, value))
    assert np.array_equal(buffers.numpy(), [0.0] * 4 + [1.0] * 4)
