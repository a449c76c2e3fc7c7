"""Update rules against torch.optim, step by step."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from nnplayground.engine.optimizers import OPTIMIZERS, hyper_of, slots_for
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.optimizers import SGD, Adam, AdamW, RMSprop
from tests.engine.test_training import torch_optimizer

STEPS = 200
SIZE = 50
KNOBS = [
    SGD(lr=0.1, momentum=0.0),
    SGD(lr=0.1, momentum=0.9),
    SGD(lr=0.1, momentum=0.9, nesterov=True),
    Adam(lr=0.01),
    Adam(lr=0.01, beta1=0.0, beta2=0.5, epsilon=1e-3),
    Adam(lr=0.01, beta1=0.99, beta2=0.99999),
    AdamW(lr=0.01, weight_decay=0.0),
    AdamW(lr=0.01, weight_decay=0.5, beta1=0.7),
    RMSprop(lr=0.01),
    RMSprop(lr=0.01, alpha=0.5, momentum=0.9),
    RMSprop(lr=0.01, alpha=0.0, epsilon=0.1),
]


def gradients(dtype=torch.float64):
    """Gradients of very different sizes, some of them zero."""
    chance = Generator().manual_seed(3)
    sizes = 10.0 ** torch.randint(-6, 3, (SIZE,), generator=chance)
    for _ in range(STEPS):
        here = torch.rand(SIZE, generator=chance) > 0.2
        yield (torch.randn(SIZE, generator=chance, dtype=torch.float64) * sizes * here).to(dtype)


def start(dtype=torch.float64):
    return torch.randn(SIZE, generator=Generator().manual_seed(1), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_an_update_is_that_of_torch_optim(knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    update, slots = OPTIMIZERS[knobs.kind][0], slots_for(knobs.kind, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for gradient in gradients():
        reference.grad = gradient.clone()
        optimizer.step()
        update(parameters, gradient, slots, knobs.lr, hyper_of(knobs))
        torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_updates_in_float32_stay_near_those_of_torch_optim(knobs):
    parameters, reference = start(torch.float32), torch.nn.Parameter(start(torch.float32))
    update, slots = OPTIMIZERS[knobs.kind][0], slots_for(knobs.kind, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for gradient in gradients(torch.float32):
        reference.grad = gradient.clone()
        optimizer.step()
        update(parameters, gradient, slots, knobs.lr, hyper_of(knobs))
        assert (parameters - reference.detach()).norm() <= 1e-5 * reference.detach().norm()


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_hyperparameters_may_be_tensors(knobs):
    """A step that is compiled once takes them as inputs."""
    plain, tensors = start(), start()
    update = OPTIMIZERS[knobs.kind][0]
    of_plain, of_tensors = slots_for(knobs.kind, plain), slots_for(knobs.kind, tensors)
    hyper = {k: v if isinstance(v, bool) else torch.tensor(v, dtype=torch.float64) for k, v in hyper_of(knobs).items()}
    lr = torch.tensor(knobs.lr, dtype=torch.float64)
    for gradient in gradients():
        update(plain, gradient, of_plain, knobs.lr, hyper_of(knobs))
        update(tensors, gradient, of_tensors, lr, hyper)
    torch.testing.assert_close(tensors, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_the_rate_may_change_between_updates(knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    update, slots = OPTIMIZERS[knobs.kind][0], slots_for(knobs.kind, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for i, gradient in enumerate(gradients()):
        rate = knobs.lr / (1 + i)
        reference.grad, optimizer.param_groups[0]["lr"] = gradient.clone(), rate
        optimizer.step()
        update(parameters, gradient, slots, rate, hyper_of(knobs))
    torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_update_leaves_the_gradient_as_it_is(kind):
    parameters, gradient = start(), next(gradients())
    before = gradient.clone()
    knobs = kinds("optimizer")[kind]()
    OPTIMIZERS[kind][0](parameters, gradient, slots_for(kind, parameters), knobs.lr, hyper_of(knobs))
    assert torch.equal(gradient, before)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_rate_of_zero_moves_nothing(kind):
    parameters = start()
    slots, knobs = slots_for(kind, parameters), kinds("optimizer")[kind]()
    for gradient in gradients():
        OPTIMIZERS[kind][0](parameters, gradient, slots, 0.0, hyper_of(knobs))
    assert torch.equal(parameters, start())


def test_every_kind_of_optimizer_has_a_rule_and_is_tested():
    assert OPTIMIZERS.keys() == kinds("optimizer").keys() == {knobs.kind for knobs in KNOBS}


def test_slots_share_no_memory():
    for kind in OPTIMIZERS:
        slots = slots_for(kind, start())
        assert len({slot.data_ptr() for slot in slots.values()}) == len(slots)
        assert all(not slot.any() for slot in slots.values())
