"""What the text of one cell means."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data.tables.cells import MISSING, date_of, date_text, is_missing, is_number, number_text


@pytest.mark.parametrize(
    "cell", ["", " ", "NA", "na", "N/A", "n/a", "null", "NULL", "nan", "NaN", "?", "-", "inf", "-Inf"]
)
def test_what_says_that_a_value_is_missing(cell):
    assert is_missing(cell)


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_one(value):
    assert is_number(repr(value), ".")
    assert is_number(repr(value).replace(".", ","), ",")
    assert repr(value) not in MISSING


@pytest.mark.parametrize(
    ("cell", "decimal", "expected"),
    [
        ("1,234,567.5", ".", True),
        ("1.234.567,5", ",", True),
        ("1,23,4", ".", False),
        ("0,123", ".", False),
        ("12 3", ".", False),
        ("1.5", ",", False),
        ("٣", ".", False),
        ("0x1F", ".", False),
        ("1_000", ".", False),
        ("", ".", False),
        (".", ".", False),
        ("+.5e-3", ".", True),
        ("7.", ".", True),
    ],
)
def test_numbers_and_what_only_looks_like_one(cell, decimal, expected):
    assert is_number(cell, decimal) is expected


@given(moment=st.datetimes().filter(lambda moment: moment.hour))
def test_dates_are_days_since_1970(moment):
    moment = moment.replace(microsecond=0)
    days = (moment - datetime(1970, 1, 1)).total_seconds() / 86_400
    assert date_of(moment.isoformat()) == days
    assert date_of(moment.isoformat(" ")) == days
    assert date_of(moment.isoformat() + "Z") == days
    assert date_of(f"{moment.day}.{moment.month}.{moment.year:04} {moment:%H:%M:%S}") == days
    assert date_of(f"{moment.year:04}/{moment.month}/{moment.day}") == days // 1
    assert date_text(days) == str(moment)
    assert date_text(days // 1) == str(moment.date())


def test_a_time_with_an_offset_becomes_utc():
    assert date_of("2024-01-01T01:00:00+02:00") == date_of("2023-12-31 23:00")


@pytest.mark.parametrize("cell", ["12/31/2024", "2024-13-01", "31.02.2024", "2024", "noon", "1.2.3", ""])
def test_what_is_no_date(cell):
    assert date_of(cell) is None


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (-0.0, "0"), (0.5, "0.5"), (1e300, "1e+300"), (1 / 3, "0.333333")]
)
def test_numbers_are_shown_as_a_person_writes_them(value, text):
    assert number_text(value) == text
