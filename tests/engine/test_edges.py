"""The edges of learning, against full Hessians and closed forms in numpy, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnplayground.data.progress import Cancelled
from nnplayground.engine import edges
from nnplayground.engine.edges import Objective, Scatter, largest_eigenvalue, measure, stable_limit
from nnplayground.engine.optimizers import RULES
from tests.engine.conftest import in_doubles, make_dataset, make_trainer

KINDS = {
    "tanh": {},
    "relu": {"network__activation": "relu"},
    "batch norm": {"network__normalization": "batch"},
    "weight norm": {"network__normalization": "weight"},
    "penalties": {"regularization__l1": 0.01, "regularization__l2": 0.3},
    "frozen": {"network__layers": [{"width": 6, "frozen": True}, 5]},
    "dropout": {"network__dropout": 0.5, "network__input_noise": 0.3},
    "smoothing": {"regularization__smoothing": 0.2},
    "no hidden layer": {"network__layers": []},
}
TASKS = {"two classes": ("classification", 2), "four classes": ("classification", 4), "values": ("regression", 0)}
PAIRS = {f"{task}, {kind}": (TASKS[task], KINDS[kind]) for task in TASKS for kind in KINDS}
del PAIRS["values, smoothing"]  # values have no labels


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [1, 2, 7, 60])
def test_the_largest_eigenvalue_of_a_matrix_is_found(size, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(size, size)) * 10.0**seed
    matrix = matrix + matrix.T  # as often negative as positive
    given = torch.from_numpy(matrix)
    found = largest_eigenvalue(lambda vector: given @ vector, size)
    expected = np.linalg.eigvalsh(matrix)
    assert found == pytest.approx(expected[-1], abs=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.eye(4) * 5, -np.eye(2), np.diag([0.0, 0.0, 7.0])])
def test_eigenvalues_that_repeat_or_are_zero_are_no_trouble(matrix):
    found = largest_eigenvalue(lambda vector: torch.from_numpy(matrix) @ vector, len(matrix))
    assert found == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-3, abs=1e-12)


def objective_of(task=TASKS["two classes"], steps=15, **knobs):
    trainer = make_trainer(in_doubles(make_dataset(*task)), executor="eager", **knobs)
    trainer.advance(steps=steps)
    return Objective(trainer.setup, trainer.snapshot())


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(("task", "knobs"), PAIRS.values(), ids=PAIRS)
def test_sharpness_is_the_full_hessians_largest_eigenvalue(task, knobs):
    objective = objective_of(task, **knobs)
    rows = torch.arange(len(objective.setup.train.x))
    full = torch.autograd.functional.hessian(lambda w: objective.loss(w, rows), objective.weights.detach())
    learned = objective.learning.bool().numpy()
    expected = np.linalg.eigvalsh(full.numpy()[np.ix_(learned, learned)])
    found = measure(objective.setup, objective.snapshot, lr=0.1)
    assert found.sharpness == pytest.approx(expected[-1], abs=2e-3 * np.abs(expected).max())
    assert found.rows == len(rows)


def linear(l2=0.0, **knobs):
    """Return a trainer of one linear neuron by squared errors, and its Hessian and samples' gradients in numpy."""
    given = {"network__layers": [], "loss__kind": "mse", "regularization__l2": l2, **knobs}
    trainer = make_trainer(in_doubles(make_dataset("regression")), executor="eager", **given)
    trainer.advance(steps=3)
    part, snapshot = trainer.dataset.train, trainer.snapshot()
    inputs = np.column_stack([part.inputs, np.ones(len(part))]).astype(np.float64)
    weights = snapshot.parameters.astype(np.float64)
    penalized = np.diag([l2] * (len(weights) - 1) + [0.0])
    errors = inputs @ weights - part.targets
    gradients = 2 * errors[:, None] * inputs + penalized @ weights
    return trainer, 2 * inputs.T @ inputs / len(inputs) + penalized, gradients


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_a_linear_neurons_sharpness_is_that_of_its_inputs_and_its_penalty(l2):
    trainer, hessian, _ = linear(l2)
    found = measure(trainer.setup, trainer.snapshot(), lr=0.1)
    assert found.sharpness == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=2e-3)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_noise_scale_and_cosine_are_those_of_the_samples_gradients(l2):
    trainer, _, gradients = linear(l2)
    setup, snapshot = trainer.setup, trainer.snapshot()
    found = measure(setup, snapshot, lr=0.1)
    order = edges.order_of(setup.experiment.seeds.order, snapshot.epoch, len(gradients)).numpy()
    parts = gradients[order].reshape(-1, 2, gradients.shape[1]).mean(axis=1)  # 40 samples, in parts of 2
    trace = 2 * parts.var(axis=0, ddof=1).sum()
    square = (parts.mean(axis=0) ** 2).sum() - trace / len(gradients)
    assert found.noise_scale == pytest.approx(trace / square, rel=1e-5)
    batches = gradients[setup.orders(range(3, 3 + edges.BATCHES)).numpy()].mean(axis=1)
    lengths = np.linalg.norm(batches, axis=1)
    cosines = (batches[:-1] * batches[1:]).sum(axis=1) / (lengths[:-1] * lengths[1:])
    assert found.cosine == pytest.approx(cosines.mean(), rel=1e-5)


def test_the_noise_scale_of_known_noise_is_found():
    random, scatter = np.random.default_rng(3), Scatter(4)
    mean, deviation = np.array([3.0, 4.0]), np.array([1.0, 2.0])
    for _ in range(20_000):
        scatter.add(torch.from_numpy(mean + random.normal(0, deviation, (4, 2)).mean(axis=0)))
    assert scatter.noise_scale == pytest.approx((1 + 4) / 25, rel=0.05)


@pytest.mark.parametrize(
    ("gradients", "expected"),
    [([], np.nan), ([[1.0, 2.0]], np.nan), ([[1.0, 0.0], [-1.0, 0.0]], np.inf), ([[0.0], [0.0]], np.nan)],
)
def test_of_too_few_gradients_or_of_noise_alone_no_number_is_made_up(gradients, expected):
    scatter = Scatter(2)
    for gradient in gradients:
        scatter.add(torch.tensor(gradient, dtype=torch.float64))
    assert np.array_equal(scatter.noise_scale, expected, equal_nan=True)


@pytest.mark.parametrize("rule", ["sgd", "nesterov"])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_steps_on_a_bowl_shrink_below_the_limit_and_grow_above_it(rule, momentum):
    limit = stable_limit(rule, 0.1, momentum)
    if momentum == 0:
        assert limit == 20
    hyper = {"momentum": torch.tensor(momentum)}
    for sharpness, grows in ((0.97 * limit, False), (1.03 * limit, True)):
        weight, slots = torch.ones(1, dtype=torch.float64), {"velocity": torch.zeros(1, dtype=torch.float64)}
        for _ in range(2_000):
            RULES[rule].update(weight, sharpness * weight, slots, torch.tensor(0.1), hyper)
            if abs(float(weight)) > 1e6:
                break
        assert (abs(float(weight)) > 1) == grows


@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"sgd", "nesterov"}))
def test_optimizers_that_scale_their_steps_have_no_limit(rule):
    assert stable_limit(rule, 0.1, 0.9) is None


def test_without_a_rate_there_is_no_limit():
    assert stable_limit("sgd", 0.0, 0.9) is None


@pytest.mark.parametrize(("momentum", "kind"), [(0.5, "constant"), (0.95, "one_cycle")])
def test_the_momentum_is_that_of_the_next_step(momentum, kind):
    trainer = make_trainer(make_dataset(), optimizer__momentum=0.5, schedule__kind=kind)
    assert edges.momentum_at(trainer.setup, 0) == pytest.approx(momentum)
    assert edges.momentum_at(make_trainer(make_dataset(), optimizer__kind="adagrad").setup, 0) == 0


@pytest.mark.parametrize("knobs", KINDS.values(), ids=KINDS)
def test_measuring_changes_nothing_and_finds_the_same_again(knobs):
    trainer = make_trainer(make_dataset(), **knobs)
    trainer.advance(steps=7)
    snapshot = trainer.snapshot()
    before = snapshot.parameters.copy(), snapshot.buffers.copy()
    first, second = (measure(trainer.setup, snapshot, lr=0.1) for _ in range(2))
    assert first == second
    assert np.array_equal(snapshot.parameters, before[0])
    assert np.array_equal(snapshot.buffers, before[1])


def test_it_tells_how_far_it_is_and_can_be_cancelled():
    trainer, told = make_trainer(make_dataset()), []
    measure(trainer.setup, trainer.snapshot(), 0.1, lambda share, text: told.append((share, text)))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert {text for _, text in told} == {"sharpness", "gradient noise", "successive gradients"}
    with pytest.raises(Cancelled):
        measure(trainer.setup, trainer.snapshot(), 0.1, cancelled=lambda: True)


def test_samples_are_bounded(monkeypatch):
    monkeypatch.setattr(edges, "ROWS", 12)
    trainer = make_trainer(make_dataset(), batches__size=16)
    found = measure(trainer.setup, trainer.snapshot(), 0.1)
    assert (found.rows, found.batch) == (12, 16)
    assert np.isfinite([found.sharpness, found.cosine]).all()
