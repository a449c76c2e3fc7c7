"""Values spread over a knob's scale."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import every_knob
from tests.strategies import numbers

FIELDS = {f"{kind}:{field.path}" if kind else field.path: field for kind, field in every_knob()}
NUMBERS = {name: field for name, field in FIELDS.items() if field.type in (int, float)}
OTHERS = {name: field for name, field in FIELDS.items() if name not in NUMBERS}
LR = FIELDS["adam:optimizer.lr"]

EXAMPLES = {
    "decades": ("adam:optimizer.lr", 1e-4, 1, 5, (1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    "from 0, decades begin with the smallest": ("adam:optimizer.lr", 0, 1, 5, (0.0, 1e-6, 1e-4, 1e-2, 1.0)),
    "0 and another": ("regularization.l1", 0, 0.1, 2, (0.0, 0.1)),
    "from 0 to less than the smallest": ("regularization.l1", 0, 4e-7, 3, (0.0, 2e-7, 4e-7)),
    "even": ("adam:optimizer.beta1", 0.1, 0.9, 5, (0.1, 0.3, 0.5, 0.7, 0.9)),
    "downwards": ("adam:optimizer.lr", 1, 0.01, 3, (1.0, 0.1, 0.01)),
    "one": ("adam:optimizer.lr", 0.1, 0.5, 1, (0.1,)),
    "one, downwards": ("adam:optimizer.lr", 0.5, 0.1, 1, (0.5,)),
    "no room": ("adam:optimizer.lr", 0.1, 0.1, 9, (0.1,)),
    "whole": ("seeds.model", 1, 9, 3, (1, 5, 9)),
    "all there are": ("seeds.model", 3, 6, 100, (3, 4, 5, 6)),
    "whole and logarithmic": ("batches.size", 1, 64, 7, (1, 2, 4, 8, 16, 32, 64)),
    "crowded below": ("batches.size", 1, 64, 16, (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 21, 28, 37, 49, 64)),
    "large": ("seeds.model", 2_000_000_000, 2_000_000_010, 3, (2_000_000_000, 2_000_000_005, 2_000_000_010)),
}


@pytest.mark.parametrize(("name", "low", "high", "size", "values"), EXAMPLES.values(), ids=EXAMPLES)
def test_values_lie_evenly_on_the_knobs_scale(name, low, high, size, values):
    found = FIELDS[name].spread(low, high, size)
    assert found == values
    assert all(type(value) is FIELDS[name].type for value in found)


@pytest.mark.parametrize("field", NUMBERS.values(), ids=NUMBERS)
@given(data=st.data(), size=st.integers(1, 40))
def test_values_are_allowed_apart_and_in_order_with_both_ends(field, data, size):
    drawn = numbers(field.knob, whole=field.type is int, high=field.knob.high)
    low, high = data.draw(drawn), data.draw(drawn)
    values = field.spread(low, high, size)
    assert values[0] == low
    assert size == 1 or values[-1] == high
    assert 1 <= len(values) <= size
    assert list(values) == sorted(set(values), reverse=low > high)
    assert all(type(value) is field.type and field.knob.low <= value <= field.knob.high for value in values)
    if field.type is int:
        assert len(values) == min(size, abs(high - low) + 1)


@given(data=st.data(), size=st.integers(2, 30))
def test_distances_on_the_scale_are_equal(data, size):
    field = data.draw(st.sampled_from([field for field in NUMBERS.values() if field.type is float]))
    drawn = st.floats(field.knob.smallest or field.knob.low, field.knob.high)
    low, high = sorted((data.draw(drawn), data.draw(drawn)))
    values = field.spread(low, high, size)
    scaled = list(map(math.log, values)) if field.knob.log and low > 0 else values
    share = (scaled[-1] - scaled[0]) / max(len(values) - 1, 1)
    rounding = 1e-5 if field.knob.log else 1e-5 * high  # of six digits
    for i, value in enumerate(scaled) if len(values) == size else ():
        assert value == pytest.approx(scaled[0] + i * share, abs=rounding)


@pytest.mark.parametrize("end", [11, -0.1, math.nan, math.inf, "1", True, None, [1], 10**400])
def test_an_end_that_is_not_allowed_is_told_as_everywhere(end):
    with pytest.raises(ExperimentError) as everywhere:
        Experiment().replace("optimizer.lr", end)
    for ends in ((end, 1.0), (1.0, end)):
        with pytest.raises(ExperimentError) as caught:
            LR.spread(*ends, 5)
        assert str(caught.value) == str(everywhere.value)


@pytest.mark.parametrize("end", [1.0, 2.5, 0])
def test_an_end_of_whole_numbers_is_whole(end):
    with pytest.raises(ExperimentError, match=r"batches.size = .* is not allowed; allowed: a whole number from 1 to"):
        FIELDS["batches.size"].spread(end, 8, 5)


@pytest.mark.parametrize("field", OTHERS.values(), ids=OTHERS)
def test_what_is_no_number_has_no_spread(field):
    with pytest.raises(ExperimentError) as caught:
        field.spread("a", "b", 5)
    allowed = field.knob.allowed(field.annotation)
    assert str(caught.value) == f"{field.path} = 'a' to 'b' is not allowed; allowed: {allowed}"
