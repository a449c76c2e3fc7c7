"""Numbers as text, and text as numbers."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nnplayground.experiment import ExperimentError
from nnplayground.gui.numbers import (
    NARROW,
    format_count,
    format_exact,
    format_number,
    format_percent,
    parse_number,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0213, "0.02130"),
        (2.1e-4, "2.100e-4"),
        (0.001, "0.001000"),
        (0.00099999, "0.001000"),
        (12.3456, "12.35"),
        (3075.0, "3 075"),
        (123456.0, "123 500"),
        (999999.7, "1.000e6"),
        (2.5e12, "2.500e12"),
        (-3.2, "−3.200"),
        (0.0, "0.000"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (float("-inf"), "–"),
    ],
)
def test_a_number_has_four_significant_digits(value, text):
    assert format_number(value) == text.replace(" ", NARROW)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0213, "0.0213"), (2.1e-4, "2.1e-4"), (0.5, "0.5"), (7.0, "7"), (-1e-5, "−1e-5"), (0.0, "0")]
)
def test_a_trimmed_number_has_no_zeros_at_its_end(value, text):
    assert format_number(value, trim=True) == text


@pytest.mark.parametrize(
    ("value", "text"), [(123, "123"), (12345, "12 345"), (1234567, "1 234 567"), (-4321, "−4 321")]
)
def test_thousands_are_apart(value, text):
    assert format_count(value) == text.replace(" ", NARROW)


def test_a_count_can_be_filled_up_with_zeros():
    assert format_count(123, digits=4) == f"0{NARROW}123"


@pytest.mark.parametrize(
    ("share", "text"), [(0.984, "98.4"), (1.0, "100.0"), (0.0, "0.0"), (-0.00001, "0.0"), (-0.5, "−50.0")]
)
def test_a_share_is_shown_as_per_cent(share, text):
    assert format_percent(share) == f"{text}{NARROW}%"


def test_no_share_is_shown_as_nothing():
    assert format_percent(float("nan")) == "–"


@given(FINITE)
def test_a_number_is_within_half_a_digit_of_its_text(value):
    shown = parse_number(format_number(value)) if abs(value) < 1e307 else value
    assert math.isclose(shown, value, rel_tol=0.5e-3, abs_tol=1e-320)


@given(st.floats(1e-3, 0.999e6))
def test_numbers_of_one_order_are_equally_wide(value):
    lead = 10 ** math.floor(math.log10(value))
    assume(float(f"{value:.3e}") < lead * 10)
    assert len(format_number(value)) == len(format_number(lead))


@given(st.floats(-1e12, 1e12).map(lambda v: float(f"{v:.11e}")) | st.integers(-(10**15), 10**15))
@example(0.30000000000000004)
def test_an_exact_number_is_read_as_it_was(value):
    assert parse_number(format_exact(value)) == pytest.approx(value, rel=1e-11)


@given(st.integers(0, 1000))
def test_whole_tenths_of_a_per_cent_are_read_as_they_were(tenths):
    share = tenths / 1000
    assert parse_number(format_percent(share, 10, trim=True), percent=True) == share


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("0,1", 0.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 1e-3),
        ("1E+3", 1000.0),
        (" 10 % ", 0.1),
        ("10%", 0.1),
        ("12 345", 12345.0),
        (f"1{NARROW}234{NARROW}567.5", 1234567.5),
        ("−5", -5.0),
        ("+5", 5.0),
    ],
)
def test_what_people_type_is_read(text, value):
    assert parse_number(text) == value


def test_a_bare_number_is_a_percentage_where_per_cent_is_meant():
    assert parse_number("10", percent=True) == parse_number("10 %", percent=True) == 0.1


@pytest.mark.parametrize("text", ["", "  ", "abc", "1,234.5", "1 2", "1e", "--5", "nan", "inf", "1e999", "%", "0x10"])
def test_what_is_no_number_is_refused_in_one_line(text):
    with pytest.raises(ExperimentError) as caught:
        parse_number(text)
    assert "\n" not in str(caught.value)
    assert "number" in str(caught.value)


@given(st.text(max_size=12))
def test_any_text_is_a_finite_number_or_refused(text):
    try:
        value = parse_number(text)
    except ExperimentError:
        return
    assert math.isfinite(value)
