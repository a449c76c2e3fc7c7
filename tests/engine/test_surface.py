"""Loss surfaces: against plain evaluation, closed forms and numpy's decompositions."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nnplayground.data.progress import Cancelled
from nnplayground.engine import Trainer
from nnplayground.engine import surface as surfaces
from nnplayground.engine.setup import Setup
from nnplayground.engine.slices import Area, grid, has_two_weights, path_slice, random_slice, weight_slice
from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.engine.surface import Losses, explore, surface
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.layers import Layer
from tests.engine.conftest import make_dataset, make_experiment

CPU = torch.device("cpu")
LINEAR = {"network__layers": ()}


def made(task="classification", classes=3, inputs=3, steps=20, **knobs):
    """A setup, and the snapshot of its network after some steps."""
    dataset = make_dataset(task, classes, inputs=inputs)
    experiment = make_experiment(dataset, **knobs)
    trainer = Trainer(experiment, device="cpu", executor="eager", dataset=dataset)
    trainer.advance(steps=steps)
    return Setup.of(experiment, CPU, dataset), trainer.snapshot()


def loss_at(setup, snapshot, parameters):
    """The training loss as the evaluator says it."""
    trainer = Trainer(setup.experiment, device="cpu", executor="eager", dataset=setup.dataset)
    state = trainer.state_dict()
    state["parameters"] = torch.as_tensor(parameters, dtype=torch.float32)
    state["buffers"] = torch.from_numpy(snapshot.buffers)
    trainer.load_state_dict(state)
    return trainer.evaluate().train_loss


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"network__normalization": "batch"},
        {"network__normalization": "weight"},
        {"network__dropout": 0.3, "regularization__l2": 0.1, "regularization__smoothing": 0.2},
        {"loss": {"kind": "focal", "gamma": 1.5}},
        {"loss": {"kind": "cross_entropy", "class_weights": "balanced"}},
        {"task": "regression", "loss": {"kind": "huber", "delta": 0.4}},
        LINEAR,
    ],
    ids=str,
)
def test_every_point_is_the_evaluated_loss_of_the_network_there(knobs):
    setup, snapshot = made(**knobs)
    plane = random_slice(snapshot.layout, snapshot.parameters, seed=3)
    found = surface(setup, snapshot, plane, np.linspace(-1, 1, 5), np.linspace(-2, 0.5, 4))
    for j, b in enumerate(found.y):
        for i, a in enumerate(found.x):
            there = plane.origin.astype(float) + a * plane.directions[0] + b * plane.directions[1]
            assert found.loss[j, i] == pytest.approx(loss_at(setup, snapshot, there), rel=2e-5, abs=1e-6)
    assert (found.samples, found.of) == (40, 40)


def test_linear_regression_is_a_parabola_of_its_weights():
    setup, snapshot = made("regression", inputs=2, **LINEAR)
    assert has_two_weights(snapshot.layout)
    found = explore(setup, snapshot, Area("weights", resolution=9), [snapshot.parameters * 0])
    x, y = setup.dataset.train.inputs.astype(float), setup.dataset.train.targets.astype(float)
    best = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    assert found.lowest == pytest.approx(best[:2], abs=1e-5)
    expected = [[np.mean((x @ (a, b) + best[2] - y) ** 2) for a in found.x] for b in found.y]
    np.testing.assert_allclose(found.loss, expected, rtol=1e-5)
    eigenvalues = np.linalg.eigvalsh(2 * x.T @ x / len(x))
    assert found.condition == pytest.approx(eigenvalues[1] / eigenvalues[0], rel=1e-6)


def test_the_least_loss_of_a_logistic_neuron_has_no_slope():
    setup, snapshot = made(classes=2, inputs=2, **LINEAR)
    flat, _ = Losses(setup, snapshot).lowest(snapshot.parameters)
    x, y = setup.dataset.train.inputs.astype(float), setup.dataset.train.targets
    error = 1 / (1 + np.exp(-(x @ flat[:2] + flat[2]))) - y
    np.testing.assert_allclose(error @ np.column_stack([x, np.ones(len(x))]) / len(x), 0, atol=1e-7)


def test_classes_that_a_line_separates_have_no_least_loss():
    dataset = make_dataset(classes=2, inputs=2)
    x = dataset.train.inputs
    apart = replace(dataset, train=replace(dataset.train, targets=(x[:, 0] > x[:, 1]).astype(np.int64)))
    setup = Setup.of(make_experiment(dataset, **LINEAR), CPU, apart)
    start = setup.initial().parameters.numpy()
    assert Losses(setup, Snapshot(setup.built.layout, 0, 0, start, np.zeros(0, np.float32))).lowest(start) is None


@pytest.mark.parametrize("loss", ["mae", "hinge"])
def test_a_loss_without_curvature_has_no_least_place_and_is_drawn_around_nothing(loss):
    task, classes = ("regression", 0) if loss == "mae" else ("classification", 2)
    setup, snapshot = made(task, classes, inputs=2, loss={"kind": loss}, **LINEAR)
    found = explore(setup, snapshot, Area("weights", resolution=5), [])
    assert (found.lowest, found.condition) == (None, None)
    assert found.x[2] == found.y[2] == 0
    assert max(abs(snapshot.parameters[:2])) < found.x[-1]


def test_pieces_of_points_and_of_samples_come_to_the_same(monkeypatch):
    setup, snapshot = made(network__normalization="batch")
    plane, x = random_slice(snapshot.layout, snapshot.parameters, seed=1), np.linspace(-1, 1, 7)
    whole = surface(setup, snapshot, plane, x, x)
    monkeypatch.setattr(surfaces, "NUMBERS", 30 * setup.built.widest)
    monkeypatch.setattr(surfaces, "ROWS", 7 * setup.built.widest)
    pieces = surface(setup, snapshot, plane, x, x)
    np.testing.assert_allclose(pieces.loss, whole.loss, rtol=1e-5)


def test_what_overflows_is_not_finite_and_the_rest_is_as_it_was():
    setup, snapshot = made("regression", inputs=2, **LINEAR)
    plane = weight_slice(snapshot.layout, snapshot.parameters)
    found = surface(setup, snapshot, plane, np.array([0.0, 1e25]), np.array([0.0]))
    assert np.isfinite(found.loss[0, 0])
    assert not np.isfinite(found.loss[0, 1])


def test_networks_that_take_long_see_fewer_samples(monkeypatch):
    setup, snapshot = made()
    monkeypatch.setattr(surfaces, "FEWEST", 10)
    for work, samples in ((1, 10), (25, 25), (10**6, 40)):
        monkeypatch.setattr(surfaces, "WORK", work * setup.built.widest)
        found = explore(setup, snapshot, Area(resolution=3), [])
        assert (found.samples, found.of) == (samples, 40)


def test_it_can_be_cancelled_between_the_samples_of_one_point(monkeypatch):
    setup, snapshot = made()
    monkeypatch.setattr(surfaces, "ROWS", setup.built.widest)
    looked = []
    with pytest.raises(Cancelled):
        explore(setup, snapshot, Area(resolution=3), [], cancelled=lambda: looked.append(1) or len(looked) > 20)
    assert len(looked) == 21


def test_progress_is_told_and_cancelling_ends_it():
    setup, snapshot = made()
    told = []
    explore(setup, snapshot, Area(resolution=21), [], lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    with pytest.raises(Cancelled):
        explore(setup, snapshot, Area(resolution=21), [], cancelled=lambda: len(told) > 0)


# directions


def test_random_directions_are_as_long_as_each_filter_and_at_right_angles():
    setup, snapshot = made(network__normalization="batch")
    plane = random_slice(snapshot.layout, snapshot.parameters, seed=4)
    for tensor in setup.built.layout.parameters:
        parts = plane.directions[:, tensor.start : tensor.stop]
        if tensor.role != "weight":
            assert not parts.any()
            continue
        rows = snapshot.parameters[tensor.start : tensor.stop].reshape(tensor.shape[0], -1)
        first, second = parts.reshape(2, *rows.shape).astype(float)
        for direction in (first, second):
            np.testing.assert_allclose(np.linalg.norm(direction, axis=1), np.linalg.norm(rows, axis=1), rtol=1e-5)
        np.testing.assert_allclose((first * second).sum(axis=1), 0, atol=1e-5)


def test_directions_are_drawn_by_their_seed_alone():
    _, snapshot = made()
    first, same, other = (random_slice(snapshot.layout, snapshot.parameters, seed).directions for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_weights_of_neurons_with_one_input_are_moved_together():
    _, snapshot = made("regression", inputs=1)
    plane = random_slice(snapshot.layout, snapshot.parameters, seed=1)
    weight = snapshot.layout.find(0, "weight")
    first, second = plane.directions[:, weight.start : weight.stop].astype(float)
    assert first @ second == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(first) == pytest.approx(np.linalg.norm(snapshot.weights(0)), rel=1e-5)


def test_frozen_layers_stay():
    setup, snapshot = made(network__layers=(Layer(width=4, frozen=True), Layer(width=4)))
    plane = random_slice(snapshot.layout, snapshot.parameters, 1, setup.tuning.frozen)
    start, stop = snapshot.layout.spans[0]
    assert not plane.directions[:, start:stop].any()
    assert plane.directions[:, stop:].any()


@pytest.mark.parametrize("shape", [(1, 1), (4, 3)])
def test_without_two_weights_that_are_not_0_there_is_no_surface(shape):
    tensor = Tensor(0, "weight", shape, 0)
    layout = Layout(("output",), 1, (tensor,), ())
    parameters = np.full(tensor.stop, 1.0 if shape == (1, 1) else 0.0, np.float32)
    with pytest.raises(ExperimentError, match="two weights"):
        random_slice(layout, parameters, 1)


@pytest.mark.parametrize("size", [5, 300])
def test_a_paths_directions_are_its_principal_components(size, monkeypatch):
    monkeypatch.setattr("nnplayground.engine.slices.COLUMNS", 64)
    points = np.cumsum(np.random.default_rng(2).normal(size=(30, size)), axis=0).astype(np.float32)
    plane = path_slice(list(points), points[-1])
    centred = points.astype(float) - points.mean(axis=0, dtype=float)
    _, values, rows = np.linalg.svd(centred, full_matrices=False)
    for ours, theirs in zip(plane.directions, rows, strict=False):
        assert abs(ours @ theirs) == pytest.approx(1, abs=1e-5)
    assert plane.shares == pytest.approx(values[:2] ** 2 / (values**2).sum(), rel=1e-5)
    begin, end = (np.array(plane.coordinates(points[i])) for i in (0, -1))
    assert (begin < 0).all()
    np.testing.assert_array_equal(end, 0)


def test_a_path_within_a_plane_is_found_again_on_it():
    random = np.random.default_rng(3)
    places, basis = random.normal(size=(20, 2)), random.normal(size=(2, 50))
    points = list((places @ basis + 5).astype(np.float32))
    plane = path_slice(points, points[-1])
    assert sum(plane.shares) == pytest.approx(1, abs=1e-6)
    for point in points:
        a, b = plane.coordinates(point)
        np.testing.assert_allclose(plane.origin + a * plane.directions[0] + b * plane.directions[1], point, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_a_short_or_straight_path_has_no_plane(count):
    points = [np.full(4, i, np.float32) for i in range(count)]
    with pytest.raises(ExperimentError, match="path is too short"):
        path_slice(points, np.zeros(4, np.float32))


def test_the_area_of_a_path_holds_it_with_some_room():
    places = np.array([[0.0, 0.0], [-4.0, 1.0], [-8.0, -1.0]])
    for reach in (1.0, 2.0):
        x, y = grid(Area("path", 21, reach), places)
        assert len(x) == len(y) == 21
        assert (x[0], x[-1], y[0], y[-1]) == pytest.approx(
            (-4 - 5 * reach, -4 + 5 * reach, -1.25 * reach, 1.25 * reach)
        )


def test_an_area_about_one_place_alone_is_not_empty():
    for kind in ("path", "weights"):
        x, y = grid(Area(kind), np.zeros((1, 2)))
        assert x[0] < 0 < x[-1]
        assert y[0] < 0 < y[-1]


def test_the_network_of_any_other_shape_has_more_than_two_weights():
    assert not has_two_weights(made(inputs=2)[1].layout)
    assert not has_two_weights(made(inputs=2, classes=3, **LINEAR)[1].layout)
    assert not has_two_weights(made(inputs=3, classes=2, **LINEAR)[1].layout)
