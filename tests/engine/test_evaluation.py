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
    delta = torch.ones((*state.parameters.shape[:-1], 1)) if state.parameters.dim() > 1 else torch.tensor(1.0)
    return trainer._setup.evaluator(state, delta)


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


@every_task
def test_networks_side_by_side_are_evaluated_as_each_alone(task):
    trainer = trained(task)
    states = [trainer._state.clone()]
    for _ in range(2):
        trainer.advance(steps=7)
        states.append(trainer._state.clone())
    stacked = State(*(torch.stack([getattr(s, name) for s in states]) for name in ("parameters", "buffers")), {})
    found = evaluated(trainer, stacked)
    assert found.shape == (3, 2, 1 + len(trainer.metrics))
    torch.testing.assert_close(found, torch.stack([evaluated(trainer, state) for state in states]))


@every_task
def test_an_evaluation_changes_nothing_and_wants_no_gradient(task):
    trainer = trained(task)
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


def test_the_two_parts_are_told_apart():
    trainer = trained(TASKS["values"])
    found = trainer._setup.evaluator.read(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert (found.train_loss, found.train_metrics) == (1.0, (2.0, 3.0))
    assert (found.validation_loss, found.validation_metrics) == (4.0, (5.0, 6.0))
