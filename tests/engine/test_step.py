"""The step's records and pieces: what is measured is the same, however a network is cut up or stacked."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from nnplayground.engine import step as step_module
from nnplayground.engine.network import views
from nnplayground.engine.step import Batch, State, Step
from nnplayground.engine.tuning import Knobs
from nnplayground.experiment.layers import Layer
from tests.engine.conftest import make_dataset, make_trainer

LAYERS = [Layer(width=7), Layer(width=1), Layer(width=5)]


def made(task=("regression", 0), **knobs) -> tuple[Step, State, Batch, Knobs]:
    """Return a step, its state, and what it is given."""
    knobs = {"network__layers": LAYERS, "optimizer": {"kind": "adam", "lr": 0.01}, **knobs}
    setup = make_trainer(make_dataset(*task), executor="eager", **knobs)._setup
    shape = setup.tuning.shape
    numbers = shape.knobs([torch.tensor(number, dtype=torch.float64) for number in setup.tuning.numbers])
    noise = {name: values[0] for name, values in setup.noise(1, Generator().manual_seed(3)).items()}
    batch = Batch(setup.train.x[:8], setup.train.y[:8], {"lr": torch.tensor(0.01, dtype=torch.float64), **noise})
    return Step(setup.built, setup.head, shape, setup.device), setup.initial(), batch, numbers


def taken(step: Step, state: State, batch: Batch, knobs: Knobs, count: int = 3) -> Tensor:
    """Take steps; return their records."""
    losses, measured = zip(*(step(state, batch, knobs) for _ in range(count)), strict=True)
    return step.records(torch.stack(losses), torch.stack(measured))


@pytest.mark.parametrize("whole", [1, 4096])
def test_records_are_the_loss_before_the_update_and_norms_of_each_layer(whole, monkeypatch):
    monkeypatch.setattr(step_module, "WHOLE", whole)
    monkeypatch.setattr(step_module, "PIECE", 9)
    step, state, batch, knobs = made(regularization__l2=0.1)
    before = state.clone()
    (record,) = taken(step, state, batch, knobs, 1)
    leaves = [v.clone().requires_grad_() for v in views(before.parameters, step.built.layout.parameters)]
    loss = step._loss(leaves, [], batch.x, batch.y, {}, knobs)
    flat = torch.cat([g.flatten() for g in torch.autograd.grad(loss, leaves)])
    flat += 0.1 * before.parameters * step.is_weight
    torch.testing.assert_close(record[0], loss.detach())
    for i, (start, stop) in enumerate(step.built.layout.spans):
        update = (state.parameters - before.parameters)[start:stop].norm()
        torch.testing.assert_close(record[1 + i], flat[start:stop].norm())
        torch.testing.assert_close(record[5 + i], update / state.parameters[start:stop].norm())


@pytest.mark.parametrize("piece", [1, 4, 6, 1000])
def test_pieces_cover_every_number_once_and_lie_each_in_one_layer(piece, monkeypatch):
    monkeypatch.setattr(step_module, "WHOLE", 1)
    monkeypatch.setattr(step_module, "PIECE", piece)
    step, *_ = made()
    layout = step.built.layout
    assert [i for own in step.pieces for i in range(own.start, own.stop)] == list(range(layout.size))
    assert max(own.stop - own.start for own in step.pieces) <= piece
    for own, row in zip(step.pieces, step.membership, strict=True):
        assert row.sum() == 1
        assert int(row.argmax()) == own.layer
        assert layout.spans[own.layer][0] <= own.start < own.stop <= layout.spans[own.layer][1]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("piece", [1, 6, 1000])
def test_a_step_in_pieces_is_the_step(optimizer, piece, monkeypatch):
    knobs = {"optimizer": {"kind": optimizer, "lr": 0.01}, "network__dropout": 0.2, "regularization__l1": 0.01}
    step, state, batch, numbers = made(**knobs)
    expected = taken(step, state, batch, numbers)
    monkeypatch.setattr(step_module, "WHOLE", 1)
    monkeypatch.setattr(step_module, "PIECE", piece)
    cut, other, *_ = made(**knobs)
    torch.testing.assert_close(taken(cut, other, batch, numbers), expected)
    for mine, theirs in zip(other.tensors, state.tensors, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("whole", [1, 4096])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("task", [("regression", 0), ("classification", 2), ("classification", 3)])
def test_networks_side_by_side_take_each_its_own_step(task, own, whole, monkeypatch):
    monkeypatch.setattr(step_module, "WHOLE", whole)
    monkeypatch.setattr(step_module, "PIECE", 9)
    step, first, batch, knobs = made(task, network__dropout=0.3, regularization__l2=0.1)
    alone, expected = [first, first.clone(), first.clone()], []
    alone[1].parameters.mul_(0.5)
    alone[2].slots["mean"].add_(0.1)
    slots = {name: torch.stack([state.slots[name] for state in alone]) for name in ("mean", "square")}
    slots["t"] = first.slots["t"].clone()  # the count of steps is everybody's
    together = State(*(torch.stack([getattr(s, name) for s in alone]) for name in ("parameters", "buffers")), slots)
    rates = [torch.tensor(rate, dtype=torch.float64) for rate in (0.01, 0.0, 0.1)]
    xs, ys = ([values.roll(i if own else 0, 0) for i in range(3)] for values in (batch.x, batch.y))
    noises = [(batch.noise["uniform"] + 0.3 * i) % 1 for i in range(3)]
    for state, x, y, lr, noise in zip(alone, xs, ys, rates, noises, strict=True):
        expected.append(taken(step, state, Batch(x, y, {"lr": lr, "uniform": noise}), knobs))
    x, y = (torch.stack(values) if own else values[0] for values in (xs, ys))
    batch = Batch(x, y, {"lr": torch.stack(rates)[:, None], "uniform": torch.stack(noises)})
    columns = {name: number.expand(3, 1) for name, number in knobs.items()}
    found = taken(Step(step.built, step.head, step.shape, step.device, own_batches=own), together, batch, columns)
    torch.testing.assert_close(found, torch.stack(expected, dim=1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together.parameters, torch.stack([s.parameters for s in alone]), rtol=1e-4, atol=1e-5)


def test_running_statistics_that_overflow_show_in_the_loss():
    step, state, batch, knobs = made(network__normalization="batch")
    state.buffers[0] = float("inf")
    loss, _ = step(state, batch, knobs)
    assert not torch.isfinite(loss)


def test_a_step_changes_its_state_alone():
    step, state, batch, knobs = made(
        network__normalization="batch", network__norm_place="after", network__dropout=0.2, regularization__l1=0.01
    )
    before, given = state.clone(), (batch.x, batch.y, *batch.series.values(), *knobs.values())
    copies = [tensor.clone() for tensor in given]
    step(state, batch, knobs)
    assert all(torch.equal(mine, copy) for mine, copy in zip(given, copies, strict=True))
    assert state.slots["t"] == before.slots["t"] + 1
    assert not torch.equal(state.parameters, before.parameters)
    assert not torch.equal(state.buffers, before.buffers)
    for name, mine in state.slots.items():  # the best is kept at the ends of epochs
        assert torch.equal(mine, before.slots[name]) == name.startswith("best"), name
    assert not state.parameters.requires_grad


def test_a_copy_of_a_state_shares_nothing():
    _, state, *_ = made(network__normalization="batch", network__norm_place="after")
    copy = state.clone()
    assert [t.shape for t in copy.tensors] == [t.shape for t in state.tensors]
    for tensor in copy.tensors:
        tensor.fill_(7.0)
    assert not any((tensor == 7.0).any() for tensor in state.tensors)
    state.copy_(copy)
    assert all((tensor == 7.0).all() for tensor in state.tensors)
