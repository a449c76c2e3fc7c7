"""How right a network is, against scikit-learn and numpy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix

from nnplayground.engine.probes import CalibrationRequest, ConfusionRequest, MistakesRequest
from nnplayground.engine.probing import Prober
from tests.engine.conftest import make_dataset, make_trainer

CLASSES = pytest.mark.parametrize("classes", [2, 3, 5])


def trained(task="classification", classes=2, **knobs):
    """Return a trainer after some steps, a prober of it, and its answers for the validation samples."""
    trainer = make_trainer(make_dataset(task, classes, rows=60), optimizer__lr=0.3, **knobs)
    prober = Prober(trainer.setup, trainer.snapshot())
    trainer.advance(steps=60)
    return trainer, prober, trainer.predict(trainer.dataset.validation.inputs).astype(np.float64)


class Fixed:
    """A prober whose answers are given, float32 as a network's are."""

    def __init__(self, dataset, answers):
        self.dataset = dataset
        self._answers = np.asarray(answers, np.float32)

    def answers(self, snapshot, inputs):
        assert snapshot is None
        return self._answers[: len(inputs)]


def asked(request, dataset, answers):
    """Return the reading for given answers."""
    from nnplayground.engine.probing.prober import _ANSWERS

    return _ANSWERS[type(request)](Fixed(dataset, answers), request, None)


@CLASSES
def test_confusion_is_that_of_scikit_learn(classes):
    trainer, prober, answers = trained(classes=classes)
    found = prober.answer(ConfusionRequest(), trainer.snapshot())
    true = trainer.dataset.validation.targets
    assert np.array_equal(found.counts, confusion_matrix(true, answers.argmax(axis=1), labels=range(classes)))
    assert prober.answer(ConfusionRequest(11), trainer.snapshot()).counts.sum() == 11


@pytest.mark.parametrize("bins", [10, 4])
def test_calibration_of_two_classes_is_that_of_scikit_learn(bins):
    trainer, prober, answers = trained()
    found = prober.answer(CalibrationRequest(bins), trainer.snapshot())
    true = trainer.dataset.validation.targets
    observed, stated = calibration_curve(true, answers[:, 1], n_bins=bins)
    known = found.counts > 0
    np.testing.assert_allclose(found.stated[known], stated, rtol=1e-5)
    np.testing.assert_allclose(found.observed[known], observed, rtol=1e-6)
    assert np.isnan(found.stated[~known]).all()
    assert np.isnan(found.observed[~known]).all()
    assert found.counts.sum() == len(true)
    assert found.brier == pytest.approx(brier_score_loss(true, answers[:, 1]), rel=1e-5)
    assert found.ece == pytest.approx((found.counts[known] * np.abs(observed - stated)).sum() / len(true), rel=1e-5)


@pytest.mark.parametrize("classes", [3, 5])
def test_calibration_of_several_classes_is_of_the_class_answered(classes):
    trainer, prober, answers = trained(classes=classes)
    found = prober.answer(CalibrationRequest(), trainer.snapshot())
    true = trainer.dataset.validation.targets
    right = answers.argmax(axis=1) == true
    observed, stated = calibration_curve(right, answers.max(axis=1), n_bins=10)
    known = found.counts > 0
    np.testing.assert_allclose(found.stated[known], stated, rtol=1e-5)
    np.testing.assert_allclose(found.observed[known], observed, rtol=1e-6)
    shares = answers / answers.sum(axis=1, keepdims=True)  # in float32 they sum to 1 but nearly
    assert found.brier == pytest.approx(brier_score_loss(true, shares, labels=range(classes)), rel=1e-4)


def test_a_probability_on_the_border_of_two_bins_lies_where_scikit_learn_puts_it():
    dataset = make_dataset(rows=6)
    second = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 0.5])
    found = asked(CalibrationRequest(4), dataset, np.stack([1 - second, second], axis=1))
    assert found.counts.tolist() == [2, 2, 1, 1]
    observed, stated = calibration_curve(dataset.validation.targets, second, n_bins=4)
    np.testing.assert_allclose(found.stated, stated)
    np.testing.assert_allclose(found.observed, observed)


def test_who_is_always_right_and_sure_has_no_error():
    dataset = make_dataset(classes=3)
    found = asked(CalibrationRequest(), dataset, np.eye(3)[dataset.validation.targets])
    assert (found.ece, found.brier) == (0.0, 0.0)
    assert found.counts.tolist() == [0] * 9 + [40]


def test_answers_that_are_no_numbers_are_left_out():
    dataset = make_dataset(classes=3)
    answers = np.eye(3)[dataset.validation.targets]
    answers[:7] = np.nan
    assert asked(CalibrationRequest(), dataset, answers).counts.sum() == 33
    assert asked(ConfusionRequest(), dataset, answers).counts.sum() == 33
    found = asked(MistakesRequest(), dataset, answers)
    assert found.judged == 33
    assert found.rows.min() == 7
    assert asked(CalibrationRequest(), dataset, answers * np.nan) is None
    assert len(asked(MistakesRequest(), dataset, answers * np.nan).rows) == 0


@CLASSES
def test_the_worst_mistakes_are_the_samples_of_the_largest_loss(classes):
    trainer, prober, answers = trained(classes=classes)
    found = prober.answer(MistakesRequest(9), trainer.snapshot())
    true = trainer.dataset.validation.targets
    loss = -np.log(answers[np.arange(60), true])
    assert sorted(found.rows) == sorted(np.argsort(-loss)[:9])
    assert (np.diff(loss[found.rows]) <= 0).all()
    np.testing.assert_allclose(found.answers, answers[found.rows], rtol=1e-5)
    assert found.wrong == (answers.argmax(axis=1) != true).sum()
    assert found.judged == 60


def test_the_worst_values_have_the_largest_residuals_in_the_target_s_unit():
    trainer, prober, answers = trained("regression", 0)
    found = prober.answer(MistakesRequest(9), trainer.snapshot())
    dataset = trainer.dataset
    values = dataset.validation.targets * dataset.target_scale + dataset.target_mean
    residuals = np.abs(values - answers[:, 0])
    assert found.rows.tolist() == np.argsort(-residuals, kind="stable")[:9].tolist()
    assert (found.wrong, found.judged) == (0, 60)
    assert prober.answer(CalibrationRequest(), trainer.snapshot()) is None
    assert prober.answer(ConfusionRequest(), trainer.snapshot()) is None


def test_only_so_many_samples_are_judged():
    trainer, prober, _ = trained()
    assert prober.answer(CalibrationRequest(limit=13), trainer.snapshot()).counts.sum() == 13
    found = prober.answer(MistakesRequest(40, 13), trainer.snapshot())
    assert found.judged == len(found.rows) == 13
    assert found.rows.max() == 12
