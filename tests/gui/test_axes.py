"""Axes: limits outside the data, ticks at round values, text without noise."""

from math import log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.gui.views.ticks import (
    linear_limits,
    linear_ticks,
    log_limits,
    log_tick_text,
    log_ticks,
    nice_step,
    tick_text,
)

values = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-30, 1e30)


@given(values, values)
def test_linear_limits_hold_the_values_and_are_never_equal(a, b):
    low, high = linear_limits(min(a, b), max(a, b))
    slack = 1e-6 * (high - low)
    assert low - slack <= min(a, b) <= max(a, b) <= high + slack
    assert high > low


@given(positive, positive)
def test_log_limits_hold_the_values_and_span_a_third_of_a_decade_at_least(a, b):
    low, high = log_limits(min(a, b), max(a, b))
    assert low - 1e-6 <= log10(min(a, b)) <= log10(max(a, b)) <= high + 1e-6
    assert high - low > 0.4


@given(values, st.floats(1, 1e6), st.integers(2, 12))
def test_linear_ticks_lie_within_the_axis_evenly_and_are_not_too_many(low, span, count):
    high = low + span
    ticks = linear_ticks(low, high, count)
    assert 1 <= len(ticks) <= count + 1
    assert all(low - 1e-6 * span <= tick <= high + 1e-6 * span for tick in ticks)
    assert np.allclose(np.diff(ticks), nice_step(high - low, count))


@given(st.floats(-30, 30), st.floats(0.05, 40), st.integers(2, 12))
def test_log_ticks_lie_within_the_axis_and_are_not_too_many(low, span, count):
    ticks = log_ticks(low, low + span, count)
    assert len(ticks) <= count + 1
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(
    ("limits", "count", "shown"),
    [
        ((-2, 0), 5, ["0.01", "0.03", "0.1", "0.3", "1"]),
        ((-3, 1), 5, ["0.001", "0.01", "0.1", "1", "10"]),
        ((-1, 0), 4, ["0.1", "0.2", "0.5", "1"]),
        ((-12, 0), 4, ["1e-12", "1e-9", "1e-6", "0.001", "1"]),
        ((log10(0.5), log10(0.52)), 4, ["0.5", "0.505", "0.51", "0.515", "0.52"]),
    ],
)
def test_log_ticks_are_those_that_a_person_would_write(limits, count, shown):
    assert [log_tick_text(10.0**tick) for tick in log_ticks(*limits, count)] == shown


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.0, 0.5, "0"),
        (0.5, 0.5, "0.5"),
        (1.0, 0.5, "1.0"),
        (-2.0, 1.0, "−2"),
        (3000.0, 500.0, "3\u202f000"),
        (20000.0, 20000.0, "20\u202f000"),
        (0.30000000000000004, 0.1, "0.3"),
        (1e-17, 0.1, "0"),
    ],
)
def test_ticks_have_the_decimals_that_their_step_needs(value, step, text):
    assert tick_text(value, step) == text
