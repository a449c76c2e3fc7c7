"""Evaluation: of one network or of many, at once or in pieces, plainly or in a block, always the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnplayground.engine import evaluation
from nnplayground.engine.step import State
from tests.engine.conftest import answers_in_numpy, forward_in_numpy, make_dataset, make_trainer, same

TASKS = {"two classes": ("classification", 2), "four classes": ("classification", 4), "values": ("regression", 0)}
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def trained(task, **knobs):
    trainer = make_trainer(make_dataset(*task, rows=40), network__normalization="batch", **knobs)
    trainer.advance(steps=20)
    return trainer


def evaluated(trainer, state: State) -> torch.Tensor:
    numbers = trainer._setup.numbers()
    if state.parameters.dim() > 1:
        numbers = [number.expand(len(state.parameters), 1) for number in numbers]
    return trainer._setup.evaluator(state, trainer._setup.tuning.knobs(numbers))


def stacked(states: list[State]) -> State:
    """Return networks side by side; the count of steps is everybody's, other numbers stand in columns."""
    slots = {"t": states[0].slots["t"].clone()}
    for name in states[0].slots.keys() - {"t"}:
        values = torch.stack([state.slots[name] for state in states])
        slots[name] = values.unsqueeze(-1) if values.dim() == 1 else values
    return State(*(torch.stack([getattr(s, name) for s in states]) for name in ("parameters", "buffers")), slots)


@every_task
@pytest.mark.parametrize("rows", [1, 7, 39, 40, 41])
def test_samples_may_be_evaluated_in_pieces(task, rows, monkeypatch):
    trainer = trained(task)
    whole = trainer.evaluate()
    monkeypatch.setattr(evaluation, "ROWS", rows)
    pieces = trainer.evaluate()
    assert pieces.train_loss == pytest.approx(whole.train_loss, rel=1e-6)
    assert pieces.validation_metrics == pytest.approx(whole.validation_metrics, rel=1e-6)


@every_task
@pytest.mark.parametrize("executor", ["compiled", "eager"])
def test_epochs_in_a_block_are_evaluated_as_afterwards_in_pieces_too(task, executor, monkeypatch):
    monkeypatch.setattr(evaluation, "ROWS", 15)
    trainer = make_trainer(make_dataset(*task), executor=executor, network__dropout=0.3, regularization__l2=0.1)
    assert trainer.executor == executor
    for _ in range(3):
        chunk, after = trainer.advance(epochs=1), trainer.evaluate()
        np.testing.assert_allclose(chunk.train_loss, after.train_loss, rtol=1e-6)
        np.testing.assert_allclose(chunk.validation_loss, after.validation_loss, rtol=1e-6)
        np.testing.assert_allclose(chunk.train_metrics[0], after.train_metrics, rtol=1e-6)
        np.testing.assert_allclose(chunk.validation_metrics[0], after.validation_metrics, rtol=1e-6)


AVERAGING = {"none": {"kind": "none"}, "ema": {"kind": "ema"}, "swa": {"kind": "swa", "start": 2}}
every_averaging = pytest.mark.parametrize("averaging", AVERAGING.values(), ids=AVERAGING)


def states_of(trainer) -> list[State]:
    """Return three states of a training."""
    found = []
    for _ in range(3):
        trainer.advance(steps=7)
        found.append(trainer._state.clone())
    return found


@every_averaging
@every_task
def test_networks_side_by_side_are_evaluated_as_each_alone(task, averaging):
    trainer = trained(task, averaging=averaging)
    states = states_of(trainer)
    found = evaluated(trainer, stacked(states))
    models = 1 if averaging["kind"] == "none" else 2
    assert found.shape == (3, models, 2, 2 + len(trainer.metrics))
    torch.testing.assert_close(found, torch.stack([evaluated(trainer, state) for state in states]))


@every_averaging
@every_task
def test_networks_side_by_side_finish_an_epoch_as_each_alone(task, averaging):
    trainer = trained(task, averaging=averaging)
    states = states_of(trainer)
    for state, best in zip(states, (torch.inf, -torch.inf, 0.5), strict=True):
        state.slots["best_value"].fill_(best)
        state.slots["t"].fill_(30.0)
    together, knobs = stacked(states), trainer._setup.tuning.knobs(trainer._setup.numbers())
    evaluator = trainer._setup.evaluator
    expected = torch.stack([evaluator.finish(state, knobs) for state in states])
    columns = {name: number.expand(3, 1) for name, number in knobs.items()}
    torch.testing.assert_close(evaluator.finish(together, columns), expected)
    for mine, theirs in zip(together.tensors, stacked(states).tensors, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize(("watch", "column"), [("train_loss", 0), ("validation_loss", 1), ("validation_metric", 2)])
@every_task
def test_the_best_is_kept_by_what_is_watched(task, watch, column):
    trainer = trained(task, stopping__watch=watch)
    state, evaluator = trainer._state, trainer._setup.evaluator
    found = evaluated(trainer, state)[0]
    values = found[0, 0], found[1, 0], -found[1, 1]
    value = float(values[column])
    for before, better in ((torch.inf, True), (value + 1e-3, True), (value, False), (value - 1e-3, False)):
        state.slots["best_value"].fill_(before)
        for name in ("best", "best_buffers", "best_t"):
            state.slots[name].zero_()
        evaluator.finish(state, trainer._setup.tuning.knobs(trainer._setup.numbers()))
        assert torch.equal(state.slots["best"], state.parameters) == better
        assert torch.equal(state.slots["best_buffers"], state.buffers) == better
        assert float(state.slots["best_t"]) == (20 if better else 0)
        assert float(state.slots["best_value"]) == (value if better else before)


def test_what_is_no_number_is_never_the_best():
    trainer = make_trainer(make_dataset("regression"))
    state, knobs = trainer._state, trainer._setup.tuning.knobs(trainer._setup.numbers())
    state.parameters.fill_(float("nan"))
    trainer._setup.evaluator.finish(state, knobs)
    assert float(state.slots["best_value"]) == torch.inf
    assert trainer._setup.evaluator.watched(torch.full((1, 2, 3), float("nan"))) == torch.inf


@every_averaging
@every_task
def test_an_evaluation_changes_nothing_and_wants_no_gradient(task, averaging):
    trainer = trained(task, averaging=averaging)
    before = trainer.state_dict()
    values = evaluated(trainer, trainer._state)
    assert not values.requires_grad
    assert same(trainer.state_dict(), before)


@every_task
def test_losses_are_those_of_a_plain_network(task):
    trainer = trained(task, loss__kind="mse")
    for part, loss in zip(
        (trainer.dataset.train, trainer.dataset.validation),
        (trainer.evaluate().train_loss, trainer.evaluate().validation_loss),
        strict=True,
    ):
        outputs = forward_in_numpy(trainer, trainer.snapshot(), part.inputs)[-1]
        if task[0] == "regression":
            expected = np.mean((outputs[:, 0] - part.targets) ** 2)
        else:
            shares = answers_in_numpy(trainer, outputs)
            wanted = np.eye(shares.shape[1])[part.targets]
            expected = np.mean((shares - wanted)[:, -trainer.head.outputs :] ** 2)
        assert loss == pytest.approx(expected, rel=1e-5)


def test_parts_and_models_are_told_apart():
    trainer = trained(TASKS["values"], averaging__kind="ema")
    one = [[1.0, 2.0, 3.0, 0.5], [4.0, 5.0, 6.0, 0.5]]
    other = [[7.0, 8.0, 9.0, 0.25], [10.0, 11.0, 12.0, 0.25]]
    found = trainer._setup.evaluator.read(torch.tensor([one, other]))
    assert (found.train_loss, found.train_metrics) == (1.0, (2.0, 3.0))
    assert (found.validation_loss, found.validation_metrics) == (4.0, (5.0, 6.0))
    assert (found.averaged_validation_loss, found.averaged_validation_metrics) == (10.0, (11.0, 12.0))
    assert found.penalty == 0.5
    alone = trained(TASKS["values"])._setup.evaluator.read(torch.tensor([one]))
    assert (alone.train_loss, alone.validation_loss) == (1.0, 4.0)
    assert np.isnan([alone.averaged_validation_loss, *alone.averaged_validation_metrics]).all()
