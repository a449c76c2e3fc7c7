"""What can be done to points drawn by hand, against what numpy says of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data import drawing
from nnplayground.data.drawn import held_out
from nnplayground.experiment.drawn import MOST_POINTS, rows_of, text_of

COORDINATES = st.integers(-6000, 6000).map(lambda thousandths: thousandths / 1000)
ROWS = st.lists(st.tuples(COORDINATES, COORDINATES, st.integers(0, 3)), max_size=40).map(tuple)
SOME = ROWS.filter(bool)
PLACES = st.tuples(st.floats(-9, 9), st.floats(-9, 9))


def generator():
    return np.random.default_rng(0)


@given(along=st.lists(PLACES, min_size=1, max_size=30), radius=st.floats(0, 2), label=st.integers(0, 7))
def test_spray_lies_within_the_brush_and_on_the_plane(along, radius, label):
    places = np.array(along)
    rows = drawing.sprayed(places, radius, label, generator())
    assert [row[2] for row in rows] == [label] * len(along)
    found = drawing.places_of(rows)
    assert np.abs(found).max() <= 6
    nearest = np.clip(places, -6, 6)
    assert (np.hypot(*(found - nearest).T) <= radius + 0.001).all()
    assert rows_of(text_of(rows)) == rows


def test_spray_is_spread_evenly_over_the_brush():
    found = drawing.places_of(drawing.sprayed(np.zeros((20_000, 2)), 2.0, 0, generator()))
    shares = [(np.hypot(*found.T) <= radius).mean() for radius in (0.5, 1.0, 1.5)]
    assert np.allclose(shares, [1 / 16, 1 / 4, 9 / 16], atol=0.02)  # as areas are


@given(start=PLACES, stop=PLACES, radius=st.floats(0.2, 2))
def test_a_stroke_sprays_at_even_gaps_and_misses_no_part_of_its_way(start, stop, radius):
    start, stop = np.array(start), np.array(stop)
    gap = radius / drawing.DENSITY
    found = np.concatenate([[start], drawing.between(start, stop, radius)])
    assert np.allclose(np.hypot(*np.diff(found, axis=0).T), gap)
    left = np.hypot(*(stop - found[-1]))
    assert left < gap * (1 + 1e-9)
    assert np.isclose(np.hypot(*(stop - start)), left + gap * (len(found) - 1))


@given(rows=SOME, data=st.data(), place=PLACES)
def test_a_moved_point_goes_there_and_no_point_to_the_other_part(rows, data, place):
    index = data.draw(st.integers(0, len(rows) - 1))
    after = drawing.moved(rows, index, place)
    assert np.allclose(after[index][:2], np.clip(place, -6, 6), atol=0.00051)
    assert [row for i, row in enumerate(after) if i != index] == [row for i, row in enumerate(rows) if i != index]
    labels = [[row[2] for row in some] for some in (rows, after)]
    assert np.array_equal(*(held_out(some, 0.3) for some in labels))


@given(rows=ROWS, data=st.data())
def test_what_is_erased_is_gone_and_hardly_any_other_changes_its_part(rows, data):
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    after = drawing.erased(rows, gone)
    kept = [row for row, is_gone in zip(rows, gone, strict=True) if not is_gone]
    assert sorted(after) == sorted(kept)
    before, now = held_out([row[2] for row in rows], 0.3), held_out([row[2] for row in after], 0.3)
    parts = [set(zip(some, held.tolist(), strict=True)) for some, held in ((rows, before), (after, now))]
    assert len(parts[1] - parts[0]) <= gone.sum()


def test_erasing_nothing_changes_nothing():
    rows = ((0.0, 0.0, 0), (1.0, 1.0, 1))
    assert drawing.erased(rows, np.zeros(2, bool)) == rows


@given(rows=ROWS, place=PLACES, radius=st.floats(0, 3))
def test_points_are_near_where_they_are_within_the_radius(rows, place, radius):
    expected = [np.hypot(row[0] - place[0], row[1] - place[1]) <= radius for row in rows]
    assert drawing.near(rows, place, radius).tolist() == expected


def test_no_more_points_are_added_than_there_may_be():
    rows = ((0.0, 0.0, 0),) * (MOST_POINTS - 1)
    assert len(drawing.added(rows, ((1.0, 1.0, 1),) * 5)) == MOST_POINTS
    assert drawing.added(rows, ((1.0, 1.0, 1),) * 5)[-1] == (1.0, 1.0, 1)


@given(rows=ROWS, label=st.integers(0, 3), share=st.floats(0.05, 0.9))
def test_an_outlier_lies_as_far_from_its_class_as_any_place_and_is_trained_on(rows, label, share):
    after = drawing.with_outlier(rows, label, share)
    added = list(after)
    for row in rows:
        added.remove(row)
    ((x, y, found),) = added
    own = drawing.places_of([row for row in rows if row[2] == label] or [(0.0, 0.0, label)])
    along = np.linspace(-5.5, 5.5, 23)
    others = min(np.hypot(*(own - np.array([x, y])).T))
    grid = np.array([(a, b) for a in along for b in along])
    best = np.hypot(*(grid[:, None] - own).T).min(axis=0).max()
    assert found == label
    assert others >= best - 0.3  # half a cell of the coarser grid
    place = after.index((x, y, label))
    assert not held_out([row[2] for row in after], share)[place]
