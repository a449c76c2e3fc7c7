"""Penalties: what they add to the loss is what numpy says, and their gradient is the one that the step adds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnplayground.engine import Population
from nnplayground.engine.penalties import add_penalties, penalty
from tests.engine.conftest import make_dataset, make_experiment, make_trainer

TERMS = {
    "none": {},
    "l1": {"regularization__l1": 0.03},
    "l2": {"regularization__l2": 0.2},
    "elastic": {"regularization__l1": 0.03, "regularization__l2": 0.2},
}
KINDS = {
    "plain": {},
    "norms": {"network__normalization": "batch"},
    "directions": {"network__normalization": "weight"},
    "frozen": {"network__layers": [{"width": 6, "frozen": True}, 5]},
    "averaged": {"averaging__kind": "ema"},
}
every_term = pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
every_kind = pytest.mark.parametrize("knobs", KINDS.values(), ids=KINDS)


def in_numpy(trainer) -> float:
    """Return the penalty of a trainer's network as it is, in float64, from its snapshot's weights."""
    snapshot, regularization = trainer.snapshot(), trainer.experiment.regularization
    layers = [i for i, frozen in enumerate(trainer.setup.tuning.frozen) if not frozen]
    every = [t for t in snapshot.layout.parameters if t.layer in layers and t.role in ("weight", "length")]
    weights = np.concatenate([snapshot.parameters[t.start : t.stop] for t in every]).astype(np.float64)
    return regularization.l1 * np.abs(weights).sum() + regularization.l2 / 2 * (weights**2).sum()


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@every_kind
@every_term
def test_each_epochs_penalty_is_that_of_its_last_weights(terms, knobs, executor):
    trainer = make_trainer(make_dataset(), executor=executor, **terms, **knobs)
    assert trainer.executor == executor
    for _ in range(2):
        chunk = trainer.advance(epochs=1)
        assert chunk.penalty == pytest.approx([in_numpy(trainer)], rel=1e-6)
        assert trainer.evaluate().penalty == pytest.approx(in_numpy(trainer), rel=1e-6)
    assert (chunk.penalty > 0).all() == bool(terms)


@every_kind
@every_term
def test_the_penaltys_gradient_is_what_the_step_adds(terms, knobs):
    trainer = make_trainer(make_dataset(), **terms, **knobs)
    step, _ = trainer._blocks[trainer.setup.tuning.shape]
    numbers = trainer.setup.tuning.knobs(trainer._numbers())
    weights = trainer._state.parameters.clone().requires_grad_()
    added = torch.zeros_like(weights)
    total = penalty(weights, trainer.built.layout, trainer.setup.tuning.frozen, numbers)
    if terms:
        total.backward()
        with torch.no_grad():
            add_penalties(added, weights, step.is_weight, numbers)
        torch.testing.assert_close(added, weights.grad)
    else:
        assert total == 0


def test_l2_is_the_penalty_that_torchs_weight_decay_makes_small():
    trainer = make_trainer(make_dataset(), **TERMS["l2"])
    start = trainer._state.parameters.clone()
    weights = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([weights], lr=0.1, weight_decay=0.2)
    weights.grad = torch.zeros_like(weights)
    optimizer.step()  # along the gradient of its penalty alone
    implied = (start - weights.detach()) / 0.1
    ours = start.clone().requires_grad_()
    numbers = trainer.setup.tuning.knobs(trainer._numbers())
    penalty(ours, trainer.built.layout, trainer.setup.tuning.frozen, numbers).backward()
    apply = trainer._blocks[trainer.setup.tuning.shape][0].is_weight > 0
    torch.testing.assert_close(ours.grad[apply], implied[apply])
    assert (ours.grad[~apply] == 0).all()


def test_a_penalty_that_is_turned_live_is_told_from_the_next_epoch_on():
    trainer = make_trainer(make_dataset())
    assert trainer.advance(epochs=1).penalty.tolist() == [0]
    assert trainer.retune(trainer.experiment.replace("regularization.l2", 0.5))
    assert trainer.advance(epochs=1).penalty == pytest.approx([in_numpy(trainer)], rel=1e-6)


def test_an_overflowing_penalty_stays_a_number():
    trainer = make_trainer(make_dataset(), **TERMS["l2"])
    trainer._state.parameters.fill_(1e30)
    assert np.isfinite(np.float32(trainer.evaluate().penalty))


@pytest.mark.parametrize("values", [(0.1, 0.2, 0.3), (0.0, 0.1, 0.2)])
@pytest.mark.parametrize("executor", ["compiled", "eager"])
def test_members_side_by_side_have_the_penalties_of_trainers_of_their_own(values, executor):
    dataset = make_dataset()
    experiment = make_experiment(dataset, regularization__l1=0.01)
    told = {"over": "regularization.l2", "values": values, "dataset": dataset, "executor": executor, "device": "cpu"}
    found = Population(experiment, **told).advance(epochs=3).penalty
    assert found.shape == (3, 3)
    for i, value in enumerate(values):
        alone = make_trainer(dataset, executor=executor, regularization__l1=0.01, regularization__l2=value)
        np.testing.assert_allclose(found[:, i], alone.advance(epochs=3).penalty, rtol=1e-5)
