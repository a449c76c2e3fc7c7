"""PyTorch's fused kernels as operators: they say what they change, and are replayed with turned knobs."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from nnplayground.engine import fused
from nnplayground.engine.fused import KERNELS
from nnplayground.engine.optimizers import RULES
from nnplayground.engine.tape import Recorder
from nnplayground.engine.torchscript import replay

SIZE, STEPS = 11, 6
HYPER = {"momentum": 0.9, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weight_decay": 0.3}
every_kernel = pytest.mark.parametrize("name", KERNELS)


def given_to(name: str) -> dict[str, Tensor]:
    """Return tensors for each of a kernel's arguments, as after some steps."""
    chance = Generator().manual_seed(3)
    given = {}
    for argument in KERNELS[name].arguments:
        if argument == "lr":
            given[argument] = torch.tensor(0.1, dtype=torch.float64)
        elif argument == "t":
            given[argument] = torch.tensor(4.0, dtype=torch.float64)
        elif argument in HYPER:
            given[argument] = torch.tensor(HYPER[argument], dtype=torch.float64)
        else:
            given[argument] = torch.rand(SIZE, generator=chance)
    return given


def ruled(name: str, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what the rule of the same name makes of the same tensors."""
    made = {argument: tensor.clone() for argument, tensor in given.items()}
    slots = {slot: made[slot] for slot in (*RULES[name].slots, "t") if slot in made}
    RULES[name].update(made["parameters"], made["gradient"], slots, made["lr"], made)
    return made


@every_kernel
def test_an_operator_changes_what_it_declares_and_nothing_else(name):
    given, schema = given_to(name), getattr(torch.ops.nnplayground, f"{name}_").default._schema
    before = {argument: tensor.clone() for argument, tensor in given.items()}
    fused.update(name, given)
    changed = {argument for argument, tensor in given.items() if not torch.equal(tensor, before[argument])}
    declared = {a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write}
    assert changed == declared == {"parameters", *RULES[name].slots}
    assert [argument.name for argument in schema.arguments] == list(given)


@every_kernel
def test_an_operator_is_its_rule(name):
    given = given_to(name)
    expected = ruled(name, given)
    fused.update(name, given)
    for argument, tensor in given.items():
        torch.testing.assert_close(tensor, expected[argument], msg=argument)


@every_kernel
@pytest.mark.parametrize("zero", [None, "momentum", "beta1", "weight_decay"])
def test_an_operator_is_replayed_with_turned_knobs_and_other_rates(name, zero):
    names = [argument for argument in KERNELS[name].arguments if argument in HYPER]
    given = given_to(name)
    state = {argument: given[argument] for argument in given if argument not in (*names, "gradient", "lr")}
    knobs = [given[argument] for argument in names]

    def take(gradient: Tensor, lr: Tensor, numbers: list[Tensor]) -> Tensor:
        if "t" in state:
            state["t"].add_(1)
        parts = torch.cat([gradient[:4] * 2, gradient[4:]])  # so that it lies in memory that stays
        fused.update(name, {**state, "gradient": parts, "lr": lr, **dict(zip(names, numbers, strict=True))})
        return state["parameters"].norm()

    before = {argument: tensor.clone() for argument, tensor in state.items()}
    recorder = Recorder(list(state.values()), knobs, [given["gradient"], given["lr"]])
    step = recorder.record(lambda: (take(given["gradient"], given["lr"], knobs),))
    run = replay(recorder, step, recorder.record(lambda: (state["parameters"].sum(),)), ())
    gradients = torch.randn(STEPS, SIZE, generator=Generator().manual_seed(1))
    rates = torch.linspace(0.0, 0.1, STEPS, dtype=torch.float64)
    for share in (0.5, 1.0):
        turned = [knob * (0.0 if argument == zero else share) for argument, knob in zip(names, knobs, strict=True)]
        for argument, tensor in state.items():
            tensor.copy_(before[argument])
        expected = torch.stack([take(g, lr, turned) for g, lr in zip(gradients, rates, strict=True)])
        reached = {argument: tensor.clone() for argument, tensor in state.items()}
        for argument, tensor in state.items():
            tensor.copy_(before[argument])
        (found,), _ = run(turned, torch.zeros(STEPS, 1, dtype=torch.int64), [gradients, rates], [False] * STEPS)
        torch.testing.assert_close(found, expected)
        for argument, tensor in state.items():
            torch.testing.assert_close(tensor, reached[argument], msg=argument)


def test_a_number_that_changes_with_every_step_is_read_at_every_step():
    given = given_to("sgd")
    state = [given["parameters"], given["velocity"]]
    momentum = given["momentum"]
    recorder = Recorder(state, [], [given["gradient"], momentum])

    def take(gradient: Tensor, momentum: Tensor) -> Tensor:
        fused.update("sgd", {**given, "gradient": gradient, "momentum": momentum})
        return given["parameters"].sum()

    before = [tensor.clone() for tensor in state]
    step = recorder.record(lambda: (take(given["gradient"], momentum),))
    run = replay(recorder, step, recorder.record(lambda: (given["lr"] * 1,)), ())
    gradients, momenta = torch.rand(STEPS, SIZE), torch.linspace(0.0, 0.9, STEPS, dtype=torch.float64)
    found = []
    for way in ("replay", "call"):
        for tensor, old in zip(state, before, strict=True):
            tensor.copy_(old)
        if way == "replay":
            found += run([], torch.zeros(STEPS, 1, dtype=torch.int64), [gradients, momenta], [False] * STEPS)[0]
        else:
            found.append(torch.stack([take(g, m) for g, m in zip(gradients, momenta, strict=True)]))
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("name", [name for name in KERNELS if "velocity" in RULES[name].slots])
def test_momentum_that_is_0_for_a_while_comes_back(name):
    given = given_to(name)
    for momentum in (0.9, 0.0, 0.9):
        given["momentum"] = torch.tensor(momentum, dtype=torch.float64)
        expected = ruled(name, given)
        fused.update(name, given)
        torch.testing.assert_close(given["velocity"], expected["velocity"])
        torch.testing.assert_close(given["parameters"], expected["parameters"])
