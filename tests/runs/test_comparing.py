"""Runs are compared by what their knobs, their groups and their spread say."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from nnplayground.runs.comparing import band, difference, differing_knobs, grouped, recipe_of


@dataclass
class Run:
    knobs: dict

    @property
    def values(self):
        return self.knobs


def runs(*knobs):
    return [Run(dict(k)) for k in knobs]


KNOBS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1), max_size=4)


@given(st.lists(KNOBS, max_size=6))
def test_the_knobs_that_differ_are_those_of_which_not_all_runs_have_the_same_value(knobs):
    found = differing_knobs(runs(*knobs))
    missing = object()
    expected = {p for k in knobs for p in k if len({id(missing) if p not in o else o[p] for o in knobs}) > 1}
    assert set(found) == expected
    assert len(found) == len(expected)


def test_groups_stand_by_their_values_and_what_is_unknown_last():
    made = runs({"x": "b"}, {"x": 2}, {}, {"x": 1}, {"x": [1, 2]}, {"x": 2}, {"x": [1, 2]})
    found = {key: len(group) for key, group in grouped(made, "x").items()}
    assert list(found.items()) == [(1, 1), (2, 2), ("[1, 2]", 2), ("b", 1), (None, 1)]


def test_runs_that_differ_in_seeds_and_names_alone_have_one_recipe():
    one, other, third = runs(
        {"optimizer.lr": 0.1, "seeds.model": 1, "name": "a"},
        {"optimizer.lr": 0.1, "seeds.model": 2, "name": "b"},
        {"optimizer.lr": 0.2, "seeds.model": 2, "name": "b"},
    )
    assert recipe_of(one) == recipe_of(other) != recipe_of(third)


NUMBERS = st.lists(st.integers(-100, 100).map(float), min_size=2, max_size=8, unique=True)


@given(NUMBERS, NUMBERS)
def test_the_spread_is_the_one_that_a_t_test_divides_by(one, other):
    found = difference([one, other])
    assert found is not None
    assert found.degrees == len(one) + len(other) - 2
    error = found.spread * np.sqrt(1 / len(one) + 1 / len(other))
    assert found.between == pytest.approx(abs(ttest_ind(one, other).statistic) * error, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("groups", "chance"),
    [
        ([[1.0, 1.2], [1.05, 1.3]], True),
        ([[1.0, 1.2], [3.0, 3.1]], False),
        ([[1.0], [1.1], [5.0, 9.0]], True),  # the spread of a third group tells of chance too
    ],
)
def test_a_difference_smaller_than_the_spread_is_chance(groups, chance):
    assert difference(groups).is_chance == chance


@pytest.mark.parametrize("groups", [[], [[1.0, 2.0]], [[1.0], [2.0]], [[], [1.0, 2.0]], [[float("nan")], [1.0, 2.0]]])
def test_nothing_is_said_of_a_spread_that_no_runs_tell(groups):
    assert difference(groups) is None


def test_a_band_is_mean_and_extremes_of_the_curves_that_reach_there():
    x = np.arange(11.0)
    found = band([(x, x), (x[:6], 2 * x[:6])])
    assert np.array_equal(found.x, x)
    assert np.allclose(found.mean, np.where(x <= 5, 1.5 * x, x))
    assert np.allclose(found.low, x)
    assert np.allclose(found.high, np.where(x <= 5, 2 * x, x))


def test_a_bands_median_is_that_of_the_curves_there():
    x, curves = np.arange(7.0), np.random.default_rng(2).normal(size=(4, 7))
    assert np.allclose(band([(x, y) for y in curves]).median, np.median(curves, axis=0))


def test_a_band_leaves_out_what_is_not_finite_and_is_empty_of_nothing():
    x = np.arange(4.0)
    found = band([(x, np.array([0.0, np.nan, np.inf, 3.0]))])
    assert np.array_equal(found.x, [0.0, 3.0])
    assert len(band([]).x) == 0
    assert len(band([(x, np.full(4, np.nan))]).x) == 0


def test_a_band_of_long_curves_has_no_more_points_than_asked_for():
    x = np.arange(10_000.0)
    assert len(band([(x, x)], points=100).x) == 100
