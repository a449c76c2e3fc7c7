"""Drawn data sets, against their geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from nnplayground.data import synthetic
from nnplayground.experiment.datasets import AnyData, Blobs, Line, Plane
from nnplayground.experiment.knob import members

MODELS = {m.model_fields["kind"].default: m for m in members(AnyData) if issubclass(m, (Plane, Line))}
CLASSES = {kind: m for kind, m in MODELS.items() if m.task == "classification"}
VALUES = {kind: m for kind, m in MODELS.items() if m.task == "regression"}


def drawn(kind, samples=600, noise=0.0, seed=1, **knobs):
    points, targets = synthetic.draw(MODELS[kind](samples=samples, noise=noise, **knobs), default_rng(seed))
    return points.astype(np.float64), targets


def neighbours_know(points, classes):
    """Return how often a point's class is that of its nearest neighbour."""
    folds = KFold(10, shuffle=True, random_state=0)
    return cross_val_score(KNeighborsClassifier(n_neighbors=1), points, classes, cv=folds).mean()


def radius_of(points):
    return np.hypot(points[:, 0], points[:, 1])


def test_every_drawn_data_set_has_its_function():
    assert set(synthetic.DRAWN) == set(MODELS)


@pytest.mark.parametrize("kind", MODELS)
@given(samples=st.integers(20, 300), noise=st.floats(0, 1), seed=st.integers(0, 2**31 - 1))
def test_points_and_targets_have_the_promised_shape(kind, samples, noise, seed):
    model = MODELS[kind](samples=samples, noise=noise)
    points, targets = synthetic.draw(model, default_rng(seed))
    assert points.shape == (samples, 2 if isinstance(model, Plane) else 1)
    assert points.dtype == np.float32
    assert targets.shape == (samples,)
    assert targets.dtype == (np.int64 if kind in CLASSES else np.float32)
    assert np.isfinite(points).all()
    assert np.isfinite(targets).all()
    if kind in CLASSES:
        sizes = np.bincount(targets)
        assert len(sizes) == model.known_classes
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("kind", MODELS)
def test_without_noise_points_are_within_the_domain_and_values_within_one(kind):
    points, targets = drawn(kind, samples=5000)
    assert np.abs(points).max() <= 6.2
    assert np.abs(points).max() > 4
    if kind in VALUES:
        assert np.abs(targets).max() <= 1
        assert np.abs(targets).max() > 0.9


@pytest.mark.parametrize("kind", CLASSES)
def test_without_noise_classes_are_clearly_apart(kind):
    assert neighbours_know(*drawn(kind)) >= 0.98


@pytest.mark.parametrize("kind", CLASSES)
def test_with_full_noise_classes_overlap(kind):
    assert neighbours_know(*drawn(kind, noise=1.0)) < 0.96


@pytest.mark.parametrize("kind", MODELS)
def test_the_same_seed_draws_the_same_and_another_seed_another(kind):
    first, again, other = (drawn(kind, noise=0.2, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(drawn(kind, seed=3)[0], drawn(kind, seed=4)[0])


@pytest.mark.parametrize("kind", MODELS)
def test_more_noise_moves_the_same_points_further_the_same_way(kind):
    still, little, much = (drawn(kind, noise=noise) for noise in (0.0, 0.1, 0.5))
    moved = 0 if kind in CLASSES else 1  # the points of classes, the values of points
    assert np.allclose(much[moved] - still[moved], 5 * (little[moved] - still[moved]), atol=1e-5)
    assert np.array_equal(much[1 - moved], still[1 - moved])


@pytest.mark.parametrize("kind", MODELS)
def test_noise_is_normal_with_the_promised_deviation(kind):
    moved, deviation = (0, synthetic.STRAY) if kind in CLASSES else (1, synthetic.BLUR)
    still, strayed = (drawn(kind, samples=20_000, noise=noise)[moved] for noise in (0.0, 1.0))
    difference = (strayed - still).astype(np.float64)
    assert np.allclose(difference.mean(axis=0), 0, atol=0.05)
    assert np.allclose(difference.std(axis=0), deviation, rtol=0.03)
    assert np.mean(np.abs(difference) < deviation) == pytest.approx(0.683, abs=0.02)


# the geometry of each


def test_circle_is_a_disc_in_a_ring_even_by_area():
    points, classes = drawn("circle", 4000)
    radius = radius_of(points)
    assert radius[classes == 1].max() <= 2.5 + 1e-6
    assert radius[classes == 0].min() >= 3.5 - 1e-6
    assert radius[classes == 0].max() <= 5 + 1e-6
    assert np.mean(radius[classes == 1] ** 2) == pytest.approx(2.5**2 / 2, abs=0.01)
    assert np.mean(radius[classes == 0] ** 2) == pytest.approx((3.5**2 + 5**2) / 2, abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.2


def test_rings_alternate_in_class():
    points, classes = drawn("rings", 4000)
    bands = [(0.0, 0.8, 1), (1.4, 2.2, 0), (2.8, 3.6, 1), (4.2, 5.0, 0)]
    radius = radius_of(points)
    for inner, outer, band_class in bands:
        inside = (radius >= inner - 1e-6) & (radius <= outer + 1e-6)
        assert set(classes[inside]) == {band_class}
        area = outer**2 - inner**2
        total = sum(b**2 - a**2 for a, b, c in bands if c == band_class)
        assert inside.sum() == pytest.approx(2000 * area / total, abs=2)


def test_xor_is_the_sign_of_the_product_off_the_axes():
    points, classes = drawn("xor")
    assert np.array_equal(classes == 1, points[:, 0] * points[:, 1] > 0)
    assert np.abs(points).min() >= 0.4 - 1e-6
    assert np.abs(points).max() <= 5
    quadrants = np.bincount((points[:, 0] > 0) * 2 + (points[:, 1] > 0))
    assert quadrants.tolist() == [150] * 4


def test_checkerboard_alternates_from_square_to_square():
    points, classes = drawn("checkerboard", 1600)
    column, row = np.floor((points + 5.8) / 2.9).astype(int).T
    assert set(column) == set(row) == {0, 1, 2, 3}
    assert np.array_equal(classes, (row + column) % 2)
    assert np.bincount(row * 4 + column).tolist() == [100] * 16
    within = (points + 5.6) % 2.9
    assert within.max() <= 2.5 + 1e-5


def test_gaussians_lie_around_their_centres():
    points, classes = drawn("gaussians", 4000)
    for c, centre in ((0, -2.0), (1, 2.0)):
        assert np.allclose(points[classes == c].mean(axis=0), centre, atol=0.05)
        assert np.allclose(points[classes == c].std(axis=0), 0.6, atol=0.03)
    assert np.array_equal(classes == 1, points.sum(axis=1) > 0)


@pytest.mark.parametrize("clouds", range(2, 9))
def test_blobs_are_as_many_clouds_as_asked_for_all_well_apart(clouds):
    points, classes = drawn("blobs", 100 * clouds, clouds=clouds)
    centres = np.stack([points[classes == c].mean(axis=0) for c in range(clouds)])
    assert np.allclose(radius_of(centres), 4, atol=0.3)
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, classes)
    assert len(np.unique(classes)) == Blobs(clouds=clouds).known_classes == clouds


@pytest.mark.parametrize(("kind", "turns"), [("spiral", 1.75), ("spiral3", 1.25)])
def test_the_arms_of_a_spiral_turn_as_they_widen(kind, turns):
    points, classes = drawn(kind, 3000)
    radius = radius_of(points)
    arms = CLASSES[kind].classes
    expected = 2 * np.pi * (turns * radius / 5 + classes / arms)
    off = np.angle(np.exp(1j * (np.arctan2(points[:, 1], points[:, 0]) - expected)))
    assert np.abs(off).max() < 1e-5
    assert radius.min() == pytest.approx(0.5, abs=0.1)
    assert radius.max() == pytest.approx(5, abs=0.01)


def test_points_are_even_along_the_arm_of_a_spiral():
    points, classes = drawn("spiral", 2000)
    arm = points[classes == 0]
    places = arm[np.argsort(radius_of(arm))]
    gaps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    inner, outer = gaps[100:300].mean(), gaps[-200:].mean()
    assert outer == pytest.approx(inner, rel=0.2)


def test_moons_are_half_circles_that_interlock():
    points, classes = drawn("moons")
    upper, lower = points[classes == 0], points[classes == 1]
    assert np.allclose(radius_of(upper - [-1.6, -0.8]), 3.2, atol=1e-5)
    assert np.allclose(radius_of(lower - [1.6, 0.8]), 3.2, atol=1e-5)
    assert upper[:, 1].min() >= -0.8 - 1e-6
    assert lower[:, 1].max() <= 0.8 + 1e-6
    assert upper[:, 0].max() > lower[:, 0].min()


def hills(points):
    values = np.zeros(len(points))
    for x1, x2, height in [(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)]:
        values += height * np.exp(-((points[:, 0] - x1) ** 2 + (points[:, 1] - x2) ** 2) / (2 * 1.44))
    return values


FORMULAE = {
    "plane": lambda points: (points[:, 0] + points[:, 1]) / 10,
    "units": lambda points: points[:, 0] / 10 + points[:, 1],
    "bumps": hills,
    "sine": lambda points: np.sin(points[:, 0]),
    "step": lambda points: np.sign(points[:, 0]),
}


@pytest.mark.parametrize("kind", VALUES)
def test_without_noise_values_equal_their_formula(kind):
    points, values = drawn(kind)
    assert np.allclose(values, FORMULAE[kind](points), atol=1e-6)


def test_the_inputs_of_two_units_differ_in_spread_and_count_alike():
    points, values = drawn("units", 4000)
    spread = points.std(axis=0)
    assert spread[0] / spread[1] == pytest.approx(10, rel=0.05)
    correlations = np.corrcoef(np.column_stack([points, values]).T)
    assert correlations[2, :2] == pytest.approx([np.sqrt(0.5)] * 2, abs=0.03)
    assert abs(correlations[0, 1]) < 0.05


@pytest.mark.parametrize("kind", ["sine", "step"])
def test_no_stretch_of_the_line_is_left_empty(kind):
    points, _ = drawn(kind, 200)
    counts, _ = np.histogram(points[:, 0], bins=200, range=(-6, 6))
    assert counts.max() == counts.min() == 1
