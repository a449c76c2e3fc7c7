"""The step is plain tensor code: it can be traced once, and the trace replayed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from nnplayground.engine.optimizers import OPTIMIZERS
from nnplayground.engine.step import State
from tests.engine.conftest import make_dataset, make_trainer

KNOBS = {
    **{kind: {"optimizer__kind": kind} for kind in OPTIMIZERS},
    "norm before": {"network__batch_norm": "before"},
    "norm after": {"network__batch_norm": "after", "optimizer__kind": "adam"},
    "dropout": {"network__dropout": 0.3, "network__input_dropout": 0.1},
    "penalties": {"regularization__l1": 0.01, "regularization__l2": 0.1},
    "huber": {"loss": {"kind": "huber", "delta": 0.3}},
}


def tensors(value):
    return torch.tensor(value, dtype=torch.float32) if isinstance(value, float) else value


@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS)
@pytest.mark.parametrize(("task", "classes"), [("classification", 2), ("classification", 3), ("regression", 0)])
def test_a_traced_step_replayed_is_the_step(task, classes, knobs):
    trainer, twin = (make_trainer(make_dataset(task, classes), **knobs) for _ in range(2))
    tuning, part = trainer._tuning(), trainer._parts["train"]
    batches = torch.randperm(40, generator=torch.Generator().manual_seed(1)).view(5, 8)
    noise = trainer._noise(5, tuning)
    names = list(trainer._state.slots)

    def step(parameters, buffers, slots, x, y, lr, noise):
        state = State(parameters, buffers, dict(zip(names, slots, strict=True)))
        return trainer._step(state, x, y, lr, tuning, noise)

    def inputs(state, i):
        slots, rows = list(state.slots.values()), batches[i]
        lr = torch.tensor(0.01 * (i + 1))
        return (
            state.parameters,
            state.buffers,
            slots,
            part.x[rows],
            part.y[rows],
            lr,
            None if noise is None else noise[i],
        )

    trace = make_fx(step)(*inputs(trainer._state.clone(), 0))
    for i in range(5):
        replayed, taken = trace(*inputs(trainer._state, i)), step(*inputs(twin._state, i))
        torch.testing.assert_close(replayed, taken, rtol=1e-6, atol=1e-7)
    for name, value in vars(trainer._state).items():
        torch.testing.assert_close(value, getattr(twin._state, name), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_live_knobs_may_be_inputs_of_the_step(kind):
    """So that one trace serves every value of them."""
    knobs = {"optimizer__kind": kind, "network__dropout": 0.3, "regularization__l1": 0.01, "regularization__l2": 0.1}
    plain, turned = (make_trainer(make_dataset("regression"), loss__kind="huber", **knobs) for _ in range(2))
    part, tuning = plain._parts["train"], plain._tuning()
    rates = tuple(tensors(rate) for rate in tuning.rates)
    live = replace(
        tuning,
        hyper={name: tensors(value) for name, value in tuning.hyper.items()},
        delta=tensors(tuning.delta),
        l1=tensors(tuning.l1),
        l2=tensors(tuning.l2),
        rates=rates,
    )
    noise = plain._noise(5, tuning)
    for i in range(5):
        batch = part.x[i : i + 8], part.y[i : i + 8]
        expected = plain._step(plain._state, *batch, 0.01, tuning, noise[i])
        found = turned._step(turned._state, *batch, torch.tensor(0.01), live, noise[i])
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(turned._state.parameters, plain._state.parameters, rtol=1e-4, atol=1e-5)
