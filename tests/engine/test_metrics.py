"""Metrics against scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score

from nnplayground.engine.metrics import METRICS, measure
from tests.engine.conftest import make_dataset, make_trainer


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_accuracy_is_scikit_learn_s(classes):
    chance = torch.Generator().manual_seed(1)
    answers = torch.rand(500, classes, generator=chance)
    targets = torch.randint(0, classes, (500,), generator=chance)
    (accuracy,) = measure(answers, targets, make_dataset("classification", classes)).tolist()
    assert METRICS["classification"] == ("accuracy",)
    assert accuracy == pytest.approx(accuracy_score(targets, answers.argmax(dim=1)), rel=1e-6)


@pytest.mark.parametrize("noise", [0.0, 0.3, 10.0])
def test_r2_and_mean_absolute_error_are_scikit_learn_s_in_the_target_s_own_unit(noise):
    chance, dataset = torch.Generator().manual_seed(1), make_dataset("regression")
    targets = torch.randn(500, generator=chance)
    answers = (targets + noise * torch.randn(500, generator=chance))[:, None]
    r2, mae = measure(answers, targets, dataset).tolist()
    true, said = (t.double().numpy() * dataset.target_scale + dataset.target_mean for t in (targets, answers[:, 0]))
    assert METRICS["regression"] == ("R²", "MAE")
    assert r2 == pytest.approx(r2_score(true, said), rel=1e-5)
    assert mae == pytest.approx(mean_absolute_error(true, said), rel=1e-5)


def test_r2_of_targets_that_do_not_vary_is_zero():
    r2, mae = measure(torch.tensor([[1.0], [3.0]]), torch.tensor([2.0, 2.0]), make_dataset("regression")).tolist()
    assert r2 == r2_score([2.0, 2.0], [1.0, 3.0]) == 0.0
    assert mae == 2.5


@pytest.mark.parametrize(("task", "classes"), [("classification", 2), ("classification", 4), ("regression", 0)])
def test_a_training_s_metrics_are_those_of_its_predictions(task, classes):
    trainer = make_trainer(make_dataset(task, classes))
    chunk = trainer.advance(epochs=3)
    dataset = trainer.dataset
    for part, found in ((dataset.train, chunk.train_metrics[-1]), (dataset.validation, chunk.validation_metrics[-1])):
        said, true = trainer.predict(part.inputs), part.targets
        if task == "classification":
            expected = [accuracy_score(true, said.argmax(axis=1))]
        else:
            true = true.astype(np.float64) * dataset.target_scale + dataset.target_mean
            expected = [r2_score(true, said[:, 0]), mean_absolute_error(true, said[:, 0])]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_mean_of_the_target_is_no_matter_to_its_metrics():
    trainer = make_trainer(make_dataset("regression"))
    moved = make_trainer(replace(trainer.dataset, target_mean=100.0))
    assert trainer.evaluate().validation_metrics == moved.evaluate().validation_metrics
