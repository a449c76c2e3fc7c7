"""Features of points, against their formulae in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnplayground.data import features
from nnplayground.experiment.datasets import LineFeatures, PlaneFeatures
from nnplayground.experiment.knob import choices

FORMULAE = {
    "x1": (lambda p: p[:, 0], "x₁"),
    "x2": (lambda p: p[:, 1], "x₂"),
    "x1^2": (lambda p: p[:, 0] * p[:, 0], "x₁²"),
    "x2^2": (lambda p: p[:, 1] * p[:, 1], "x₂²"),
    "x1*x2": (lambda p: np.prod(p, axis=1), "x₁x₂"),
    "sin(x1)": (lambda p: np.exp(1j * p[:, 0]).imag, "sin x₁"),
    "sin(x2)": (lambda p: np.exp(1j * p[:, 1]).imag, "sin x₂"),
}
points = st.integers(0, 20).flatmap(
    lambda n: arrays(np.float32, (n, 2), elements=st.floats(-16, 16, width=32, allow_subnormal=False))
)


def test_every_feature_of_the_knob_can_be_made():
    assert set(features.FEATURES) == set(choices(PlaneFeatures)) == set(FORMULAE)
    assert set(choices(LineFeatures)) < set(FORMULAE)


@pytest.mark.parametrize("name", FORMULAE)
@given(points=points)
def test_a_feature_equals_its_formula(name, points):
    made = features.make((name,), points)
    assert made.shape == (len(points), 1)
    assert made.dtype == np.float32
    assert np.allclose(made[:, 0], FORMULAE[name][0](points.astype(np.float64)), rtol=1e-6, atol=1e-12)


@given(names=st.lists(st.sampled_from(list(FORMULAE)), min_size=1, max_size=7), points=points)
def test_features_stand_side_by_side_in_the_order_asked_for(names, points):
    made = features.make(names, points)
    assert made.shape == (len(points), len(names))
    for i, name in enumerate(names):
        assert np.array_equal(made[:, [i]], features.make((name,), points))


@pytest.mark.parametrize("name", choices(LineFeatures))
def test_a_point_of_the_line_has_the_features_of_its_first_coordinate(name):
    line = np.linspace(-6, 6, 13, dtype=np.float32)[:, None]
    plane = np.concatenate([line, line + 1], axis=1)
    assert np.array_equal(features.make((name,), line), features.make((name,), plane))


@pytest.mark.parametrize("name", FORMULAE)
def test_a_feature_is_shown_by_its_name_on_screen(name):
    assert features.shown((name, "x1")) == (FORMULAE[name][1], "x₁")
