"""Columns, against numpy in float64 over all the rows that were ever appended."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground.runs.columns import FAN, Columns

TINY = 12_000  # bytes: small enough for the levels of a short run to overflow
EPSILON = float(np.finfo(np.float32).eps)
BROKEN = (np.nan, np.inf, -np.inf)


def rows_of(seed: int, count: int, columns: int = 2, broken: float = 0.0) -> np.ndarray:
    """Return rows of very different sizes, a share of which is not finite, some of them for long stretches."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, columns)) * 10.0 ** random.integers(-6, 7, size=(count, columns))
    where = random.random((count, columns)) < broken
    rows[where] = random.choice(BROKEN, size=int(where.sum()))
    if broken and count > 1:
        begin = int(random.integers(0, count))
        rows[begin : begin + int(random.integers(1, count)), 0] = np.nan
    return rows.astype(np.float32)


def filled(rows: np.ndarray, sizes: list[int], budget: int = TINY) -> Columns:
    """Return columns with all the rows, appended in chunks of these sizes over and over."""
    columns = Columns(tuple("abcdefgh"[: rows.shape[1]]), budget)
    first, turn = 0, 0
    while first < len(rows):
        size = sizes[turn % len(sizes)]
        columns.append(rows[first : first + size])
        first, turn = first + size, turn + 1
    return columns


def check(columns: Columns, rows: np.ndarray, start: int, stop: int | None, points: int) -> None:
    """Hold every point of a curve against the rows that it says it stands for."""
    for i, name in enumerate(columns.names):
        curve, edges = columns.curve(name, start, stop, points), columns.edges(start, stop, points)
        np.testing.assert_array_equal(curve.x, (edges[:-1] + edges[1:] - 1) / 2)
        assert curve.exact == (np.diff(edges) == 1).all()
        assert {v.dtype for v in (curve.low, curve.mean, curve.high)} == {np.dtype(np.float32)}
        for point, (begin, end) in enumerate(pairwise(edges)):
            known = rows[begin:end, i].astype(np.float64)
            known = known[~np.isnan(known)]
            if not len(known):
                assert np.isnan([curve.low[point], curve.mean[point], curve.high[point]]).all()
                continue
            assert curve.low[point] == known.min()
            assert curve.high[point] == known.max()
            with np.errstate(invalid="ignore"):
                mean = known.mean()
            size = np.abs(known).max() if np.isfinite(known).all() else 0.0
            np.testing.assert_allclose(curve.mean[point], mean, rtol=EPSILON, atol=EPSILON * size)
            assert not curve.exact or curve.low[point] == curve.mean[point] == curve.high[point]


sizes = st.lists(st.one_of(st.integers(1, 7), st.integers(1, 5000)), min_size=1, max_size=5)
counts = st.one_of(st.integers(0, 300), st.integers(300, 20_000), st.integers(15_000, 40_000))
budgets = st.sampled_from([TINY, 40_000, 250_000])
shares = st.sampled_from([0.0, 0.0, 0.02, 0.6])


@settings(max_examples=80)
@given(st.data(), counts, budgets, sizes, st.integers(0, 2**32), shares, st.integers(1, 400))
def test_every_point_is_the_least_mean_and_greatest_of_its_rows(data, count, budget, sizes, seed, broken, points):
    rows = rows_of(seed, count, broken=broken)
    columns = filled(rows, sizes if count < 1000 else [*sizes, 997], budget)
    for _ in range(4):
        start = data.draw(st.integers(0, count), label="start")
        stop = data.draw(st.one_of(st.none(), st.integers(0, count + 5)), label="stop")
        check(columns, rows, start, stop, points)


@pytest.mark.parametrize("count", [1, 12, 48, 49, 50, 87, 150, 301, 1201])
def test_any_range_of_rows_that_count_themselves_shows_which_rows_it_is_made_of(count):
    columns = filled(np.arange(count, dtype=np.float32)[:, None], [7])
    for start in range(0, count, 1 if count < 300 else 5):
        for stop in range(start + 1, count + 1, 1 if count < 100 else 29):
            curve, edges = columns.curve("a", start, stop, 12), columns.edges(start, stop, 12)
            assert edges[0] <= start < stop <= edges[-1]
            np.testing.assert_array_equal(curve.low, edges[:-1])
            np.testing.assert_array_equal(curve.high, edges[1:] - 1)
            np.testing.assert_array_equal(curve.mean, curve.x)


@settings(max_examples=60)
@given(st.data(), st.integers(1, 20_000), budgets, st.integers(0, 2**32), st.integers(1, 300))
def test_a_curve_covers_its_range_and_loses_no_extreme(data, count, budget, seed, points):
    rows = rows_of(seed, count)
    columns = filled(rows, [313], budget)
    start = data.draw(st.integers(0, count - 1), label="start")
    stop = data.draw(st.integers(start + 1, count), label="stop")
    curve, edges = columns.curve("b", start, stop, points), columns.edges(start, stop, points)
    assert edges[0] <= start < edges[1]
    assert edges[-2] < stop <= edges[-1]
    assert (np.diff(edges) > 0).all()
    assert curve.low.min() <= rows[start:stop, 1].min()
    assert curve.high.max() >= rows[start:stop, 1].max()
    whole = columns.curve("b", points=points)
    assert (whole.low.min(), whole.high.max()) == (rows[:, 1].min(), rows[:, 1].max())


@settings(max_examples=30)
@given(st.integers(1, 9000), sizes, sizes, st.integers(1, 300))
def test_how_rows_are_dealt_out_does_not_matter(count, some, others, points):
    rows = rows_of(3, count, broken=0.01)
    first, second = (filled(rows, s).curve("a", 0, None, points) for s in ([*some, 500], [*others, 500]))
    for name in ("x", "low", "mean", "high"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_the_last_row_is_there_after_every_append():
    columns = Columns(("rising", "falling"), TINY)
    for i in range(3000):
        columns.append(np.array([[i, -i]], np.float32))
        assert columns.last("rising") == i
        for start, points in ((0, 40), (i, 40), (max(i - 500, 0), 7)):
            curve = columns.curve("rising", start, None, points)
            assert curve.high[-1] == i
            assert columns.curve("falling", start, None, points).low[-1] == -i
            assert columns.edges(start, None, points)[-1] == len(columns) == i + 1


@pytest.mark.parametrize("count", [10, 1000, 5000, 50_000, 777_777])
@pytest.mark.parametrize("points", [100, 999])
def test_a_long_run_is_drawn_in_about_the_points_asked_for(count, points):
    columns = filled(np.zeros((count, 1), np.float32), [5000], budget=2**20)
    drawn = len(columns.curve("a", points=points).x)
    assert min(count, points / 2) <= drawn <= points


def test_points_stay_where_they_are_while_the_run_grows():
    columns = Columns(("a",), TINY)
    rows = rows_of(1, 5000, 1)
    previous = np.empty(0, np.int64)
    for i in range(0, 5000, 3):
        columns.append(rows[i : i + 3])
        edges = columns.edges(0, None, 50)
        width = int(np.diff(edges)[0])
        assert (edges[:-1] % width == 0).all()
        if len(previous) > 2 and np.diff(previous)[0] == width:
            np.testing.assert_array_equal(edges[: len(previous) - 1], previous[:-1])
        previous = edges


def test_the_beginning_and_the_latest_of_a_long_run_are_exact():
    rows = np.arange(400_000, dtype=np.float32)[:, None]
    columns = filled(rows, [4999], budget=2**20)
    for start, stop in ((0, 1000), (397_000, 400_000)):
        curve = columns.curve("a", start, stop, points=3000)
        assert curve.exact
        np.testing.assert_array_equal(curve.x, np.arange(start, stop))
        np.testing.assert_array_equal(curve.mean, rows[start:stop, 0])


def test_a_range_is_the_coarser_the_farther_it_lies_from_both_ends():
    columns = filled(np.zeros((400_000, 1), np.float32), [4999], budget=2**21)
    widths = [int(np.diff(columns.edges(s, s + 2000, 2000)).max()) for s in (0, 5000, 20_000, 100_000, 250_000)]
    assert widths == sorted(widths)
    assert widths[0] == 1
    assert widths[-1] <= FAN**3
    back = [int(np.diff(columns.edges(s, s + 2000, 2000)).max()) for s in (250_000, 380_000, 398_000)]
    assert back == sorted(back, reverse=True)
    assert back[-1] == 1


def test_three_million_rows_of_twenty_layers_stay_within_the_budget():
    names = tuple(f"column {i}" for i in range(42))
    columns, budget = Columns(names), 48 * 2**20
    chunk = rows_of(0, 5000, len(names))
    for _ in range(600):
        columns.append(chunk)
        assert columns.nbytes <= budget
    assert len(columns) == 3_000_000
    curve = columns.curve("column 7")
    assert (curve.low.min(), curve.high.max()) == (chunk[:, 7].min(), chunk[:, 7].max())


@given(st.integers(1, 8), st.integers(TINY * 4, 2**18), st.lists(st.integers(1, 3000), min_size=1, max_size=8))
@settings(max_examples=30)
def test_no_budget_is_ever_exceeded(width, budget, sizes):
    columns = Columns(tuple("abcdefgh"[:width]), budget)
    for size in sizes:
        columns.append(np.zeros((size, width), np.float32))
        assert columns.nbytes <= budget


def test_the_bytes_it_tells_are_those_it_holds():
    rows = rows_of(0, 5000, 5)
    tracemalloc.start()
    try:
        columns = Columns(tuple("abcde"), 2**20)
        for _ in range(40):
            columns.append(rows)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert abs(held - columns.nbytes) < 2**15


def test_a_short_run_holds_little():
    columns = Columns(tuple("abcdefgh"))
    columns.append(rows_of(0, 100, 8))
    assert columns.nbytes < 20_000


def test_the_mean_of_a_million_equal_rows_is_that_number():
    columns = filled(np.full((1_000_000, 1), 0.1, np.float32), [5000], budget=2**18)
    curve = columns.curve("a", points=10)
    assert set(curve.mean.tolist()) == set(curve.low.tolist()) == set(curve.high.tolist()) == {float(np.float32(0.1))}


def test_a_small_change_on_a_large_number_is_not_rounded_away():
    rows = np.tile(np.array([[16_777_216.0], [16_777_218.0]], np.float32), (200_000, 1))
    curve = filled(rows, [1, 4999], budget=2**18).curve("a", points=10)
    assert not curve.exact
    np.testing.assert_allclose(curve.mean, 16_777_217.0, rtol=EPSILON)


def test_before_the_first_row_there_is_nothing():
    columns = Columns(("a",))
    columns.append(np.empty((0, 1), np.float32))
    assert len(columns) == 0
    assert columns.last("a") is None
    assert len(columns.curve("a").x) == len(columns.curve("a").mean) == 0


@pytest.mark.parametrize(("start", "stop"), [(5, 5), (7, 3), (100, None), (12, 20)])
def test_an_empty_range_is_an_empty_curve(start, stop):
    columns = filled(rows_of(0, 10), [10])
    curve = columns.curve("a", start, stop)
    assert [len(v) for v in (curve.x, curve.low, curve.mean, curve.high)] == [0, 0, 0, 0]


def test_a_range_counts_as_that_of_a_slice_does():
    rows = rows_of(0, 50)
    curve = filled(rows, [10], budget=2**20).curve("a", -20, -5)
    np.testing.assert_array_equal(curve.mean, rows[-20:-5, 0])


def test_the_last_number_may_be_no_number():
    columns = Columns(("a",))
    columns.append(np.array([[1.0], [np.nan]], np.float32))
    last = columns.last("a")
    assert last is not None
    assert np.isnan(last)


def test_rows_are_copied():
    rows = np.ones((3, 1), np.float32)
    columns = filled(rows, [3])
    rows[:] = 7.0
    assert columns.last("a") == 1.0


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3), (1, 2, 2)])
def test_rows_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"rows of shape .* allowed: \(n, 2\)"):
        Columns(("a", "b")).append(np.zeros(shape, np.float32))


def test_an_unknown_column_is_named_with_those_there_are():
    columns = Columns(("loss", "lr"))
    for ask in (columns.curve, columns.last):
        with pytest.raises(KeyError, match="no column 'rate'; there are loss, lr"):
            ask("rate")


@pytest.mark.parametrize("names", [(), ("a", "b", "a")])
def test_columns_need_names_of_their_own(names):
    with pytest.raises(ValueError, match="at least one, each only once"):
        Columns(names)


def test_a_budget_too_small_is_refused_and_the_least_one_works():
    with pytest.raises(ValueError, match=r"too few for 2 columns; allowed: [0-9]+ or more") as error:
        Columns(("a", "b"), 1000)
    least = int(str(error.value).split()[-3])
    columns = filled(rows_of(0, 20_000), [777], budget=least)
    assert columns.nbytes <= least
    check(columns, rows_of(0, 20_000), 0, None, 100)
    with pytest.raises(ValueError, match="too few"):
        Columns(("a", "b"), least - 1)


@pytest.mark.parametrize(
    ("start", "stop", "points"), [(0, None, 1000), (0, None, 30), (5, 777, 40), (0, None, 1), (9, 9, 5)]
)
def test_several_columns_at_once_are_what_each_is_alone(start, stop, points):
    columns = Columns(("a", "b", "c"), 60_000)
    rows = np.random.default_rng(2).normal(size=(3_001, 3)).astype(np.float32)
    rows[rows > 2] = np.nan
    columns.append(rows)
    for names in (("a", "c"), ("b",), ("c", "b", "a")):
        found = columns.curves(names, start, stop, points)
        for i, name in enumerate(names):
            alone = columns.curve(name, start, stop, points)
            assert found.exact == alone.exact
            np.testing.assert_array_equal(found.x, alone.x)
            for values, own in ((found.low, alone.low), (found.mean, alone.mean), (found.high, alone.high)):
                np.testing.assert_array_equal(values[i], own)
