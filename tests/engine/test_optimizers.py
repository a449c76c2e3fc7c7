"""Update rules against torch.optim, step by step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Generator, optim
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nnplayground.engine import fused
from nnplayground.engine.optimizers import RULES, hyper_of, momentum_of, rule_of, slots_for
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    NAdam,
    Normalized,
    RAdam,
    RMSprop,
    Rprop,
)
from tests.engine.reference import torch_optimizer

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
    NAdam(lr=0.01),
    NAdam(lr=0.01, beta1=0.0, beta2=0.9, epsilon=1e-3),
    NAdam(lr=0.01, beta1=0.99, momentum_decay=0.0),
    NAdam(lr=0.01, beta1=0.8, momentum_decay=0.5),
    RAdam(lr=0.01),
    RAdam(lr=0.01, beta1=0.0, beta2=0.9, epsilon=1e-3),
    RAdam(lr=0.01, beta2=0.6),  # never rectified
    RAdam(lr=0.01, beta2=0.0),
    RAdam(lr=0.01, beta1=0.99, beta2=0.99999),
    Adamax(lr=0.01),
    Adamax(lr=0.01, beta1=0.0, beta2=0.5, epsilon=1e-3),
    Adagrad(lr=0.1),
    Adagrad(lr=0.1, initial=0.1, epsilon=1e-3),
    Adadelta(),
    Adadelta(lr=0.5, rho=0.99, epsilon=1e-3),
    Adadelta(lr=2.0, rho=0.0),
    Rprop(lr=0.01),
    Rprop(lr=0.1, shrink=0.9, grow=2.0, smallest=0.1, largest=3.0),
    Rprop(lr=0.3, smallest=1.0, largest=1.0),
    Normalized(lr=0.03),
    Normalized(lr=0.03, momentum=0.9),
    Lion(lr=0.003),
    Lion(lr=0.003, beta1=0.0, beta2=0.5, weight_decay=0.0),
    Lion(lr=0.003, beta1=0.95, beta2=0.98, weight_decay=1.0),
]


class InNumpy:
    """A rule that torch.optim has not, on one parameter, in float64 as its authors write it."""

    def __init__(self, parameters, knobs):
        (self.parameter,) = parameters
        self.knobs, self.param_groups = knobs, [{"lr": knobs.lr}]
        self.kept = np.zeros(len(self.parameter))

    def step(self):
        weights, gradient = self.parameter.detach().double().numpy(), self.parameter.grad.double().numpy()
        changed = getattr(self, self.knobs.kind)(weights, gradient, self.param_groups[0]["lr"])
        self.parameter.data.copy_(torch.as_tensor(changed))

    def normalized(self, weights, gradient, lr):
        norm = np.sqrt(np.sum(gradient**2))
        self.kept = self.knobs.momentum * self.kept + (gradient / norm if norm > 0 else 0.0)
        return weights - lr * self.kept

    def lion(self, weights, gradient, lr):
        beta1, beta2 = self.knobs.beta1, self.knobs.beta2
        update = np.sign(beta1 * self.kept + (1 - beta1) * gradient)
        self.kept = beta2 * self.kept + (1 - beta2) * gradient
        return weights - lr * (update + self.knobs.weight_decay * weights)


def reference_optimizer(knobs, parameters):
    """Return the rule of torch.optim with the same knobs, or in numpy where torch.optim has none such."""
    lr, betas, epsilon = (
        knobs.lr,
        (getattr(knobs, "beta1", 0), getattr(knobs, "beta2", 0)),
        getattr(knobs, "epsilon", 0),
    )
    match knobs:
        case NAdam():
            return optim.NAdam(parameters, lr, betas, epsilon, momentum_decay=knobs.momentum_decay)
        case RAdam():
            return optim.RAdam(parameters, lr, betas, epsilon)
        case Adamax():
            return optim.Adamax(parameters, lr, betas, epsilon)
        case Adagrad():
            return optim.Adagrad(parameters, lr, initial_accumulator_value=knobs.initial, eps=epsilon)
        case Adadelta():
            return optim.Adadelta(parameters, lr, knobs.rho, epsilon)
        case Rprop():
            limits = knobs.smallest * lr, knobs.largest * lr
            return optim.Rprop(parameters, lr, (knobs.shrink, knobs.grow), limits)
        case Normalized() | Lion():
            return InNumpy(parameters, knobs)
    return torch_optimizer(knobs, parameters)


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
        take(rule, parameters, gradient, slots, lr, tensors(knobs)[1])

    return apply, slots


def take(rule, parameters, gradient, slots, lr, hyper, pieces=(slice(0, SIZE),)):
    """Take one step of a rule, piece by piece."""
    slots["t"].add_(1)
    if RULES[rule].whole is not None:
        RULES[rule].whole(gradient, slots, hyper)
    for piece in pieces:
        parts = {name: slot[..., piece] if name in RULES[rule].slots else slot for name, slot in slots.items()}
        RULES[rule].update(parameters[..., piece], gradient[..., piece], parts, lr, hyper)


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


@pytest.mark.usefixtures("doubles")  # of which torch's NAdam makes its product of momenta
@every_way
def test_an_update_is_that_of_torch_optim(way, knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    apply, _ = way(knobs, parameters)
    optimizer = reference_optimizer(knobs, [reference])
    for gradient in gradients():
        reference.grad = gradient.clone()
        optimizer.step()
        apply(gradient, tensors(knobs)[0])
        torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


@every_way
def test_updates_in_float32_stay_near_those_of_torch_optim(way, knobs):
    parameters, reference = start(torch.float32), torch.nn.Parameter(start(torch.float32))
    apply, _ = way(knobs, parameters)
    optimizer = reference_optimizer(knobs, [reference])
    for gradient in gradients(torch.float32):
        reference.grad = gradient.clone()
        optimizer.step()
        apply(gradient, tensors(knobs)[0])
        assert (parameters - reference.detach()).norm() <= 1e-5 * reference.detach().norm()


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(
    ("way", "knobs"),
    [(way, knobs) for way, knobs in WAYS if knobs.kind != "rprop"],
    ids=lambda value: getattr(value, "__name__", str(value)[:60]),
)
def test_the_rate_may_change_between_updates(way, knobs):
    parameters, reference = start(), torch.nn.Parameter(start())
    apply, _ = way(knobs, parameters)
    optimizer = reference_optimizer(knobs, [reference])
    for i, gradient in enumerate(gradients()):
        rate = knobs.lr / (1 + i)
        reference.grad, optimizer.param_groups[0]["lr"] = gradient.clone(), rate
        optimizer.step()
        apply(gradient, torch.tensor(rate, dtype=torch.float64))
    torch.testing.assert_close(parameters, reference.detach(), rtol=1e-10, atol=1e-10)


def test_the_rate_scales_steps_that_rprop_has_found():
    """Torch.optim's looks at the rate at its first step alone; here a schedule counts."""
    knobs = Rprop(lr=0.01)
    constant, changing = start(), start()
    (apply, _), (change, _) = plain(knobs, constant), plain(knobs, changing)
    for i, gradient in enumerate(gradients()):
        moves = []
        for parameters, step, rate in ((constant, apply, 0.01), (changing, change, 0.01 / (1 + i))):
            before = parameters.clone()
            step(gradient, torch.tensor(rate, dtype=torch.float64))
            moves.append(parameters - before)
        torch.testing.assert_close(moves[1] * (1 + i), moves[0], rtol=1e-9, atol=1e-12)
    assert (constant != changing).all()


every_knobs = pytest.mark.parametrize("knobs", KNOBS, ids=lambda value: "" if callable(value) else str(value))


@every_knobs
def test_networks_side_by_side_with_knobs_of_their_own_and_in_pieces_are_as_each_alone(knobs):
    rule, lr, hyper = rule_of(knobs), *tensors(knobs)
    shares = torch.tensor([1.0, 0.9, 0.5], dtype=torch.float64)
    alone = [start() * (1 + i) for i in range(3)]
    stacked = torch.stack(alone)
    slots, single = slots_for(rule, stacked), [slots_for(rule, parameters) for parameters in alone]
    beside = {name: (value * shares).unsqueeze(-1) for name, value in hyper.items()}
    for gradient in gradients():
        own = torch.stack([gradient, gradient.flip(0), -2 * gradient])
        for i, share in enumerate(shares):
            take(rule, alone[i], own[i], single[i], lr * share, {name: v * share for name, v in hyper.items()})
        take(rule, stacked, own, slots, (lr * shares).unsqueeze(-1), beside, (slice(0, 20), slice(20, SIZE)))
        torch.testing.assert_close(stacked, torch.stack(alone), rtol=1e-12, atol=1e-12)
    for name, slot in slots.items():
        expected = single[0]["t"] if name == "t" else torch.stack([each[name] for each in single]).view_as(slot)
        torch.testing.assert_close(slot, expected, rtol=1e-12, atol=1e-12)


class Doubles(TorchDispatchMode):
    """Notes which operators make float64 of more numbers than there are networks."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        wide = [t for t in tree_leaves(out) if isinstance(t, torch.Tensor) and t.numel() >= SIZE]
        self.found += [str(function) for t in wide if t.dtype == torch.float64]
        return out


@every_knobs
@pytest.mark.parametrize("networks", [None, 3])
def test_vectors_in_float32_stay_so_whether_networks_stand_alone_or_side_by_side(knobs, networks):
    rule, lr, hyper = rule_of(knobs), *tensors(knobs)
    parameters, given = start(torch.float32), list(gradients(torch.float32))[:3]
    if networks is not None:
        parameters, given = parameters.repeat(networks, 1), [g.repeat(networks, 1) for g in given]
        lr, hyper = lr.repeat(networks, 1), {name: value.repeat(networks, 1) for name, value in hyper.items()}
    slots = slots_for(rule, parameters)
    with Doubles() as doubles:
        for gradient in given:
            take(rule, parameters, gradient, slots, lr, hyper)
    assert doubles.found == []
    assert {slots[name].dtype for name in RULES[rule].slots} == {torch.float32}
    assert {slots[name].dtype for name in (*RULES[rule].numbers, "t")} == {torch.float64}


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


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_gradient_of_zeros_is_normalized_to_zeros(momentum):
    parameters = start()
    apply, slots = plain(Normalized(momentum=momentum), parameters)
    apply(torch.zeros(SIZE, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))
    assert torch.equal(parameters, start())
    assert not slots["velocity"].any()


@pytest.mark.parametrize("size", [1e-25, 1e-6, 1.0, 1e25])
def test_a_gradient_is_normalized_however_small_or_large_it_is(size):
    parameters = torch.zeros(SIZE)
    gradient = start(torch.float32) * size
    apply, _ = plain(Normalized(), parameters)
    apply(gradient, torch.tensor(1.0, dtype=torch.float64))
    expected = gradient.double() / gradient.double().norm()
    torch.testing.assert_close(parameters.double(), -expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("networks", [(), (4,)])
@pytest.mark.parametrize("rule", RULES)
def test_slots_are_vectors_and_numbers_that_share_no_memory(rule, networks):
    parameters = start().repeat(*networks, 1) if networks else start()
    slots = slots_for(rule, parameters)
    assert slots.keys() == {*RULES[rule].slots, *RULES[rule].numbers, "t"}
    assert len({slot.data_ptr() for slot in slots.values()}) == len(slots)
    for name, slot in slots.items():
        vector, number = name in RULES[rule].slots, name in RULES[rule].numbers
        assert slot.shape == (parameters.shape if vector else (*networks, 1) if number and networks else ())
        assert (slot == float(number)).all()


@every_knobs
def test_momentum_is_the_hyperparameter_that_torch_s_one_cycle_drives(knobs):
    """It drives `momentum`, or else the first of `betas`. Lion has none in torch; its betas are Adam's."""
    optimizer = reference_optimizer(knobs, [torch.nn.Parameter(start())])
    known = optimizer.param_groups[0] if isinstance(optimizer, optim.Optimizer) else hyper_of(knobs)
    expected = "momentum" if "momentum" in known else "beta1" if {"betas", "beta1"} & known.keys() else None
    assert momentum_of(rule_of(knobs)) == expected
    assert expected is None or expected in hyper_of(knobs)
