"""Bundled data sets, against scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from nnplayground.data import load
from nnplayground.data.bundled import BUNDLED
from nnplayground.experiment.datasets import AnyData, Bundled, Digits
from nnplayground.experiment.knob import members

MODELS = {m.model_fields["kind"].default: m for m in members(AnyData) if issubclass(m, Bundled)}
ORACLES = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
    "digits": datasets.load_digits,
}


def test_every_bundled_data_set_can_be_read():
    assert set(BUNDLED) == set(MODELS) == set(ORACLES)


@pytest.mark.parametrize("kind", MODELS)
def test_columns_and_targets_are_scikit_learns(kind):
    source, bunch = BUNDLED[kind](), ORACLES[kind]()
    assert source.raw.dtype == np.float32
    assert np.allclose(source.raw, bunch.data, rtol=1e-6)
    assert np.array_equal(source.targets, bunch.target)
    assert len(source.raw) == MODELS[kind].rows
    assert len(source.input_names) == len(set(source.input_names)) == source.raw.shape[1]
    assert source.target_name


@pytest.mark.parametrize("kind", MODELS)
def test_classes_have_names_and_values_none(kind):
    source = BUNDLED[kind]()
    assert len(source.class_names) == MODELS[kind].classes
    if MODELS[kind].task == "classification":
        assert source.targets.dtype == np.int64
        assert set(source.targets) == set(range(len(source.class_names)))


def test_names_are_as_people_say_them():
    assert BUNDLED["iris"]().class_names == ("setosa", "versicolor", "virginica")
    assert BUNDLED["iris"]().input_names[2] == "petal length (cm)"
    assert BUNDLED["breast_cancer"]().class_names == ("malignant", "benign")
    assert BUNDLED["digits"]().class_names == tuple("0123456789")


def test_names_of_patients_measures_stand_by_the_right_columns():
    columns = dict(zip(BUNDLED["diabetes"]().input_names, BUNDLED["diabetes"]().raw.T, strict=True))
    assert 15 < columns["age (years)"].min() < columns["age (years)"].max() < 100
    assert set(columns["sex"]) == {1, 2}
    ratio = columns["total cholesterol"] / columns["HDL cholesterol"]
    assert np.corrcoef(columns["cholesterol / HDL"], ratio)[0, 1] > 0.95
    assert columns["log triglycerides"].max() < 7
    assert 50 < columns["blood sugar"].mean() < 120


def test_digits_are_pixels_from_0_to_16():
    raw = BUNDLED["digits"]().raw
    assert (raw.min(), raw.max()) == (0, 16)
    assert BUNDLED["digits"]().input_names[8:10] == ("row 2, column 1", "row 2, column 2")


@pytest.mark.parametrize(("digits", "numbers"), [("0 to 4", range(5)), ("5 to 9", range(5, 10))])
def test_half_of_the_digits_are_classes_of_their_own(digits, numbers):
    data = Digits(digits=digits)
    dataset, bunch = load(data, 1), datasets.load_digits()
    assert dataset.class_names == tuple(map(str, numbers))
    assert data.known_classes == 5
    assert len(dataset.train) + len(dataset.validation) == data.known_rows == np.isin(bunch.target, numbers).sum()
    for samples in (dataset.train, dataset.validation):
        for raw, target in zip(samples.raw[:20], samples.targets[:20], strict=True):
            assert bunch.target[(bunch.data == raw).all(axis=1)].tolist() == [numbers[target]]


@pytest.mark.parametrize("each", [5, 30, 170])
def test_so_many_samples_of_each_digit_are_drawn_by_the_seed(each):
    data = Digits(per_class=each)
    first, again, other = load(data, 1), load(data, 1), load(data, 2)
    for dataset in (first, again, other):
        parts = [dataset.train, dataset.validation]
        raw = np.concatenate([part.raw for part in parts])
        assert np.bincount(np.concatenate([part.targets for part in parts])).tolist() == [each] * 10
        assert len(np.unique(raw, axis=0)) == len(raw) == data.known_rows == 10 * each
    np.testing.assert_array_equal(first.train.raw, again.train.raw)
    assert not np.array_equal(first.train.raw, other.train.raw)


def test_all_digits_are_known_by_number():
    assert Digits().known_rows == Digits.rows == 1797
