"""Update rules against torch.optim, step by step."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from nnplayground.engine import fused
from nnplayground.engine.optimizers import RULES, hyper_of, rule_of, slots_for
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


def tensors(knobs):
    """Rate and hyperparameters as a step has them."""
    hyper = {name: torch.tensor(value, dtype=torch.float64) for name, value in hyper_of(knobs).items()}
    return torch.tensor(knobs.lr, dtype=torch.float64), hyper


def plain(knobs, parameters):
    """Return a function that applies the rule as tensor code, and its slots."""
    rule = rule_of(knobs)
    slots = slots_for(rule, parameters)

    def apply(gradient, lr):
        slots["t"].add_(1)
        RULES[rule].update(parameters, gradient, slots, lr, tensors(knobs)[1])

    return apply, slots


def by_kernel(knobs, parameters):
    """The same, by PyTorch's fused kernel."""
    rule = rule_of(knobs)
    slots = slots_for(rule, parameters)

    def apply(gradient, lr):
        slots["t"].add_(1)
        given = {"parameters": parameters, "gradient": gradient, "lr": lr, **slots, **tensors(knobs)[1]}
        fused.update(rule, given)

    return apply, slots


WAYS = [(plain, knobs) for knobs in KNOBS] + [(by_kernel, knobs) for knobs in KNOBS if rule_of(knobs) in fused.KERNELS]
every_way = pytest.mark.parametrize(("way", "knobs"), WAYS, ids=[f"{way.__name__} {knobs}" for way, knobs in WAYS])


@every_way
def test_an_update_is_that_of_torch_optim(way, knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    apply, _ = way(knobs, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for gradient in gradients():
        reference.grad = gradient.clone()
        optimizer.step()
        apply(gradient, tensors(knobs)[0])
        torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


@every_way
def test_updates_in_float32_stay_near_those_of_torch_optim(way, knobs):
    parameters, reference = start(torch.float32), torch.nn.Parameter(start(torch.float32))
    apply, _ = way(knobs, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for gradient in gradients(torch.float32):
        reference.grad = gradient.clone()
        optimizer.step()
        apply(gradient, tensors(knobs)[0])
        assert (parameters - reference.detach()).norm() <= 1e-5 * reference.detach().norm()


@every_way
def test_the_rate_may_change_between_updates(way, knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    apply, _ = way(knobs, parameters)
    optimizer = torch_optimizer(knobs, [reference])
    for i, gradient in enumerate(gradients()):
        rate = knobs.lr / (1 + i)
        reference.grad, optimizer.param_groups[0]["lr"] = gradient.clone(), rate
        optimizer.step()
        apply(gradient, torch.tensor(rate, dtype=torch.float64))
    torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_a_rule_may_be_applied_piece_by_piece_and_to_networks_side_by_side(knobs):
    whole, stacked = start(), torch.stack([start(), start()])
    apply, _ = plain(knobs, whole)
    rule, lr, hyper = rule_of(knobs), *tensors(knobs)
    slots = slots_for(rule, stacked)
    for gradient in gradients():
        apply(gradient, lr)
        slots["t"].add_(1)
        for piece in (slice(0, 20), slice(20, SIZE)):
            parts = {name: slot if name == "t" else slot[:, piece] for name, slot in slots.items()}
            RULES[rule].update(stacked[:, piece], gradient[piece].expand(2, -1), parts, lr.expand(2, 1), hyper)
    torch.testing.assert_close(stacked, torch.stack([whole, whole]), rtol=1e-12, atol=1e-12)


@every_way
def test_an_update_leaves_the_gradient_as_it_is(way, knobs):
    gradient = next(gradients())
    before = gradient.clone()
    way(knobs, start())[0](gradient, tensors(knobs)[0])
    assert torch.equal(gradient, before)


@every_way
def test_a_rate_of_zero_moves_nothing(way, knobs):
    parameters = start()
    apply, _ = way(knobs, parameters)
    for gradient in gradients():
        apply(gradient, torch.tensor(0.0, dtype=torch.float64))
    assert torch.equal(parameters, start())


def test_every_kind_of_optimizer_has_a_rule_and_is_tested():
    assert {rule_of(kind()) for kind in kinds("optimizer").values()} | {"nesterov"} == RULES.keys()
    assert {rule_of(knobs) for knobs in KNOBS} == RULES.keys()
    assert fused.KERNELS.keys() <= RULES.keys()


def test_slots_share_no_memory():
    for rule in RULES:
        slots = slots_for(rule, start())
        assert len({slot.data_ptr() for slot in slots.values()}) == len(slots)
        assert all(not slot.any() for slot in slots.values())
