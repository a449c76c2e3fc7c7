"""What a view remembers: bounded, spread over the run, forgotten with it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.gui.views.past import Past

RUN, OTHER = object(), object()


def steps_of(past):
    assert all(reading == f"at {step}" for step, reading in past.items)
    return [step for step, _ in past.items]


def remembered(steps, kept=8):
    past = Past(kept)
    for step in steps:
        past.add(RUN, step, f"at {step}")
    return past


@given(gaps=st.lists(st.integers(1, 50), min_size=1, max_size=400))
def test_whatever_comes_a_bounded_number_is_kept_with_the_first_and_the_newest(gaps):
    steps = np.cumsum(gaps).tolist()
    found = steps_of(remembered(steps))
    assert len(found) <= 8
    assert found == sorted(set(found))
    assert found[0] == steps[0]
    assert found[-1] == steps[-1]


def test_what_is_kept_is_spread_over_the_run():
    found = np.array(steps_of(remembered(range(1000), 16)))
    assert len(found) >= 8
    assert np.diff(found).max() <= 3 * 1000 / len(found)


def test_another_run_begins_with_nothing():
    past = remembered(range(20))
    past.add(OTHER, 0, "at 0")
    assert steps_of(past) == [0]


def test_a_step_back_forgets_what_came_after_it():
    past = remembered([0, 10, 20, 30])
    past.add(RUN, 15, "at 15")
    assert steps_of(past) == [0, 10, 15]


def test_the_same_step_again_replaces_its_reading():
    past = Past()
    for reading in ("before", "at 10"):
        past.add(RUN, 10, reading)
    assert past.items == [(10, "at 10")]


def test_nothing_is_remembered_at_first():
    assert Past().items == []


@given(steps=st.lists(st.integers(0, 300), min_size=1, max_size=80))
def test_looking_back_forgets_nothing_of_what_came_after(steps):
    past = remembered(range(0, 301, 50))
    for step in steps:
        past.add(RUN, step, f"at {step}", looked_back=True)
    found = steps_of(past)
    assert found == sorted(set(found))
    assert found[-1] == 300
    assert len(found) <= 8


def test_what_is_looked_back_at_fills_the_gaps():
    past = remembered([0, 100])
    past.add(RUN, 40, "at 40", looked_back=True)
    past.add(RUN, 120, "at 120")
    assert steps_of(past) == [0, 40, 100, 120]


@given(known=st.sets(st.integers(0, 60), max_size=20), others=st.sets(st.integers(0, 60), max_size=60))
def test_what_is_filled_in_stands_at_its_step_and_takes_no_one_s_place(known, others):
    past = Past(32)
    for step in sorted(known):
        past.add(RUN, step, f"at {step}")
    before = dict(past.items)
    past.fill(RUN, [(step, f"at {step}" if step not in before else "filled in") for step in sorted(others)])
    found, wanted = steps_of(past), sorted(known | others)
    assert found == sorted(set(found))
    assert set(found) <= set(wanted)
    assert found[:1] + found[-1:] == wanted[:1] + wanted[-1:]
    assert len(found) == len(wanted) or 8 <= len(found) <= 32


def test_what_is_filled_in_of_another_run_is_all_that_is_remembered():
    past = remembered(range(20))
    past.fill(OTHER, [(3, "at 3"), (5, "at 5")])
    assert steps_of(past) == [3, 5]
    past.add(OTHER, 4, "at 4", looked_back=True)
    assert steps_of(past) == [3, 4, 5]
