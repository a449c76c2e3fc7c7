"""Contours: where the height is the level, closed, and not where heights are unknown."""

import numpy as np
import pytest

from nnplayground.gui.views.contours import contours

X, Y = np.linspace(-2, 2, 81), np.linspace(-1.5, 1.5, 61)


@pytest.mark.parametrize("level", [0.3137, 0.7719, 1.2071])
def test_the_contour_of_a_cone_is_a_closed_circle(level):
    heights = np.hypot(*np.meshgrid(X, Y))
    pieces = contours(X, Y, heights, np.array([level]))
    np.testing.assert_allclose(np.hypot(pieces[..., 0], pieces[..., 1]), level, atol=2e-3)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(2 * np.pi * level, rel=2e-3)
    ends, met = np.unique(pieces.reshape(-1, 2).round(9), axis=0, return_counts=True)
    assert (met == 2).all(), "every end is another piece's beginning"
    assert len(ends) == len(pieces)


def test_the_contours_of_a_slope_are_straight_lines_across():
    heights = np.tile(X, (len(Y), 1))
    pieces = contours(X, Y, heights, np.array([-0.51, 1.03]))
    found = {round(float(x), 9) for x in pieces[..., 0].ravel()}
    assert found == {-0.51, 1.03}
    assert np.abs(pieces[:, 1, 1] - pieces[:, 0, 1]).sum() == pytest.approx(2 * 3.0)


def test_where_heights_are_not_finite_there_are_no_lines():
    heights = np.tile(X, (len(Y), 1))
    heights[Y > 0, :] = np.nan
    heights[0, :] = np.inf
    pieces = contours(X, Y, heights, np.array([0.1]))
    assert pieces[..., 1].max() <= 0
    assert pieces[..., 1].min() >= Y[1]
    assert len(pieces)


def test_a_level_that_is_nowhere_has_no_line():
    assert contours(X, Y, np.zeros((61, 81)), np.array([1.0, -1.0])).shape == (0, 2, 2)
