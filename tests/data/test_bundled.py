"""Bundled data sets, against scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from nnplayground.data.bundled import BUNDLED
from nnplayground.experiment.datasets import AnyData, Bundled
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
