"""Histograms of every quantity, activity and signal, against numpy in float64, autograd and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.engine.network import forward, initialize, views
from nnplayground.engine.probes import (
    QUANTITIES,
    Activity,
    ActivityRequest,
    HistogramRequest,
    Histograms,
    SignalRequest,
    Signals,
)
from nnplayground.engine.probes.histograms import on_edges
from nnplayground.engine.probing import Prober
from nnplayground.engine.probing.activity import FLAT, steepest
from nnplayground.engine.probing.sample import sample
from nnplayground.engine.snapshot import Snapshot
from tests.engine.conftest import CLOSED_FORMS, NORMS, forward_in_numpy, make_dataset, make_trainer, same

CONV = (
    {"kind": "conv", "filters": 3, "kernel": 3},
    {"kind": "max_pool", "size": 2},
    {"kind": "residual", "filters": 4},
    {"kind": "flatten"},
    {"width": 5},
)


def probed(steps: int = 20, image: bool = False, **knobs):
    """Return a trainer after some steps and its prober."""
    dataset = make_dataset(classes=3, image=(1, 6, 6)) if image else make_dataset(classes=3, inputs=4)
    trainer = make_trainer(dataset, **({"network__layers": CONV} if image else {}), **knobs)
    first = trainer.snapshot()
    trainer.advance(steps=steps)
    return trainer, Prober(trainer.setup, first)


def loss_in_numpy(trainer, parameters: np.ndarray, rows: int) -> float:
    """The mean loss of the first training samples, by the closed form of cross-entropy."""
    snapshot = trainer.snapshot()
    moved = Snapshot(snapshot.layout, 0, 0, parameters, snapshot.buffers)
    outputs = forward_in_numpy(trainer, moved, trainer.dataset.train.inputs[:rows])[-1]
    logs = outputs - np.logaddexp.reduce(outputs, axis=1, keepdims=True)
    return float(-logs[np.arange(rows), trainer.dataset.train.targets[:rows]].mean())


def pre_activations_in_numpy(trainer, rows: int) -> list[np.ndarray]:
    """What each layer of a plain dense network gives to its activation."""
    snapshot, values, found = trainer.snapshot(), trainer.dataset.train.inputs[:rows].astype(np.float64), []
    for i, layer in enumerate(trainer.built.layers):
        sums = values @ snapshot.weights(i).astype(np.float64).T + snapshot.biases(i)
        found.append(sums)
        values = CLOSED_FORMS[layer.style.activation](sums)
    return found


def counted(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(values, edges.astype(np.float64))[0]


def close_counts(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether counts agree but for values that float32 puts just across an edge."""
    return found.sum() == expected.sum() and np.abs(np.cumsum(found) - np.cumsum(expected)).max() <= 1


# histograms


@pytest.mark.parametrize("rows", [7, 200])
def test_activations_and_pre_activations_are_counted_as_in_numpy(rows):
    trainer, prober = probed()
    used = min(rows, len(trainer.dataset.train))
    outputs = forward_in_numpy(trainer, trainer.snapshot(), trainer.dataset.train.inputs[:used])
    expected = {"activations": outputs, "pre-activations": pre_activations_in_numpy(trainer, used)}
    for quantity, layers in expected.items():
        found = prober.answer(HistogramRequest(20, quantity, rows), trainer.snapshot())
        assert isinstance(found, Histograms)
        for histogram, values in zip(found.layers, layers, strict=True):
            assert close_counts(histogram.counts, counted(values, histogram.edges))
            assert histogram.mean == pytest.approx(values.mean(), abs=1e-5)
            assert histogram.std == pytest.approx(values.std(), rel=1e-4)


def test_biases_are_counted_and_begin_at_zero():
    trainer, prober = probed()
    for i, histogram in enumerate(prober.answer(HistogramRequest(20, "biases"), trainer.snapshot()).layers):
        biases = trainer.snapshot().biases(i)
        assert np.array_equal(histogram.counts, counted(biases, histogram.edges))
        assert histogram.initial[10] == histogram.initial.sum() == biases.size


def test_a_block_without_biases_has_an_empty_histogram():
    trainer, prober = probed(image=True, network__normalization="batch")
    block = prober.answer(HistogramRequest(20, "biases"), trainer.snapshot()).layers[1]
    assert block.counts.sum() == 0
    assert np.isnan(block.mean)


def test_gradients_are_those_of_finite_differences_in_numpy():
    trainer, prober = probed(regularization__l2=0.1)  # penalties do not count
    rows, snapshot = 12, trainer.snapshot()
    found = prober.answer(HistogramRequest(40, "gradients", rows), snapshot).layers
    flat = snapshot.parameters.astype(np.float64)
    gradient = np.zeros(len(flat))
    for i in range(len(flat)):
        ends = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * 1e-5
            ends.append(loss_in_numpy(trainer, moved, rows))
        gradient[i] = (ends[0] - ends[1]) / 2e-5
    for histogram, (start, stop) in zip(found, snapshot.layout.spans, strict=True):
        own = gradient[start:stop]
        assert close_counts(histogram.counts, counted(own, histogram.edges))
        assert histogram.mean == pytest.approx(own.mean(), abs=1e-6)
        assert histogram.std == pytest.approx(own.std(), rel=1e-3)


def test_of_images_gradients_and_pre_activations_are_those_of_torch_s_own_layers():
    trainer, prober = probed(image=True, network__activation="relu")
    snapshot, rows = trainer.snapshot(), 9
    x = torch.as_tensor(trainer.dataset.train.inputs[:rows]).view(-1, 1, 6, 6)
    get = {
        (t.layer, t.role): torch.as_tensor(snapshot.parameters[t.start : t.stop]).view(t.shape)
        for t in snapshot.layout.parameters
    }
    get = {key: value.clone().requires_grad_() for key, value in get.items()}
    conv = nn.functional.conv2d
    first = conv(x, get[0, "weight"], get[0, "bias"], padding=1)
    pooled = nn.functional.max_pool2d(torch.relu(first), 2)
    inside = conv(pooled, get[1, "1 weight"], get[1, "1 bias"], padding=1)
    added = conv(torch.relu(inside), get[1, "2 weight"], get[1, "2 bias"], padding=1)
    added = added + conv(pooled, get[1, "shortcut weight"], get[1, "shortcut bias"])
    dense = torch.relu(added).flatten(1) @ get[2, "weight"].T + get[2, "bias"]
    outputs = torch.relu(dense) @ get[3, "weight"].T + get[3, "bias"]
    loss = nn.functional.cross_entropy(outputs, torch.as_tensor(trainer.dataset.train.targets[:rows]))
    loss.backward()
    sums = [[first], [inside, added], [dense], [outputs]]
    found = prober.answer(HistogramRequest(40, "pre-activations", rows), snapshot).layers
    for histogram, layer in zip(found, sums, strict=True):
        values = torch.cat([s.detach().flatten() for s in layer]).double().numpy()
        assert close_counts(histogram.counts, counted(values, histogram.edges))
    found = prober.answer(HistogramRequest(40, "gradients", rows), snapshot).layers
    for i, histogram in enumerate(found):
        values = torch.cat([g.grad.flatten() for (layer, _), g in get.items() if layer == i]).double().numpy()
        assert histogram.counts.sum() == values.size
        assert histogram.std == pytest.approx(values.std(), rel=1e-4)


@pytest.mark.parametrize("name", NORMS)
def test_normalized_before_the_activation_is_what_is_given_to_it(name):
    trainer, prober = probed(**NORMS[name])
    passed = sample(prober, 10)
    passed.pass_through(prober, *prober.tensors(trainer.snapshot()))
    outputs = forward_in_numpy(trainer, trainer.snapshot(), trainer.dataset.train.inputs[:10])
    for layer, (given,), kept, expected in zip(trainer.built.layers, passed.sums, passed.kept, outputs, strict=True):
        np.testing.assert_allclose(kept.numpy(), expected, rtol=1e-3, atol=1e-4)
        if not name.endswith("after"):
            np.testing.assert_allclose(
                CLOSED_FORMS[layer.style.activation](given.numpy()), expected, rtol=1e-3, atol=1e-4
            )


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_bins_of_all_steps_fit_into_each_other(quantity):
    trainer, prober = probed(steps=0, optimizer__lr=1.0)
    found = []
    for _ in range(6):
        found.append(prober.answer(HistogramRequest(16, quantity), trainer.snapshot()))
        trainer.advance(steps=10)
    for i in range(len(trainer.layers)):
        wide = max((h.layers[i].edges for h in found), key=lambda e: (e[-1], len(e)))
        for reading in found:
            histogram = reading.layers[i]
            inside = wide[np.abs(wide) <= histogram.edges[-1]]
            assert np.abs(inside[:, None] - histogram.edges).min(axis=1).max() <= 1e-6 * wide[-1]
            joined = on_edges(histogram.counts, histogram.edges, wide)
            assert joined.sum() == histogram.counts.sum()
            middle, half = len(wide) // 2, len(histogram.counts) // 2
            assert joined[:middle].sum() == histogram.counts[:half].sum()


def test_bins_reach_twice_as_far_as_at_first_where_values_grew():
    trainer, prober = probed(steps=0)
    first = trainer.snapshot()
    grown = Snapshot(first.layout, 1, 0, first.parameters * np.float32(5), first.buffers)
    for before, after in zip(*(prober.answer(HistogramRequest(8), s).layers for s in (first, grown)), strict=True):
        assert after.edges[-1] == pytest.approx(8 * before.edges[-1])
        assert np.array_equal(on_edges(before.counts, before.edges, after.edges), after.initial)


def test_gradients_that_grow_get_more_decades_and_keep_the_edges_they_had():
    trainer, prober = probed(steps=0, network__activation="relu")
    first = trainer.snapshot()
    grown = Snapshot(first.layout, 1, 0, first.parameters * np.float32(20), first.buffers)
    before, after = (prober.answer(HistogramRequest(40, "gradients"), s).layers[0] for s in (first, grown))
    assert len(after.edges) > len(before.edges)
    assert set(before.edges.tolist()) <= set(after.edges.tolist())
    assert after.counts.sum() == before.counts.sum()


# activity


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activity_is_that_of_numpy(activation):
    trainer, prober = probed(network__activation=activation, network__initializer="normal")
    found = prober.answer(ActivityRequest(30), trainer.snapshot())
    assert isinstance(found, Activity)
    outputs = forward_in_numpy(trainer, trainer.snapshot(), trainer.dataset.train.inputs[:30])
    for layer, given, values in zip(found.layers, pre_activations_in_numpy(trainer, 30), outputs, strict=True):
        function = CLOSED_FORMS[layer.activation]
        slopes = np.abs(function(given + 1e-6) - function(given - 1e-6)) / 2e-6
        grid = np.linspace(-10, 10, 200_001)
        flat = slopes < 0.05 * np.abs(np.diff(function(grid)) / np.diff(grid)).max()
        assert layer.mean == pytest.approx(values.mean(), abs=1e-5)
        assert layer.std == pytest.approx(values.std(), rel=1e-4)
        np.testing.assert_allclose(layer.means, values.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(layer.stds, values.std(axis=0), atol=1e-5)
        kinds = layer.saturated, layer.inactive, layer.dead
        if layer.activation in ("identity", "sine"):
            assert kinds == (None, None, None)
            continue
        np.testing.assert_allclose(layer.shares, flat.mean(axis=0), atol=1e-9)
        share, dead = pytest.approx(flat.mean()), pytest.approx(flat.all(axis=0).mean())
        saturates = layer.activation in ("sigmoid", "tanh")
        assert kinds[:2] == ((share, None) if saturates else (None, share))
        assert layer.dead == (None if saturates or layer.activation == "leaky_relu" else dead)


def test_tanh_and_sigmoid_are_saturated_beyond_the_values_that_the_explanation_names():
    assert steepest("tanh") == pytest.approx(1)
    assert steepest("sigmoid") == pytest.approx(0.25)
    assert np.sqrt(1 - FLAT) == pytest.approx(0.975, abs=5e-4)  # tanh' = 1 - tanh²
    assert (1 - np.sqrt(1 - FLAT)) / 2 == pytest.approx(0.013, abs=5e-4)  # sigmoid' = s (1 - s)


def test_a_relu_with_a_large_negative_bias_is_dead_and_its_share_of_zeros_is_counted():
    trainer, prober = probed(network__activation="relu")
    trainer.set_parameter(0, "bias", (2,), -1000.0)
    layer = prober.answer(ActivityRequest(), trainer.snapshot()).layers[0]
    outputs = forward_in_numpy(trainer, trainer.snapshot(), trainer.dataset.train.inputs[:200])[0]
    assert layer.shares[2] == 1.0
    assert layer.dead == pytest.approx((outputs == 0).all(axis=0).mean())
    assert layer.inactive == pytest.approx((outputs == 0).mean())
    assert layer.dead >= 1 / 6


def test_of_an_image_a_neuron_is_a_channel_over_all_places():
    trainer, prober = probed(image=True, network__activation="relu")
    snapshot = trainer.snapshot()
    x = torch.as_tensor(trainer.dataset.train.inputs[:11]).view(-1, 1, 6, 6).double()
    weight, bias = (torch.as_tensor(v).double() for v in (snapshot.weights(0), snapshot.biases(0)))
    values = torch.relu(nn.functional.conv2d(x, weight, bias, padding=1)).numpy()
    layer = prober.answer(ActivityRequest(11), snapshot).layers[0]
    np.testing.assert_allclose(layer.shares, (values == 0).mean(axis=(0, 2, 3)), atol=2e-3)
    np.testing.assert_allclose(layer.means, values.mean(axis=(0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(layer.stds, values.std(axis=(0, 2, 3)), rtol=1e-4)


# the signal


def signal_in_numpy(trainer, snapshot: Snapshot, rows: int) -> tuple[list[float], list[float]]:
    """Variances forward, and backward by the chain rule in float64: of a plain network of tanh and cross-entropy."""
    values = [trainer.dataset.train.inputs[:rows].astype(np.float64)]
    values += forward_in_numpy(trainer, snapshot, trainer.dataset.train.inputs[:rows])
    chances = np.exp(values[-1] - np.logaddexp.reduce(values[-1], axis=1, keepdims=True))
    chances[np.arange(rows), trainer.dataset.train.targets[:rows]] -= 1
    gradient, backward = chances, [chances.var()]
    for i in range(len(trainer.layers) - 1, 0, -1):
        gradient = gradient @ snapshot.weights(i).astype(np.float64) * (1 - values[i] ** 2)
        backward.insert(0, gradient.var())
    return [v.var() for v in values], backward


def test_the_signal_forward_and_backward_is_that_of_numpy():
    trainer, prober = probed()
    found = prober.answer(SignalRequest(25, now=True), trainer.snapshot())
    assert isinstance(found, Signals)
    assert found.against is None
    for signal, snapshot in ((found.first, prober.first), (found.now, trainer.snapshot())):
        forward_, backward = signal_in_numpy(trainer, snapshot, 25)
        np.testing.assert_allclose(signal.forward, forward_, rtol=1e-4)
        np.testing.assert_allclose(signal.backward, backward, rtol=1e-3)


@pytest.mark.parametrize("initializer", ["normal", "he_normal", "glorot_normal", "lecun_normal"])
def test_compared_with_is_the_network_that_this_initializer_would_have_drawn(initializer):
    layers = ({"width": 6, "initializer": "zeros"}, {"width": 5})
    trainer, prober = probed(network__layers=layers)
    found = prober.answer(SignalRequest(25, initializer), trainer.snapshot())
    other = make_trainer(trainer.dataset, network__initializer=initializer)
    forward_, backward = signal_in_numpy(other, other.snapshot(), 25)
    np.testing.assert_allclose(found.against.forward, forward_, rtol=1e-4)
    np.testing.assert_allclose(found.against.backward, backward, rtol=1e-3)
    assert found.now is None


def test_he_keeps_the_variance_of_deep_relu_networks_and_a_standard_normal_multiplies_it():
    layers = [{"width": 100}] * 6
    _, prober = probed(steps=0, network__layers=layers, network__activation="relu")
    he, normal = (prober.answer(SignalRequest(40, name), prober.first).against for name in ("he_normal", "normal"))
    assert 0.2 < he.forward[6] / he.forward[1] < 5
    growth = (normal.forward[6] / normal.forward[1]) ** (1 / 5)
    assert 25 < growth < 100  # 100 inputs, half of them zero: 50 times as much in every layer
    assert 25 < (normal.backward[0] / normal.backward[5]) ** (1 / 5) < 100


def test_batch_norm_takes_the_samples_own_statistics_for_the_signal_and_stays_as_it_was():
    trainer, prober = probed(steps=0, network__normalization="batch", network__initializer="normal")
    snapshot, kept = trainer.snapshot(), trainer.snapshot().buffers.copy()
    found = prober.answer(SignalRequest(25), snapshot).first
    sums = trainer.dataset.train.inputs[:25].astype(np.float64) @ snapshot.weights(0).astype(np.float64).T
    normal = np.tanh((sums - sums.mean(axis=0)) / np.sqrt(sums.var(axis=0) + 1e-5))
    assert found.forward[1] == pytest.approx(normal.var(), rel=1e-3)
    assert same(kept, snapshot.buffers)
    assert same(kept, prober.first.buffers)


def test_the_signal_at_first_is_computed_once_in_a_run(monkeypatch):
    trainer, prober = probed()
    request = SignalRequest(25, "normal")
    before = prober.answer(request, trainer.snapshot())
    monkeypatch.setattr("nnplayground.engine.probing.signal._signal", None)
    after = prober.retuned(trainer.setup.retuned(trainer.experiment)).answer(request, trainer.snapshot())
    assert after.first is before.first
    assert after.against is before.against


# what is looked at


def test_wide_layers_are_looked_at_for_fewer_samples(monkeypatch):
    _, prober = probed()
    monkeypatch.setattr("nnplayground.engine.probing.sample.FEWEST", 3)
    assert len(sample(prober, 200).x) == 40
    monkeypatch.setattr("nnplayground.engine.probing.sample.NUMBERS", 7 * prober.built.widest)
    assert len(sample(prober, 200).x) == 7
    monkeypatch.setattr("nnplayground.engine.probing.sample.NUMBERS", 1)
    assert len(sample(prober, 200).x) == 3


def test_looking_changes_nothing():
    trainer, prober = probed(image=True, network__normalization="batch")
    snapshot = trainer.snapshot()
    kept = snapshot.parameters.copy(), snapshot.buffers.copy()
    for request in (*(HistogramRequest(quantity=q) for q in QUANTITIES), ActivityRequest(), SignalRequest(now=True)):
        prober.answer(request, snapshot)
    assert all(same(*pair) for pair in zip(kept, (snapshot.parameters, snapshot.buffers), strict=True))


def test_what_is_kept_of_sums_leaves_the_outputs_as_they_are():
    trainer, _ = probed(image=True)
    parameters, buffers = initialize(trainer.built, torch.Generator().manual_seed(1))
    tensors = views(parameters, trainer.built.layout.parameters), views(buffers, trainer.built.layout.buffers)
    x, sums = torch.as_tensor(trainer.dataset.train.inputs), []
    assert torch.equal(forward(trainer.built, *tensors, x), forward(trainer.built, *tensors, x, sums=sums))
    assert [len(layer) for layer in sums] == [1, 2, 1, 1]
