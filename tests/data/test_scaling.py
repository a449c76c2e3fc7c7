"""Scaling, against scikit-learn."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nnplayground.data import scaling
from nnplayground.experiment.datasets import Scaling
from nnplayground.experiment.knob import bare

MODES = get_args(bare(Scaling))
ORACLES = {
    "standard": StandardScaler,
    "unit": MinMaxScaler,
    "symmetric": lambda: MinMaxScaler((-1, 1)),
}


def columns(n=100):
    noise = np.random.default_rng(0)
    return np.stack(
        [
            noise.normal(size=n),
            noise.uniform(1e10, 1e10 + 1e-3, size=n),
            1e10 + 1e-3 * noise.normal(size=n),
            -3e7 + noise.integers(0, 5, size=n),
            1e30 * noise.normal(size=n),
            1e-9 * noise.normal(size=n),
        ],
        axis=1,
    )


def test_every_mode_of_the_knob_can_be_fitted():
    assert set(MODES) == {"none", *ORACLES}
    for mode in MODES:
        assert scaling.fit(mode, columns())(columns()).dtype == np.float32


@pytest.mark.parametrize("mode", ORACLES)
def test_scaled_columns_equal_scikit_learns(mode):
    x = columns()
    scaler, oracle = scaling.fit(mode, x[:60]), ORACLES[mode]().fit(x[:60])
    rounding = 4 * np.spacing(np.abs(x).max(axis=0)) * scaler.factor  # x * factor + shift cancels at large offsets
    assert np.all(np.abs(scaler(x) - oracle.transform(x)) <= 1e-6 + rounding)


def test_standard_scaling_survives_a_large_offset():
    x = columns(1000)
    scaled = scaling.fit("standard", x)(x).astype(np.float64)
    assert np.allclose(scaled.mean(axis=0), 0, atol=2e-3)  # a mean of 1e10 is known to no more than 2e-6
    assert np.allclose(scaled.std(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize(("mode", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1)])
def test_extremes_fall_on_the_limits(mode, low, high):
    scaled = scaling.fit(mode, columns())(columns())
    assert np.array_equal(scaled.min(axis=0), np.full(6, low))
    assert np.array_equal(scaled.max(axis=0), np.full(6, high))


def test_none_leaves_float32_numbers_as_they_are():
    x = columns().astype(np.float32)
    assert np.array_equal(scaling.fit("none", x)(x), x)


@pytest.mark.parametrize("mode", ORACLES)
@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e10, 1e-300])
def test_a_constant_column_becomes_zero_and_keeps_its_unit(mode, value):
    scaler = scaling.fit(mode, np.full((33, 1), value))
    assert scaler.factor[0] == 1
    assert np.allclose(scaler([[value], [value + 2.0]]), [[0.0], [2.0]], atol=1e-6)


@pytest.mark.parametrize("mode", ORACLES)
def test_a_column_that_varies_by_rounding_errors_counts_as_constant(mode):
    scaler = scaling.fit(mode, [[0.1 + 0.2], [0.3], [0.3]])
    assert scaler.factor[0] == 1


def test_one_row_is_enough():
    assert np.array_equal(scaling.fit("standard", [[3.0, 4.0]])([[3.0, 5.0]]), [[0.0, 1.0]])


finite = st.floats(-(2.0**100), 2.0**100, width=32)


@pytest.mark.parametrize("mode", MODES)
@given(x=arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=finite))
def test_whatever_is_fitted_is_finite_and_bounded(mode, x):
    scaled = scaling.fit(mode, x)(x)
    assert np.isfinite(scaled).all()
    if mode != "none":
        assert np.abs(scaled).max() <= np.sqrt(len(x)) * (1 + 1e-6)
