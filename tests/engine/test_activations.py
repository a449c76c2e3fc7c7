"""Activation functions against closed forms and torch's modules, and their gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.engine.losses import Head
from nnplayground.engine.network import architecture, forward, initialize, views
from nnplayground.experiment.network import Network
from nnplayground.experiment.style import ActivationName
from tests.engine.conftest import CLOSED_FORMS, NORMS

MODULES = {
    "identity": nn.Identity(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "sine": torch.sin,
}


def test_every_name_is_an_activation_and_tested():
    assert set(ActivationName.__args__) == ACTIVATIONS.keys() == CLOSED_FORMS.keys() == MODULES.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_closed_form(name):
    x = torch.cat([torch.linspace(-15, 15, 3001, dtype=torch.float64), torch.tensor([0.0, -700.0, 700.0])])
    found = ACTIVATIONS[name](x)
    np.testing.assert_allclose(found.numpy(), CLOSED_FORMS[name](x.numpy()), rtol=1e-7, atol=1e-8)
    assert torch.equal(found, MODULES[name](x))
    rough = ACTIVATIONS[name](x.float()).numpy()
    np.testing.assert_allclose(rough, CLOSED_FORMS[name](x.float().double().numpy()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_leaves_its_input_as_it_is(name):
    x = torch.linspace(-3, 3, 7)
    ACTIVATIONS[name](x)
    assert torch.equal(x, torch.linspace(-3, 3, 7))


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_is_that_of_central_differences(name, norm):
    knobs = {knob.removeprefix("network__"): value for knob, value in norm.items()}
    network = Network.model_validate({"layers": [8, 3], "activation": name, **knobs})
    built, chance = architecture(network, 3, 2), torch.Generator().manual_seed(4)
    flat, buffers = (t.double() for t in initialize(built, chance))
    flat += 0.1 * torch.randn(flat.shape, generator=chance)  # biases of zero would put ReLU on its kink
    x = torch.randn(7, 3, generator=chance, dtype=torch.float64)
    y = torch.arange(7) % 2
    head = Head(2, "softmax", "cross_entropy")

    def loss(parameters):
        running = [b.clone() for b in views(buffers, built.layout.buffers)]
        outputs = forward(built, views(parameters, built.layout.parameters), running, x, training=True)
        return head.compute(outputs, y, {})

    leaf = flat.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf), leaf)
    h = 1e-6
    steps = h * torch.eye(len(flat), dtype=torch.float64)
    differences = torch.stack([(loss(flat + step) - loss(flat - step)) / (2 * h) for step in steps])
    torch.testing.assert_close(gradient, differences, rtol=1e-5, atol=1e-8)
