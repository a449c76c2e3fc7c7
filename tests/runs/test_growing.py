"""Curves that grow: read piece by piece they are what is read in one go."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.runs.columns import Columns
from nnplayground.runs.growing import Growing, shared


def values(count: int, first: int = 0) -> np.ndarray:
    at = np.arange(first, first + count)
    return np.stack([np.sin(at / 7), at % 13 - 3.0], axis=1)


@given(
    pieces=st.lists(st.integers(0, 700), min_size=1, max_size=12),
    points=st.integers(1, 200),
    slack=st.sampled_from([1.0, 1.1, 1.5]),
    start=st.integers(0, 300),
)
def test_a_curve_read_as_it_grows_is_the_one_read_at_once(pieces, points, slack, start):
    columns = Columns(("a", "b"), budget=300_000)
    growing = Growing(columns, ("b", "a"))
    for piece in pieces:
        columns.append(values(piece, len(columns)))
        stop = len(columns)
        begin, room = min(start, stop), int(stop * slack)
        found = growing.read(begin, stop, room, points)
        whole = Growing(columns, ("b", "a")).read(begin, stop, room, points)
        for name in ("x", "low", "mean", "high"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
        assert found.exact == whole.exact


@given(rows=st.integers(1, 3000), points=st.integers(1, 300))
def test_without_room_it_is_the_columns_own_curve(rows, points):
    columns = Columns(("a", "b"))
    columns.append(values(rows))
    found, wanted = Growing(columns, ("a",)).read(0, rows, rows, points), columns.curves(["a"], 0, rows, points)
    for name in ("x", "low", "mean", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_points_stay_as_they_are_while_there_is_room():
    columns = Columns(("a", "b"))
    growing = Growing(columns, ("a",))
    columns.append(values(1000))
    before = growing.read(0, 1000, 1200, 100)
    columns.append(values(150, 1000))
    after = growing.read(0, 1150, 1200, 100)
    complete = 1000 // 12  # points of 12 rows
    np.testing.assert_array_equal(after.x[:complete], before.x[:complete])
    np.testing.assert_array_equal(after.mean[0, :complete], before.mean[0, :complete])


def test_what_two_sets_of_points_share_ends_where_a_bit_differs():
    one = np.array([[0.0, 1.0, 2.0, 3.0], [5.0, np.nan, 7.0, 8.0]])
    other = one.copy()
    assert shared(one, other) == 4
    assert shared(one, other[:, :2]) == 2
    other[1, 2] = 7.5
    assert shared(one, other) == 2
    assert shared(one, np.empty((2, 0))) == 0
