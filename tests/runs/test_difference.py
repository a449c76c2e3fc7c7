"""The difference of two curves against numpy's own, and where there is none."""

import numpy as np
import pytest

from nnplayground.runs.difference import difference


def test_curves_over_the_same_steps_are_subtracted_point_by_point():
    random = np.random.default_rng(3)
    x = np.arange(1.0, 50.0)
    one, other = random.normal(size=(2, len(x)))
    at, found = difference((x, one), (x, other))
    np.testing.assert_array_equal(at, x)
    np.testing.assert_array_equal(found, other - one)


def test_epochs_of_other_lengths_are_compared_at_every_step_of_either_within_both():
    slow, fast = np.array([10.0, 20.0, 30.0]), np.array([4.0, 8.0, 12.0, 16.0, 20.0, 24.0])
    at, found = difference((slow, 2 * slow), (fast, 5 * fast))
    np.testing.assert_array_equal(at, [10, 12, 16, 20, 24])
    np.testing.assert_allclose(found, 3 * at, rtol=1e-15)


def test_what_is_not_finite_is_left_out():
    x = np.array([1.0, 2.0, 3.0])
    at, found = difference((x, np.array([1.0, np.nan, 3.0])), (x, np.array([2.0, 5.0, np.inf])))
    np.testing.assert_array_equal(at, [1, 2])
    np.testing.assert_array_equal(found, [1, 3])


@pytest.mark.parametrize("y", [[], [np.nan, np.nan]])
def test_without_a_number_there_is_no_difference(y):
    x = np.arange(1.0, 1 + len(y))
    at, found = difference((x, np.array(y, float)), (np.array([1.0]), np.array([1.0])))
    assert len(at) == len(found) == 0
