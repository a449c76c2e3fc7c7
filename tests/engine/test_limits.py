"""Limits: clipped gradients against torch.nn.utils, and weights held within a length against a closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nnplayground.engine import step as step_module
from nnplayground.engine.limits import CLIPPINGS, limit_rows
from nnplayground.experiment.catalogue import kinds
from tests.engine.conftest import NORMS, make_dataset, make_trainer
from tests.engine.reference import TASKS, assert_same_training, trainer_of

THRESHOLDS = {"norm": (0.01, 0.3, 100.0), "layer": (0.01, 0.2, 100.0), "value": (0.001, 0.05, 100.0)}
EVERY = [(kind, threshold) for kind, thresholds in THRESHOLDS.items() for threshold in thresholds]
every_clipping = pytest.mark.parametrize(("kind", "threshold"), EVERY)


def test_every_kind_of_clipping_is_there():
    assert CLIPPINGS.keys() == THRESHOLDS.keys() == kinds("clipping").keys() - {"none"}


# gradients


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("whole", [1, 4096])
@every_clipping
@pytest.mark.parametrize("task", TASKS)
def test_clipping_is_that_of_torch(task, kind, threshold, whole, monkeypatch):
    monkeypatch.setattr(step_module, "WHOLE", whole)
    monkeypatch.setattr(step_module, "PIECE", 9)
    penalties = {"regularization__l2": 0.05, "regularization__l1": 0.01}
    assert_same_training(trainer_of(task, clipping={"kind": kind, "threshold": threshold}, **penalties))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("kind", THRESHOLDS)
def test_clipping_comes_before_any_rule_decay_and_rate(kind, optimizer):
    layers = [{"width": 5, "lr_factor": 2.0}, {"width": 5}]
    knobs = {"optimizer": {"kind": optimizer, "lr": 0.02}, "regularization__decay": 0.1, "network__layers": layers}
    trainer = trainer_of("three classes", clipping={"kind": kind, "threshold": 0.02}, **NORMS["batch after"], **knobs)
    assert_same_training(trainer)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("kind", THRESHOLDS)
def test_a_frozen_layer_counts_in_no_norm(kind):
    layers = [{"width": 5, "frozen": True}, {"width": 5}]
    knobs = {"network__layers": layers, "regularization__l2": 1.0, "clipping": {"kind": kind, "threshold": 0.02}}
    _, chunk = assert_same_training(trainer_of("three classes", **knobs))
    assert not chunk.clipped_norm[:, 0].any()
    assert (chunk.clipped_norm[:, 1:] > 0).all()


@every_clipping
def test_norms_are_told_before_and_after_clipping(kind, threshold):
    chunk = make_trainer(make_dataset(), clipping={"kind": kind, "threshold": threshold}).advance(steps=30)
    before, after = chunk.gradient_norm.astype(np.float64), chunk.clipped_norm.astype(np.float64)
    assert before.shape == after.shape == (30, 3)
    if threshold == 100.0:
        np.testing.assert_array_equal(before, after)
        return
    assert (after < before).any()
    if kind == "norm":
        whole = np.sqrt((before**2).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(after, before * np.minimum(1, threshold / (whole + 1e-6)), rtol=1e-5)
    elif kind == "layer":
        np.testing.assert_allclose(after, before * np.minimum(1, threshold / (before + 1e-6)), rtol=1e-5)
    else:
        sizes = [stop - start for start, stop in make_trainer(make_dataset()).built.layout.spans]
        assert (after <= np.minimum(before, threshold * np.sqrt(sizes)) * (1 + 1e-6)).all()


def test_without_clipping_nothing_is_told_of_it():
    assert make_trainer(make_dataset()).advance(steps=3).clipped_norm is None


def test_a_threshold_may_be_turned_while_training():
    trainer = make_trainer(make_dataset(), clipping={"kind": "norm", "threshold": 1e4})
    free = trainer.advance(steps=10)
    np.testing.assert_array_equal(free.clipped_norm, free.gradient_norm)
    assert trainer.retune(trainer.experiment.replace("clipping.threshold", 1e-3))
    clipped = trainer.advance(steps=10).clipped_norm.astype(np.float64)
    np.testing.assert_allclose(np.sqrt((clipped**2).sum(axis=1)), 1e-3, rtol=1e-2)


# weights


@pytest.mark.parametrize("longest", [0.1, 1.0, 50.0])
def test_rows_are_shortened_to_a_length_and_keep_their_direction(longest):
    weights = torch.randn(7, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weights[3] = 0.0
    limited = weights.clone()
    limit_rows(limited, torch.tensor(longest, dtype=torch.float64), 0)
    expected = weights.clone()
    expected.renorm_(2, 0, longest)
    torch.testing.assert_close(limited, expected, rtol=1e-6, atol=0)  # which adds as little to the length
    assert (limited.norm(dim=1) <= longest * (1 + 1e-12)).all()


def test_rows_of_networks_side_by_side_are_shortened_each_to_its_own_length():
    weights = torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(2))
    longest, limited = torch.tensor([[0.1], [1.0], [50.0]], dtype=torch.float64), weights.clone()
    limit_rows(limited, longest, 1)
    for mine, own, length in zip(limited, weights, longest, strict=True):
        limit_rows(own, length.squeeze(), 0)
        torch.testing.assert_close(mine, own)
    assert limited.dtype == torch.float32


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", ["none", "batch before"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("task", TASKS)
def test_max_norm_shortens_each_neuron_s_incoming_weights_after_each_step(task, optimizer, norm):
    layers = [{"width": 5}, {"width": 5, "max_norm": 0.2}]
    knobs = {"network__layers": layers, "network__max_norm": 0.7, "optimizer": {"kind": optimizer, "lr": 0.02}}
    trainer = trainer_of(task, **knobs, **NORMS[norm])
    assert_same_training(trainer)
    snapshot = trainer.snapshot()
    for layer, longest in ((0, 0.7), (1, 0.2)):
        lengths = np.linalg.norm(snapshot.weights(layer), axis=1)
        assert (lengths <= longest * (1 + 1e-6)).all()
        assert (lengths > longest * (1 - 1e-6)).any()


@pytest.mark.usefixtures("doubles")
def test_a_layer_s_own_zero_sets_no_limit_and_the_output_has_none():
    layers = [{"width": 5, "max_norm": 0.0}, {"width": 5}]
    trainer = trainer_of("two classes", network__layers=layers, network__max_norm=0.05)
    assert_same_training(trainer)
    longest = [np.linalg.norm(trainer.snapshot().weights(layer), axis=1).max() for layer in range(3)]
    assert [length > 0.06 for length in longest] == [True, False, True]


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@pytest.mark.parametrize("layers", [[5, 5], [80, {"width": 90, "max_norm": 0.0}], [5, {"width": 5, "frozen": True}]])
def test_an_update_is_what_really_changed_max_norm_included(layers, executor):
    trainer = make_trainer(make_dataset(), executor, network__layers=layers, network__max_norm=0.3)
    assert trainer.executor == executor
    for _ in range(5):
        before, chunk, after = trainer.snapshot(), trainer.advance(steps=1), trainer.snapshot()
        old, new = before.parameters.astype(np.float64), after.parameters.astype(np.float64)
        for i, (start, stop) in enumerate(after.layout.spans):
            ratio = np.linalg.norm((new - old)[start:stop]) / np.linalg.norm(new[start:stop])
            assert chunk.update_ratio[0, i] == pytest.approx(ratio, rel=1e-4, abs=1e-9)


def test_biases_are_no_part_of_what_is_limited():
    trainer = make_trainer(make_dataset(), network__max_norm=0.01)
    trainer.set_parameter(0, "bias", (2,), 5.0)
    trainer.advance(steps=1)
    assert trainer.snapshot().biases(0)[2] == pytest.approx(5.0, abs=0.2)


def test_a_limit_may_be_turned_on_while_training():
    trainer = make_trainer(make_dataset(), network__layers=[5, 5])
    trainer.advance(steps=10)
    assert trainer.retune(trainer.experiment.replace("network.layers.1.max_norm", 0.1))
    trainer.advance(steps=1)
    weights = torch.as_tensor(trainer.snapshot().weights(1))
    torch.testing.assert_close(weights, nn.functional.normalize(weights) * 0.1)
