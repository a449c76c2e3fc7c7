"""Answers to probes against a forward pass in numpy, float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data import Samples
from nnplayground.engine import Trainer
from nnplayground.engine.probes import (
    ChangeRequest,
    HistogramRequest,
    OutputRequest,
    PredictionRequest,
    ResponseRequest,
)
from nnplayground.engine.probing import Prober, domain_points
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from tests.engine.conftest import LINKS, answers_in_numpy, forward_in_numpy, make_dataset, make_trainer, same

TASKS = [("classification", 2), ("classification", 3), ("regression", 0)]
close = {"rtol": 1e-4, "atol": 1e-5}


def trained(task="classification", classes=2, inputs=2, domain=2, **knobs):
    """Return a trainer after some steps, and a prober of it."""
    trainer = make_trainer(
        make_dataset(task, classes, inputs, domain=domain),
        network__normalization="batch",
        network__norm_place="after",
        **knobs,
    )
    first = trainer.snapshot()
    trainer.advance(steps=20)
    return trainer, Prober(trainer.setup, first)


def shown(trainer, outputs):
    """Return the output neurons as probability or value in its unit, one column each."""
    answers = LINKS[trainer.head.activation](outputs)
    return answers_in_numpy(trainer, outputs) if trainer.dataset.task == "regression" else answers


def test_a_picture_s_first_row_is_the_top_and_points_are_middles_of_pixels():
    points = domain_points(((-6.0, 6.0), (-2.0, 2.0)), 4).reshape(4, 4, 2)
    assert points.dtype == np.float32
    np.testing.assert_array_equal(points[0, :, 0], [-4.5, -1.5, 1.5, 4.5])
    np.testing.assert_array_equal(points[:, 0, 1], [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_array_equal(domain_points(((-6.0, 6.0),), 4), [[-4.5], [-1.5], [1.5], [4.5]])


@given(resolution=st.integers(1, 40), low=st.floats(-100, 99), width=st.floats(0.1, 100))
def test_points_lie_inside_the_domain_and_evenly(resolution, low, width):
    points = domain_points(((low, low + width), (0.0, 1.0)), resolution)
    assert points.shape == (resolution**2, 2)
    assert low - 1e-4 <= points[:, 0].min()
    assert points[:, 0].max() <= low + width + 1e-4
    rows = points.reshape(resolution, resolution, 2)
    assert np.allclose(np.diff(rows[:, :, 0], axis=1), width / resolution, atol=1e-4)
    assert np.allclose(rows[:, 0, 1] + rows[::-1, 0, 1], 1.0, atol=1e-6)


@pytest.mark.parametrize(("task", "classes"), TASKS)
def test_responses_over_a_plane_are_those_of_numpy(task, classes):
    trainer, prober = trained(task, classes)
    found = prober.answer(ResponseRequest(resolution=9, limit=4), trainer.snapshot())
    points = domain_points(trainer.dataset.domain, 9)
    layers = forward_in_numpy(trainer, trainer.snapshot(), points)
    expected = [*layers[:-1], shown(trainer, layers[-1])]
    assert [pictures.shape for pictures in found.layers] == [(min(k.shape[1], 4), 9, 9) for k in expected]
    np.testing.assert_allclose(found.inputs, points.T.reshape(2, 9, 9), **close)
    for pictures, values in zip(found.layers, expected, strict=True):
        np.testing.assert_allclose(pictures, values[:, :4].T.reshape(-1, 9, 9), **close)


@pytest.mark.parametrize(("task", "classes"), TASKS)
def test_the_output_over_a_plane_is_that_of_numpy(task, classes):
    trainer, prober = trained(task, classes)
    values = prober.answer(OutputRequest(resolution=11), trainer.snapshot()).values
    outputs = forward_in_numpy(trainer, trainer.snapshot(), domain_points(trainer.dataset.domain, 11))[-1]
    assert values.shape == (classes or 1, 11, 11)
    np.testing.assert_allclose(values, answers_in_numpy(trainer, outputs).T.reshape(-1, 11, 11), **close)


def test_the_top_of_a_picture_is_where_x2_is_largest():
    trainer, prober = trained("regression", 0, network__layers=[])
    for index, value in (((0, 0), 0.0), ((0, 1), 1.0)):  # the value is x2
        trainer.set_parameter(0, "weight", index, value)
    trainer.set_parameter(0, "bias", (0,), 0.0)
    dataset = trainer.dataset
    (picture,) = prober.answer(OutputRequest(resolution=5), trainer.snapshot()).values
    rows = (picture[:, 0] - dataset.target_mean) / dataset.target_scale
    np.testing.assert_allclose(rows, [2.4, 1.2, 0.0, -1.2, -2.4], atol=1e-6)
    assert np.ptp(picture, axis=1).max() < 1e-6
    np.testing.assert_allclose(prober.answer(ResponseRequest(5), trainer.snapshot()).layers[0][0], picture)


def test_along_a_line_pictures_have_one_row_and_outputs_none():
    trainer, prober = trained("regression", 0, inputs=1, domain=1)
    points = domain_points(trainer.dataset.domain, 13)
    layers = forward_in_numpy(trainer, trainer.snapshot(), points)
    responses = prober.answer(ResponseRequest(resolution=13), trainer.snapshot())
    assert [p.shape for p in (responses.inputs, *responses.layers)] == [(1, 1, 13), (6, 1, 13), (5, 1, 13), (1, 1, 13)]
    np.testing.assert_allclose(responses.layers[0][:, 0], layers[0].T, **close)
    values = prober.answer(OutputRequest(resolution=13), trainer.snapshot()).values
    assert values.shape == (1, 13)
    np.testing.assert_allclose(values, answers_in_numpy(trainer, layers[-1]).T, **close)


@pytest.mark.parametrize("resolution", [5, 8])
def test_of_other_data_validation_samples_are_shown_by_target_and_the_rest_is_empty(resolution):
    trainer, prober = trained("classification", 3, inputs=4, domain=0)
    validation = trainer.dataset.validation
    shown_rows = min(resolution**2, len(validation))
    rows = np.argsort(validation.targets[:shown_rows], kind="stable")
    layers = forward_in_numpy(trainer, trainer.snapshot(), validation.inputs[rows])
    responses = prober.answer(ResponseRequest(resolution), trainer.snapshot())
    for pictures, values in (
        (responses.inputs, validation.inputs[rows]),
        (responses.layers[0], layers[0]),
        (responses.layers[-1], shown(trainer, layers[-1])),
    ):
        flat = pictures.reshape(len(pictures), -1)
        np.testing.assert_allclose(flat[:, :shown_rows], values.T, **close)
        assert np.isnan(flat[:, shown_rows:]).all()
    assert prober.answer(OutputRequest(resolution), trainer.snapshot()) is None


@pytest.mark.parametrize(("task", "classes"), TASKS)
@pytest.mark.parametrize("limit", [7, 2000])
def test_predictions_are_those_of_numpy(task, classes, limit):
    trainer, prober = trained(task, classes)
    found = prober.answer(PredictionRequest(limit), trainer.snapshot())
    for part, answers in ((trainer.dataset.train, found.train), (trainer.dataset.validation, found.validation)):
        outputs = forward_in_numpy(trainer, trainer.snapshot(), part.inputs[:limit])[-1]
        np.testing.assert_allclose(answers, answers_in_numpy(trainer, outputs), **close)
        assert answers.dtype == np.float32


@pytest.mark.parametrize(("task", "classes"), TASKS)
def test_a_change_is_between_the_maps_of_two_snapshots(task, classes):
    trainer, prober = trained(task, classes)
    marked = trainer.snapshot()
    trainer.advance(steps=30)
    for since, step in ((None, 0), (marked, 20), (None, 0)):
        found = prober.answer(ChangeRequest(9, since), trainer.snapshot())
        assert found.step == step
        assert same(found.now, prober.answer(OutputRequest(9), trainer.snapshot()).values)
        assert same(found.before, prober.answer(OutputRequest(9), since or prober.first).values)
    assert not np.allclose(found.now, found.before)


def test_a_snapshot_of_another_network_has_no_change():
    trainer, prober = trained()
    other = make_trainer(trainer.dataset, network__layers=[3])
    assert prober.answer(ChangeRequest(9, other.snapshot()), trainer.snapshot()) is None
    table, prober = trained(inputs=4, domain=0)
    assert prober.answer(ChangeRequest(9), table.snapshot()) is None


def test_weights_are_counted_in_bins_that_hold_the_initial_ones_too():
    trainer, prober = trained()
    for i, histogram in enumerate(prober.answer(HistogramRequest(bins=12), trainer.snapshot()).layers):
        now, before = trainer.snapshot().weights(i), prober.first.weights(i)
        assert histogram.edges.shape == (13,)
        assert histogram.counts.shape == histogram.initial.shape == (12,)
        assert histogram.counts.sum() == histogram.initial.sum() == now.size
        assert np.array_equal(histogram.counts, np.histogram(now, histogram.edges.astype(np.float64))[0])
        assert np.array_equal(histogram.initial, np.histogram(before, histogram.edges.astype(np.float64))[0])
        assert histogram.mean == pytest.approx(now.astype(np.float64).mean())
        assert histogram.std == pytest.approx(now.astype(np.float64).std())


def with_weights(weights):
    """Return the prober of a network without hidden layers, and its snapshot with these weights."""
    trainer = make_trainer(make_dataset("regression", 0, inputs=len(weights)), network__layers=[])
    first = trainer.snapshot()
    values = np.append(np.asarray(weights, np.float32), np.float32(0))
    snapshot = Snapshot(first.layout, 1, 0, values, first.buffers)
    return Prober(trainer.setup, replace(first, parameters=values)), snapshot


@given(
    weights=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    bins=st.integers(1, 101),
)
def test_whatever_the_weights_all_are_counted_and_zero_is_an_edge(weights, bins):
    prober, snapshot = with_weights([*weights, 0.0])
    (histogram,) = prober.answer(HistogramRequest(bins), snapshot).layers
    assert histogram.counts.sum() == histogram.initial.sum() == len(weights) + 1
    middle = len(histogram.edges) // 2
    assert histogram.edges[middle] == 0.0
    assert len(histogram.counts) in (bins, bins + 1)
    assert np.array_equal(histogram.edges, -histogram.edges[::-1])
    assert bool((np.diff(histogram.edges) >= 0).all())
    below = sum(w < 0 for w in np.asarray(weights, np.float32))
    assert histogram.counts[:middle].sum() == below  # a weight of zero counts as not negative


def test_weights_of_zero_have_a_histogram():
    prober, snapshot = with_weights([0.0, 0.0])
    (histogram,) = prober.answer(HistogramRequest(4), snapshot).layers
    np.testing.assert_array_equal(histogram.edges * 1024, [-1.0, -0.5, 0.0, 0.5, 1.0])
    np.testing.assert_array_equal(histogram.counts, [0, 0, 2, 0])


def test_an_answer_is_of_the_snapshot_and_not_of_the_network_as_it_is_now():
    trainer, prober = trained()
    snapshot = trainer.snapshot()
    before = prober.answer(OutputRequest(7), snapshot)
    trainer.advance(steps=30)
    assert same(before.values, prober.answer(OutputRequest(7), snapshot).values)
    assert not np.allclose(before.values, prober.answer(OutputRequest(7), trainer.snapshot()).values)


def test_an_answer_changes_neither_snapshot_nor_data():
    trainer, prober = trained()
    snapshot = trainer.snapshot()
    kept = snapshot.parameters.copy(), snapshot.buffers.copy(), trainer.dataset.train.inputs.copy()
    for request in (ResponseRequest(5), OutputRequest(5), ChangeRequest(5), PredictionRequest(), HistogramRequest()):
        first, again = prober.answer(request, snapshot), prober.answer(request, snapshot)
        if not isinstance(first, tuple):
            assert all(same(v, vars(again)[k]) for k, v in vars(first).items() if isinstance(v, np.ndarray))
    assert same(kept[0], snapshot.parameters)
    assert same(kept[1], snapshot.buffers)
    assert same(kept[2], trainer.dataset.train.inputs)


@pytest.mark.parametrize("kind", ["spiral", "plane", "sine", "iris", "diabetes", "digits"])
def test_data_of_every_shape_have_answers(kind):
    trainer = Trainer(Experiment().replace_all({"data": {"kind": kind}, "network.layers": [4]}), device="cpu")
    prober = Prober(trainer.setup, trainer.snapshot())
    responses = prober.answer(ResponseRequest(6), trainer.snapshot())
    assert len(responses.inputs) == min(len(trainer.dataset.input_names), 16)
    assert len(responses.layers) == 2
    output = prober.answer(OutputRequest(6), trainer.snapshot())
    assert (output is None) == (not trainer.dataset.domain)
    x = domain_points(trainer.dataset.domain, 6) if trainer.dataset.domain else None
    if x is not None:
        columns = trainer.predict(trainer.dataset.encode(x)).T
        np.testing.assert_allclose(output.values.reshape(len(columns), -1), columns, rtol=1e-5, atol=1e-6)
    predictions = prober.answer(PredictionRequest(), trainer.snapshot())
    assert len(predictions.train) == min(len(trainer.dataset.train), 2000)
    assert isinstance(trainer.dataset.train, Samples)
