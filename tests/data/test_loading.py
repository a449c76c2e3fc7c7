"""Loading a data set: every kind but a table and points drawn by hand, through the same door."""

from __future__ import annotations

import pickle
import subprocess
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

import nnplayground.data
from nnplayground.data import Dataset, load
from nnplayground.experiment.datasets import (
    AnyData,
    Bumps,
    Circle,
    Diabetes,
    Digits,
    Drawn,
    Iris,
    LineFeatures,
    PlaneFeatures,
    Scaling,
    Sine,
    Spiral,
    Table,
    training_rows,
)
from nnplayground.experiment.knob import choices, members

MODELS = {m.model_fields["kind"].default: m for m in members(AnyData) if not m.outside and m is not Drawn}
DRAWN = {kind: m for kind, m in MODELS.items() if "features" in m.model_fields}
LIMITS = {"unit": (0, 1), "symmetric": (-1, 1)}


def parts(dataset):
    return dataset.train, dataset.validation


@pytest.mark.parametrize("kind", MODELS)
def test_a_data_set_is_what_its_model_says(kind):
    data = MODELS[kind]()
    dataset = load(data, 1)
    assert dataset.title == data.title
    assert dataset.task == data.known_task
    assert len(dataset.class_names) == data.known_classes
    assert len(dataset.train) + len(dataset.validation) == data.known_rows
    assert len(dataset.train) == training_rows(data.known_rows, data.validation_share)


@pytest.mark.parametrize("kind", MODELS)
def test_arrays_have_the_promised_shapes_and_types(kind):
    dataset = load(MODELS[kind](), 1)
    for part in parts(dataset):
        assert part.inputs.shape == (len(part), len(dataset.input_names))
        assert part.inputs.dtype == part.raw.dtype == np.float32
        assert part.raw.shape[0] == len(part.targets) == len(part)
        assert part.targets.ndim == 1
        assert part.targets.dtype == (np.int64 if dataset.task == "classification" else np.float32)
        for array in (part.inputs, part.targets, part.raw):
            assert np.isfinite(array).all()
            assert array.flags.c_contiguous
        if dataset.task == "classification":
            assert set(part.targets) == set(range(len(dataset.class_names)))


@pytest.mark.parametrize("kind", MODELS)
def test_the_same_seed_loads_the_same_and_another_seed_another(kind):
    first, again, other = (load(MODELS[kind](), seed) for seed in (5, 5, 6))
    for one, two in zip(parts(first), parts(again), strict=True):
        assert np.array_equal(one.inputs, two.inputs)
        assert np.array_equal(one.targets, two.targets)
        assert np.array_equal(one.raw, two.raw)
    assert not np.array_equal(first.train.raw, other.train.raw)


@pytest.mark.parametrize("kind", MODELS)
def test_encoding_raw_samples_gives_the_very_inputs_trained_on(kind):
    dataset = load(MODELS[kind](), 1)
    for part in parts(dataset):
        assert np.array_equal(dataset.encode(part.raw), part.inputs)
        assert np.array_equal(dataset.encode(part.raw[3:4]), part.inputs[3:4])


@pytest.mark.parametrize("kind", DRAWN)
def test_points_have_a_domain_and_nothing_else_has(kind):
    dataset = load(DRAWN[kind](), 1)
    assert dataset.domain == ((-6.0, 6.0),) * dataset.train.raw.shape[1]
    assert (dataset.target_mean, dataset.target_scale) == (0, 1)
    assert load(Iris(), 1).domain == ()


@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("scaling", choices(Scaling))
def test_all_features_are_made_and_scaled_as_measured_on_the_training_part(kind, scaling):
    names = choices(DRAWN[kind].model_fields["features"].annotation)
    assert set(names) in ({*choices(PlaneFeatures)}, {*choices(LineFeatures)})
    dataset = load(DRAWN[kind](features=names, scaling=scaling, noise=0.1), 1)
    inputs = dataset.train.inputs.astype(np.float64)
    assert inputs.shape[1] == len(names)
    if scaling in LIMITS:
        low, high = LIMITS[scaling]
        assert np.allclose(inputs.min(axis=0), low, atol=1e-6)
        assert np.allclose(inputs.max(axis=0), high, atol=1e-6)
        assert not np.allclose(dataset.validation.inputs.max(axis=0), high, atol=1e-6)
    elif scaling == "standard":
        assert np.allclose(inputs.mean(axis=0), 0, atol=1e-6)
        assert np.allclose(inputs.std(axis=0), 1, atol=1e-6)
    else:
        assert np.array_equal(dataset.train.inputs[:, 0], dataset.train.raw[:, 0])


def test_inputs_are_shown_by_the_names_of_their_features():
    assert load(Circle(features=("x1^2", "sin(x2)")), 1).input_names == ("x₁²", "sin x₂")
    assert load(Sine(features=("x1", "sin(x1)")), 1).input_names == ("x₁", "sin x₁")


def test_changing_features_scaling_or_noise_keeps_points_in_their_part():
    plain = load(Spiral(), 1)
    other = load(Spiral(features=("x1", "x2", "sin(x1)"), scaling="standard"), 1)
    assert np.array_equal(plain.train.raw, other.train.raw)
    noisy = load(Spiral(noise=0.01), 1)
    assert np.array_equal(plain.train.targets, noisy.train.targets)
    assert np.abs(plain.train.raw - noisy.train.raw).max() < 0.1


@given(samples=st.integers(20, 200), share=st.floats(0.05, 0.9), noise=st.floats(0, 1), seed=st.integers(0, 2**31 - 1))
def test_any_turn_of_the_knobs_loads(samples, share, noise, seed):
    for model in (Spiral, Bumps, Sine):
        dataset = load(model(samples=samples, validation_share=share, noise=noise), seed)
        assert len(dataset.train) == training_rows(samples, share)
        assert np.isfinite(dataset.train.inputs).all()
        assert np.isfinite(dataset.validation.inputs).all()


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind not in DRAWN])
def test_bundled_columns_are_standardized_on_the_training_part(kind):
    train = load(MODELS[kind](), 1).train
    varied = np.ptp(train.raw, axis=0) > 0
    assert np.allclose(train.inputs.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(train.inputs[:, varied].std(axis=0), 1, atol=1e-5)
    assert np.all(train.inputs[:, ~varied] == 0)


def test_values_are_in_units_of_their_deviation_over_the_training_part():
    dataset = load(Diabetes(), 1)
    targets = dataset.train.targets.astype(np.float64)
    assert targets.mean() == pytest.approx(0, abs=1e-6)
    assert targets.std() == pytest.approx(1, abs=1e-6)
    both = np.concatenate([part.targets for part in parts(dataset)]).astype(np.float64)
    values = np.sort(both * dataset.target_scale + dataset.target_mean)
    assert np.allclose(values, np.sort(datasets.load_diabetes().target), atol=1e-3)


def test_classes_are_dealt_out_in_proportion():
    dataset = load(Iris(), 1)
    assert np.bincount(dataset.validation.targets).tolist() == [15, 15, 15]


@pytest.mark.parametrize(("form", "shape"), [("images", (1, 8, 8)), ("inputs", None)])
def test_digits_are_images_only_where_asked_for(form, shape):
    assert load(Digits(form=form), 1).image_shape == shape


@pytest.mark.parametrize("kind", MODELS)
def test_a_data_set_can_be_sent_to_another_process(kind):
    dataset = load(MODELS[kind](), 1)
    arrived = pickle.loads(pickle.dumps(dataset))
    assert np.array_equal(arrived.train.inputs, dataset.train.inputs)
    assert np.array_equal(arrived.encode(dataset.train.raw), dataset.train.inputs)


def test_a_table_is_handed_on_with_seed_report_and_cancelled(monkeypatch):
    told, answer = [], load(Sine(), 1)

    def load_table(*given) -> Dataset:
        told.extend(given)
        return answer

    module = types.SimpleNamespace(load_table=load_table)
    monkeypatch.setitem(sys.modules, "nnplayground.data.tables", module)
    monkeypatch.setattr(nnplayground.data, "tables", module, raising=False)
    table = Table(path="houses.csv")
    assert load(table, 7, print, bool) is answer
    assert told == [table, 7, print, bool]


def test_loading_a_spiral_imports_nothing_heavy():
    heavy = ("torch", "sklearn", "scipy", "pyarrow", "pandas", "PySide6")
    program = (
        "import sys; from nnplayground.data import load; from nnplayground.experiment.datasets import Spiral; "
        f"load(Spiral(), 1); print([name for name in {heavy} if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
