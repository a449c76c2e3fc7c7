"""Where values lie on a slider, for every knob that has one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.experiment import Experiment
from nnplayground.experiment.catalogue import every_knob
from nnplayground.gui.knobs.scale import scale_of

SCALES = {f.path + (f" of {kind}" if kind else ""): scale_of(f) for kind, f in every_knob() if scale_of(f) is not None}
POSITIONS = st.floats(0, 1)

every_scale = pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)


def lr():
    return scale_of(Experiment().field("optimizer.lr"))


@every_scale
def test_the_ends_of_a_slider_are_the_ends_of_its_knob(scale):
    assert scale.value(0.0) == scale.low
    assert scale.value(1.0) == scale.high
    assert scale.position(scale.low) == 0.0
    assert scale.position(scale.high) == 1.0


@every_scale
@given(st.tuples(POSITIONS, POSITIONS).map(sorted))
def test_further_along_is_never_less(scale, positions):
    first, second = positions
    assert scale.low <= scale.value(first) <= scale.value(second) <= scale.high


@every_scale
@given(POSITIONS)
def test_a_value_that_the_slider_goes_to_stays_where_it_is(scale, position):
    value = scale.value(position)
    assert scale.value(scale.position(value)) == value


@every_scale
@given(POSITIONS)
def test_steps_go_up_and_down_and_end_at_the_ends(scale, position):
    value = scale.value(position)
    up, down = scale.stepped(value, 1), scale.stepped(value, -1)
    assert up > value or value == up == scale.high
    assert down < value or value == down == scale.low
    assert scale.low <= down
    assert up <= scale.high


@every_scale
def test_whole_knobs_have_whole_values(scale):
    values = [scale.value(i / 100) for i in range(101)] + [scale.stepped(scale.low, i) for i in range(10)]
    assert {type(value) for value in values} == {int if scale.whole else float}


def test_a_rate_steps_by_one_two_five_and_pages_by_decades():
    scale = lr()
    assert [scale.stepped(0.01, i) for i in range(4)] == [0.01, 0.02, 0.05, 0.1]
    assert scale.stepped(0.03, 1) == 0.05
    assert scale.stepped(0.03, -1) == 0.02
    assert scale.stepped(0.01, scale.page) == 0.1


def test_the_left_end_of_a_rate_is_zero_and_next_to_it_its_smallest():
    scale = lr()
    assert scale.stepped(0.0, 1) == 1e-6
    assert scale.stepped(1e-6, -1) == 0.0
    assert scale.value(0.041) == 1e-6


def test_each_decade_of_a_rate_is_equally_long():
    scale = lr()
    places = [scale.position(10.0**power) for power in range(-6, 2)]
    widths = [b - a for a, b in pairwise(places)]
    assert widths == pytest.approx([widths[0]] * 7)


def test_widths_go_by_powers_of_two():
    scale = scale_of(Experiment().field("network.layers.0.width"))
    assert [scale.stepped(8, i) for i in range(4)] == [8, 16, 32, 64]
    assert {1, 2, 3, 10, 16, 24, 32, 48, 64, 4096} <= set(scale.rungs)
    assert 33 not in scale.rungs


def test_a_limit_below_the_knobs_own_ends_the_slider():
    field = Experiment().field("batches.size")
    scale = scale_of(field, 250)
    assert scale.value(1.0) == 250
    assert scale.position(10) > scale_of(field).position(10)
    assert scale_of(field, 10**9) == scale_of(field)
